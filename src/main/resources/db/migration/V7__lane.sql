-- the deliveries of a message stand side by side: one page is written for all of them, and not one for each provider
drop index delivery_lane;
create index delivery_lane on delivery (reference, provider, sequence);
drop index delivery_open;
create index delivery_open on delivery (reference, provider, sequence) where state in ('pending', 'retrying');
