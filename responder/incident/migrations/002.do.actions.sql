-- An incident that a person decides about waits in a stage of its own; whoever decides wakes it.
alter table incident add column woken boolean not null default false;
-- An incident that was closed as over and is not: the one that says so shows the same alerts.
alter table incident add column follows text references incident (id);
create unique index one_follow_up_per_incident on incident (follows);

-- A failed verification of an action that can be taken back leads back to remediation.
insert into lifecycle_move values ('verifying', 'remediating');

-- Taking an action back, at once or at its due time. Idempotent on the runtime, so a lease is all that it needs.
alter table action
  add column undo_state text check (undo_state in ('due', 'done', 'failed')),
  add column undo_due_at timestamptz,
  add column undo_detail text not null default '',
  add column undone_at timestamptz,
  add column undo_owner text,
  add column undo_lease_until timestamptz;
create index action_undo_due on action (undo_due_at) where undo_state = 'due';

-- What a person is asked: one question for one exact action, decided once.
create table approval (
  hash text primary key,
  incident_id text not null references incident (id),
  planned jsonb not null,
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  decision text check (decision in ('approved', 'rejected')),
  decided_by text,
  decided_at timestamptz,
  check ((decision is null) = (decided_at is null) and (decision is null) = (decided_by is null))
);
create index approval_of_incident on approval (incident_id, asked_at);

-- A person has the target: nothing is done to it until then.
create table hold (
  target text primary key,
  by text not null,
  incident_id text not null references incident (id),
  since timestamptz not null default clock_timestamp(),
  until timestamptz not null
);
