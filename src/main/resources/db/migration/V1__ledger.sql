create table message (
    sequence    integer primary key autoincrement,
    id          text    not null unique,
    reference   text    not null,
    accepted_at integer not null,
    payload     blob
);

create index message_reference on message (reference);

create table delivery (
    sequence    integer not null references message (sequence),
    provider    text    not null,
    state       text    not null,
    attempts    integer not null,
    unclear     integer not null default 0,
    parks       integer not null default 0,
    due_at      integer,
    duration_ms integer not null,
    updated_at  integer not null,
    request     blob,
    outcome     blob,
    primary key (sequence, provider)
);

create index delivery_open on delivery (provider, state, due_at) where state in ('pending', 'retrying');

create table link (
    reference            text    not null,
    provider             text    not null,
    provider_customer_id text    not null,
    updated_at           integer not null,
    primary key (reference, provider)
);

create index link_provider_customer_id on link (provider, provider_customer_id);
