-- look_up: a digest of what the customer would be looked up by, of the last request that may have created it without our knowing
alter table delivery add column look_up ${bytes};

-- of a customer that comes every minute only what is open is looked at
create index delivery_open on delivery (provider, reference, sequence) where state in ('pending', 'retrying');
