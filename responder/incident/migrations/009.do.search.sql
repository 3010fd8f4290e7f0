-- What people search for, beside the findings: these are large, and would be unpacked for every row that is looked through.
alter table incident
  add column conclusion text generated always as (findings->>'conclusion') stored,
  add column category text generated always as (findings->'diagnosis'->>'category') stored;
