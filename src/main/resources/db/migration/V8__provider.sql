-- where each provider was whose customers and deliveries stand here: at another address their ids may be other people's
create table provider (
    id  text not null primary key,
    url text not null
);
