-- What people are shown of an incident elsewhere. Whatever happens to one is told in its timeline, so each event there leaves a
-- note in the same transaction: by a trigger, so that nobody can forget it, and only ever added, so that nobody waits for a row.
-- Neither table refers to `incident`: to check that would lock its rows, and whoever shows them would hold up whoever repairs.
create table outbox_note (
  id bigint generated always as identity primary key,
  incident_id text not null
);
create function leave_outbox_note() returns trigger language plpgsql as $$
begin
  insert into outbox_note (incident_id) values (new.incident_id);
  return null;
end $$;
create trigger tell_outbox after insert on audit for each row execute function leave_outbox_note();

-- What is to be shown (`wanted` counts the changes), how far it is shown, and where: ids that the other side gave.
create table outbox (
  incident_id text not null,
  channel text not null,
  wanted bigint not null default 1,
  shown bigint not null default 0,
  remote jsonb not null default '{}',
  -- Deliveries in a row that failed.
  tries integer not null default 0,
  due_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  -- Fencing token: raised by every claim.
  token bigint not null default 0,
  primary key (incident_id, channel)
);
create index outbox_waiting on outbox (channel, due_at) where wanted > shown;

-- Requests that count once, such as a pressed button: whoever sends a copy changes nothing, on no replica.
create table request_seen (
  key text primary key,
  at timestamptz not null default clock_timestamp()
);
create index request_seen_age on request_seen (at);
