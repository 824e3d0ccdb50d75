-- request_link: the provider's id of the customer that the kept request was made with; null if it is a create
alter table delivery add column request_link text;
