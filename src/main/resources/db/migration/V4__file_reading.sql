-- of all the files that there ever were only those are looked at whose reading has not ended
create index file_reading on file (name) where state = 'reading';
