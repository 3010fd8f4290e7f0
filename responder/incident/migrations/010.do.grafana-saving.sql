-- Beside what an incident was worth stands what was assumed of a person at that time; null: valued before this was kept.
alter table saving add column person_minutes double precision;

create or replace view grafana.saving as
  select s.closed_at as time, s.incident_id, s.target, s.minutes, s.usd, s.person_minutes from saving s;
