-- How long a provider itself asked to be left alone (Retry-After): neither a success nor a failure of another call shortens it.
alter table model_breaker add column asked_until timestamptz;
