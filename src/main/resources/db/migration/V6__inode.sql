-- inode: tells a file from another one while the inbox has it, whatever its name and its time are by then
alter table file add column inode bigint;
create index file_in_inbox on file (inode) where not moved;
