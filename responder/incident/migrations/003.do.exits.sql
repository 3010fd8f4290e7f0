-- How instances ended, as their runtime told it: one row an end, under what makes it unique, since every replica hears the same.
create table target_exit (
  key text primary key,
  target text not null,
  instance text not null,
  at timestamptz not null,
  exit_code integer,
  oom_killed boolean not null,
  requested boolean not null,
  lived_ms double precision,
  recorded_at timestamptz not null default clock_timestamp(),
  -- Whether it stands in target_exit_count.
  counted boolean not null default false
);
create index target_exit_recent on target_exit (target, at desc);
create index target_exit_uncounted on target_exit (recorded_at) where not counted and not requested;

-- Ends that nobody asked for, since ever: what outlives the rows, so that a counter made of it never falls.
create table target_exit_count (
  target text not null,
  instance text not null,
  reason text not null check (reason in ('oom', 'error')),
  count bigint not null,
  primary key (target, instance, reason)
);
