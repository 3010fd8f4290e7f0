-- One row is one incident and also the queue entry of its next stage.
create table incident (
  id text primary key,
  target text not null,
  state text not null default 'detected',
  stage text not null default 'gather',
  outcome text check (outcome in ('resolved', 'no_action', 'escalated', 'failed')),
  attempts integer not null default 0,
  -- How often in a row its stage broke (machinery, not a business answer).
  retries integer not null default 0,
  starts_at timestamptz not null,
  -- Whole milliseconds: what a page of the list ends with is given back as its cursor.
  opened_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  closed_at timestamptz,
  traceparent text,
  findings jsonb not null default '{}',
  due_at timestamptz not null default now(),
  lease_owner text,
  lease_until timestamptz,
  -- Fencing token: raised by every claim, so that a worker which lost its lease cannot write.
  token bigint not null default 0,
  constraint closed_means_end check (
    (closed_at is not null) = (state in ('resolved', 'no_action', 'escalated', 'failed'))
    and (closed_at is not null) = (stage = 'closed')
  )
);
create unique index one_open_incident_per_target on incident (target) where closed_at is null;
create index incident_due on incident (due_at) where closed_at is null;
create index incident_recent on incident (opened_at desc, id desc);

-- The lifecycle, the same table as MOVES in lifecycle.ts (a test compares them).
create table lifecycle_move (
  from_state text not null,
  to_state text not null,
  primary key (from_state, to_state)
);
insert into lifecycle_move values
  ('detected', 'diagnosing'),
  ('diagnosing', 'awaiting_approval'), ('diagnosing', 'remediating'),
  ('diagnosing', 'no_action'), ('diagnosing', 'escalated'),
  ('awaiting_approval', 'diagnosing'), ('awaiting_approval', 'remediating'),
  ('awaiting_approval', 'no_action'), ('awaiting_approval', 'escalated'),
  ('remediating', 'diagnosing'), ('remediating', 'verifying'),
  ('remediating', 'no_action'), ('remediating', 'escalated'), ('remediating', 'failed'),
  ('verifying', 'diagnosing'), ('verifying', 'resolved'), ('verifying', 'no_action'),
  ('verifying', 'escalated'), ('verifying', 'failed');

create function refuse_illegal_move() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'detected' then
      raise exception 'an incident begins as detected, not as %', new.state using errcode = 'check_violation';
    end if;
  elsif new.state <> old.state
    and not exists (select from lifecycle_move where from_state = old.state and to_state = new.state) then
    raise exception 'incident % cannot move from % to %', old.id, old.state, new.state
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger legal_moves before insert or update of state on incident
  for each row execute function refuse_illegal_move();

-- An episode (fingerprint, starts_at) belongs to one incident for ever.
create table episode (
  fingerprint text not null,
  starts_at timestamptz not null,
  target text not null,
  status text not null check (status in ('firing', 'resolved')),
  alert jsonb not null,
  deliveries integer not null default 1,
  first_received timestamptz not null default now(),
  last_received timestamptz not null default now(),
  incident_id text references incident (id),
  primary key (fingerprint, starts_at)
);
create index episode_of_incident on episode (incident_id);

-- Alerts that could not be understood, kept so that nothing a sender was told is stored is lost.
create table rejected_alert (
  id bigint generated always as identity primary key,
  received_at timestamptz not null default now(),
  reason text not null,
  body text not null
);

-- Written before the call (intended) and settled after it. One action for a verdict, one for an attempt.
create table action (
  id text primary key,
  incident_id text not null references incident (id),
  attempt integer not null,
  action text not null,
  target text not null,
  instance text not null,
  runtime text not null,
  verdict_hash text not null unique,
  before jsonb not null,
  state text not null default 'intended' check (state in ('intended', 'done', 'failed', 'unknown', 'withdrawn')),
  detail text not null default '',
  intended_at timestamptz not null default now(),
  settled_at timestamptz,
  unique (incident_id, attempt)
);
create index action_of_target on action (target, intended_at);

create table audit (
  id bigint generated always as identity primary key,
  incident_id text not null references incident (id),
  at timestamptz not null default clock_timestamp(),
  stage text not null,
  state text not null,
  kind text not null,
  text text not null,
  ms double precision
);
create index audit_of_incident on audit (incident_id, id);

create table runbook (
  signature text not null,
  action text not null,
  category text not null,
  target text not null,
  succeeded integer not null default 0,
  failed integer not null default 0,
  note text not null,
  last_seen timestamptz not null default now(),
  primary key (signature, action)
);

-- Switches that hold for all replicas, such as `halt`.
create table control (
  name text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now(),
  changed_by text not null
);

-- The last minutes of log lines per service. Unlogged: losing them in a crash of the database costs evidence, not truth.
create unlogged table log_line (
  id bigint generated always as identity primary key,
  service text not null,
  at timestamptz not null,
  severity text not null,
  message text not null
);
create index log_line_recent on log_line (service, at desc);
