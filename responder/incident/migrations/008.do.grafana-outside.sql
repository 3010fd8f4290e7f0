-- What Grafana shows of those whom the responder speaks with: models, by what they cost, and channels, by what is still to be told.
create view grafana.model_call as
  select m.at as time, m.incident_id, i.target, m.provider, m.tokens_in, m.tokens_out, m.usd
  from model_call m left join incident i on i.id = m.incident_id;

create view grafana.outbox as
  select o.incident_id, i.target, o.channel, o.wanted - o.shown as behind, o.tries, o.due_at
  from outbox o join incident i on i.id = o.incident_id;
