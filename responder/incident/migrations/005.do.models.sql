-- What language models cost, one row a call, written before it (so that a crash forgets none) and settled after.
create table model_call (
  id bigint generated always as identity primary key,
  incident_id text not null,
  provider text not null,
  at timestamptz not null default clock_timestamp(),
  tokens_in integer not null,
  tokens_out integer not null,
  usd double precision not null
);
create index model_call_recent on model_call (at);
create index model_call_of_incident on model_call (incident_id);

-- A provider that failed again and again is left alone for a while, by all replicas, across restarts.
create table model_breaker (
  provider text primary key,
  failures integer not null default 0,
  open_until timestamptz
);

-- Answers by the hash of what was asked: identical evidence is not asked about twice.
create table model_answer (
  key text primary key,
  answer text not null,
  at timestamptz not null default clock_timestamp()
);
create index model_answer_age on model_answer (at);
