-- Each lesson by itself, so that its age can count: what a runbook entry is worth today is a sum over these, and the half-life
-- may be set anew at any time.
create table lesson (
  signature text not null,
  action text not null,
  worked boolean not null,
  at timestamptz not null default now(),
  foreign key (signature, action) references runbook (signature, action) on delete cascade
);
create index lesson_of_entry on lesson (signature, action);

-- Of what was learned before only the last time is on record.
insert into lesson (signature, action, worked, at)
  select signature, action, true, last_seen from runbook, generate_series(1, succeeded)
  union all
  select signature, action, false, last_seen from runbook, generate_series(1, failed);

-- What the alerts were called, so that a like failure is found on another target.
alter table runbook add column alerts text[] not null default '{}';
-- So far they stand between the target and the category only: `shop: TargetDown+TargetSlow, process_down`.
update runbook
  set alerts = string_to_array(
    substr(signature, length(target) + 3, length(signature) - length(target) - length(category) - 4), '+')
  where starts_with(signature, target || ': ') and right(signature, length(category) + 2) = ', ' || category;
create index runbook_alerts on runbook using gin (alerts);
