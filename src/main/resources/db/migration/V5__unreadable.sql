-- unreadable: a record that was refused for being neither JSON nor a row
alter table record add column unreadable boolean not null default false;
