-- What an incident that was cured without a person was worth, by the settings of that time: written once, so that the sum
-- never falls when a price is changed.
create table saving (
  incident_id text primary key references incident (id),
  target text not null,
  closed_at timestamptz not null,
  minutes double precision not null,
  usd double precision not null
);
create index saving_recent on saving (closed_at);
create index incident_resolved on incident (closed_at) where outcome = 'resolved';

-- Grafana reads these views and nothing else. Who may is said where its role is made (responder/setup/database.ts), since
-- there need be none; what it is given there holds for views to come, too.
create schema if not exists grafana;

-- The names that people see; 0 to 4, because a state timeline draws numbers and names them.
create view grafana.lifecycle_name (state, level, name) as values
  ('detected', 1, 'Anomaly'),
  ('diagnosing', 2, 'AI Brain'),
  ('awaiting_approval', 2, 'AI Brain'),
  ('remediating', 3, 'Action'),
  ('verifying', 4, 'Verification'),
  ('resolved', 0, 'Nominal'),
  ('no_action', 0, 'Nominal'),
  ('escalated', 0, 'Nominal'),
  ('failed', 0, 'Nominal');

-- Each change of each target, to the microsecond: a stage that took 20 ms is here, where a scrape would miss it.
create view grafana.lifecycle as
  select event.at as time, i.target, i.id as incident_id, n.level, n.name
  from incident i
  cross join lateral (
    -- What is told after the end (a late "resolved", a take-back) is no stage.
    select a.at, a.state from audit a
    where a.incident_id = i.id and a.state not in ('resolved', 'no_action', 'escalated', 'failed')
    union all
    -- That a worker took it is no event of its own; it is known from how long the look at the system took.
    select a.at - a.ms * interval '1 millisecond', 'diagnosing' from audit a
    where a.incident_id = i.id and a.stage = 'gather' and a.ms is not null
    union all
    select i.closed_at, i.state where i.closed_at is not null
  ) as event
  join grafana.lifecycle_name n on n.state = event.state;

create view grafana.stage_run as
  select a.at - a.ms * interval '1 millisecond' as time, a.at as ended_at, i.target, a.incident_id, a.stage,
    a.ms / 1000 as seconds, a.kind as result, a.text as say
  from audit a join incident i on i.id = a.incident_id
  where a.ms is not null;

create view grafana.incident as
  select i.opened_at as time, i.id as incident_id, i.target, i.state, i.outcome,
    (select e.alert->>'name' from episode e where e.incident_id in (i.id, i.follows)
     order by e.starts_at, e.fingerprint limit 1) as alertname,
    i.findings->'diagnosis'->>'category' as category,
    i.findings->'diagnosis'->>'action' as action,
    i.findings->'diagnosis'->>'provider' as provider,
    (i.findings->'diagnosis'->>'confidence')::double precision as confidence,
    i.findings->'diagnosis'->>'root_cause' as root_cause,
    i.findings->>'conclusion' as conclusion,
    i.attempts, i.starts_at as started_at, acted.at as acted_at, i.closed_at,
    case when i.outcome = 'resolved' then i.closed_at end as recovered_at,
    extract(epoch from i.opened_at - i.starts_at)::double precision as seconds_to_detect,
    extract(epoch from acted.at - i.starts_at)::double precision as seconds_to_act,
    case when i.outcome = 'resolved' then extract(epoch from i.closed_at - i.starts_at)::double precision end
      as seconds_to_recover
  from incident i
  left join lateral (
    select min(a.settled_at) as at from action a where a.incident_id = i.id and a.state = 'done'
  ) as acted on true;

create view grafana.action as
  select a.intended_at as time, a.incident_id, a.target, a.instance, a.action, a.runtime, a.attempt, a.state,
    a.settled_at, extract(epoch from a.settled_at - a.intended_at)::double precision as seconds,
    a.undo_state, a.detail
  from action a;

-- A diagnosis that asks for no action is denied, too, and nobody refused anything: the guard is named where one did.
create view grafana.refusal as
  select a.at as time, a.incident_id, i.target, a.text as reason,
    substring(a.text from ' refused by ([^:]+):') as guard
  from audit a join incident i on i.id = a.incident_id
  where a.stage = 'guard' and a.kind = 'denied' and a.text like '% refused by %: %';

create view grafana.diagnosis as
  select told.at as time, i.id as incident_id, i.target, d.it->>'provider' as provider, d.it->>'category' as category,
    d.it->>'action' as action, (d.it->>'confidence')::double precision as confidence,
    jsonb_array_length(coalesce(d.it->'fallthrough', '[]')) as fell_through
  from incident i
  cross join lateral (select i.findings->'diagnosis' as it) as d
  join lateral (
    select max(a.at) as at from audit a where a.incident_id = i.id and a.stage = 'diagnose'
  ) as told on told.at is not null
  where jsonb_typeof(d.it) = 'object';

-- Who was asked before, and why it did not answer.
create view grafana.fall_through as
  select told.time, told.incident_id, told.target, f.it->>'provider' as provider, f.it->>'reason' as reason
  from grafana.diagnosis told
  join incident i on i.id = told.incident_id
  cross join lateral jsonb_array_elements(coalesce(i.findings->'diagnosis'->'fallthrough', '[]')) as f (it);

create view grafana.runbook as
  select r.signature, r.target, r.category, r.action, r.succeeded, r.failed,
    r.succeeded::double precision / nullif(r.succeeded + r.failed, 0) as success_rate, r.note, r.last_seen
  from runbook r;

create view grafana.log_line as
  select l.at as time, l.service as target, l.severity, l.message from log_line l;

create view grafana.log_window as
  select l.service as target, count(*) as lines, min(l.at) as oldest, max(l.at) as newest
  from log_line l group by l.service;

create view grafana.saving as
  select s.closed_at as time, s.incident_id, s.target, s.minutes, s.usd from saving s;

-- What waits for a worker, and what one has: the queue is the table of open incidents.
create view grafana.queue as
  select i.id as incident_id, i.target, i.stage, i.state, i.due_at, i.retries, i.lease_owner, i.lease_until,
    case
      when i.lease_until >= clock_timestamp() then 'worked on'
      when i.lease_until < clock_timestamp() then 'lease ran out'
      when i.due_at <= clock_timestamp() then 'due'
      else 'waits'
    end as standing
  from incident i where i.closed_at is null;
