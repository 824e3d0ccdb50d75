-- ${sequence} and ${bytes} are what the database in use calls them; see io.herald.ledger.Dialect.

-- trace: the traceparent of the span that shows its acceptance
-- reduce_at: when all deliveries have ended well, the time from which the providers' words are no longer kept
create table message (
    sequence    ${sequence},
    id          text   not null unique,
    reference   text   not null,
    accepted_at bigint not null,
    source      text   not null,
    size        bigint not null,
    payload     ${bytes},
    reduce_at   bigint,
    trace       text
);

create index message_reference on message (reference);
create index message_kept on message (accepted_at) where payload is not null;
create index message_to_reduce on message (reduce_at) where reduce_at is not null;

-- source: what it waits among, rest, file or replay; these take turns
-- owner: the running program that works on it; null while it waits here
-- trace: the traceparent of the span that it goes on from: of the delivery that was parked, or of the call that replayed it
-- takes: counts how often it was taken in hand again; who has it in hand from an earlier time may no longer change it
create table delivery (
    sequence      bigint  not null references message (sequence),
    provider      text    not null,
    reference     text    not null,
    source        text    not null default 'rest',
    state         text    not null,
    generation    integer not null default 0,
    attempts      integer not null default 0,
    parks         integer not null default 0,
    owner         text,
    takes         integer not null default 0,
    due_at        bigint  not null default 0,
    sent_at       bigint,
    unclear_since bigint,
    duration_ms   bigint  not null default 0,
    updated_at    bigint  not null,
    reason        text,
    http_status   integer,
    correction    ${bytes},
    request       ${bytes},
    outcome       ${bytes},
    trace         text,
    primary key (sequence, provider)
);

create index delivery_lane on delivery (provider, reference, sequence);
create index delivery_waiting on delivery (provider, source, due_at, sequence) where owner is null and state in ('pending', 'retrying');
create index delivery_owned on delivery (owner) where owner is not null;
create index delivery_failed on delivery (state, sequence, provider) where state in ('rejected', 'dead', 'retrying');
create index delivery_corrected on delivery (sequence) where correction is not null;

create table attempt (
    id          ${sequence},
    sequence    bigint  not null,
    provider    text    not null,
    at          bigint  not null,
    duration_ms bigint  not null,
    http_status integer,
    reason      text,
    words       ${bytes},
    foreign key (sequence, provider) references delivery (sequence, provider)
);

create index attempt_delivery on attempt (sequence, provider);

create table link (
    reference            text   not null,
    provider             text   not null,
    provider_customer_id text   not null,
    updated_at           bigint not null,
    primary key (reference, provider)
);

create index link_provider_customer_id on link (provider, provider_customer_id);

create table idempotency (
    id       text   not null primary key,
    message  text   not null,
    digest   ${bytes} not null,
    kept_at  bigint not null
);

create index idempotency_message on idempotency (message);
create index idempotency_kept_at on idempotency (kept_at);

create table replica (
    id         text   not null primary key,
    alive_till bigint not null
);

create table probe (
    id         integer not null primary key,
    written_at bigint  not null
);

create table rate (
    provider text   not null primary key,
    next_at  bigint not null
);

-- a file as it was dropped; the same content again is another run of it, or a duplicate
-- filed_as: its name in done or failed, and that of its report; no other file has it
-- reader: the running program that reads it, and then writes its report
-- moved: whether it has left the inbox
create table file (
    id          ${sequence},
    name        text    not null,
    filed_as    text    not null unique,
    digest      text    not null,
    run         integer not null,
    state       text    not null,
    note        text,
    reader      text    not null,
    moved       boolean not null default false,
    size        bigint  not null,
    bytes       bigint  not null default 0,
    records     bigint  not null default 0,
    refused     bigint  not null default 0,
    begun_at    bigint  not null,
    read_at     bigint,
    reported_at bigint
);

create index file_digest on file (digest);
create index file_to_report on file (read_at) where read_at is not null and reported_at is null;

-- what became of each record, until the report of its file is written; sequence: the message that it became
-- reference and faults: those of a record that was refused
create table record (
    file      bigint not null references file (id),
    position  bigint not null,
    line      bigint not null,
    sequence  bigint,
    reference text,
    faults    ${bytes},
    primary key (file, position)
);

create index record_reference on record (reference) where reference is not null;

-- what only one program at a time may do, and which one does
create table claim (
    name  text not null primary key,
    owner text not null
);
