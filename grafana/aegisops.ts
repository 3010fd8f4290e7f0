/** AegisOps, the home: what broke, what was done, is it over, must I do anything. */
import { board, type Row } from './board.ts';
import { LIFECYCLE, STATES } from './colours.ts';
import { stat, table, timeline } from './panels.ts';
import { field, now, SHOWN, sql, sqlSeries, TARGETS } from './queries.ts';
import { controls, howWell, learned } from './record.ts';

const stage = (name: string) => `aegis_incident_stage{target=~"$target", stage=~"${name}"}`;

const glance: Row = {
  title: 'At a glance',
  panels: [
    stat({
      title: 'Now',
      description:
        'The stage that each target is in, live: Nominal (no incident is open), Anomaly (an alert came), AI Brain (evidence is gathered and judged), Action (something is being done), Verification (is it well again?).',
      size: [8, 5],
      unit: 'none',
      names: LIFECYCLE,
      empty: 'No target yet: none has the label aegis.enable, or Prometheus does not reach the responder',
      queries: [
        now(
          `
          max by (target) (
            1 * ${stage('detected')} or 2 * ${stage('diagnosing|awaiting_approval')}
              or 3 * ${stage('remediating')} or 4 * ${stage('verifying')}
          )
          or 0 * max by (target) (aegis_target_instances_expected{target=~"$target"})`,
          '{{target}}',
        ),
      ],
    }),
    stat({
      title: 'Open incidents',
      description: 'Incidents that are not over yet. Their stage stands to the left and in the table below.',
      size: [4, 5],
      unit: 'none',
      steps: ['green', [1, 'orange']],
      empty: 'The database does not answer',
      queries: [sql(`select count(*) as open from grafana.incident where closed_at is null and ${TARGETS}`)],
    }),
    stat({
      title: 'Needs a person',
      description:
        'Incidents that wait for an answer just now, and those that ended within the time shown because a person is needed (escalated) or nothing helped (failed). 0: there is nothing to do.',
      size: [4, 5],
      unit: 'none',
      steps: ['green', [1, 'red']],
      empty: 'The database does not answer',
      queries: [
        sql(`
          select count(*) as needed from grafana.incident
          where ${TARGETS}
            and (state = 'awaiting_approval' or (state in ('escalated', 'failed') and $__timeFilter(closed_at)))`),
      ],
    }),
    stat({
      title: 'Cured without a person',
      description:
        'Share of the incidents within the time shown that ended resolved: acted upon, and proved to be well again by the SLI. Those where nothing had to be done do not count.',
      size: [4, 5],
      unit: 'percentunit',
      decimals: 0,
      steps: ['red', [0.5, 'orange'], [0.8, 'green']],
      empty: 'No incident has ended within this time',
      queries: [
        sql(`
          select count(*) filter (where outcome = 'resolved')::float / nullif(count(*), 0) as cured
          from grafana.incident where outcome <> 'no_action' and ${SHOWN}`),
      ],
    }),
    stat({
      title: 'Money saved',
      description:
        'Sum over the incidents that an action cured: max(0, minutes of a person - minutes from the first alert to the proof) x US dollars a minute. Assumptions, each a setting: AEGIS_PERSON_MINUTES (15), and the label aegis.cost-per-minute of the target, else AEGIS_COST_PER_MINUTE (0: nothing is claimed). Each incident is valued once, by the settings of its time.',
      size: [4, 5],
      unit: 'currencyUSD',
      decimals: 0,
      empty: 'The database does not answer',
      queries: [sql(`select coalesce(sum(usd), 0) as saved from grafana.saving where ${SHOWN}`)],
    }),
  ],
};

const lifecycle: Row = {
  title: 'What happened',
  panels: [
    timeline({
      title: 'Lifecycle of each target',
      description:
        'Every change of stage, from the database: also those of some milliseconds, which no scrape would see. Zoom in on an incident to see its stages.',
      size: [24, 7],
      unit: 'none',
      names: LIFECYCLE,
      empty: 'No target is chosen above, or the database does not answer',
      queries: [
        sqlSeries(`
          select $__timeFrom()::timestamptz as time, shown.target as metric, coalesce((
              select level from grafana.lifecycle l
              where l.target = shown.target and l.time < $__timeFrom()::timestamptz order by l.time desc limit 1
            ), 0) as value
          from unnest(array[\${target:sqlstring}]) as shown (target)
          union all
          select time, target, level from grafana.lifecycle where ${SHOWN}
          order by time`),
      ],
    }),
    table({
      title: 'Incidents',
      description:
        'The newest first. A click on the alert opens the page of the incident: evidence, diagnosis, each guard, what was done, and whether it helped.',
      size: [24, 9],
      empty: 'No incident within this time',
      queries: [
        sql(`
          select time, state, alertname, target, category, action, provider, confidence, seconds_to_recover, conclusion, incident_id
          from grafana.incident where ${SHOWN} order by time desc limit 100`),
      ],
      columns: {
        time: { name: 'Opened', width: 165 },
        state: { name: 'State', width: 135, names: STATES },
        alertname: {
          name: 'Alert',
          width: 190,
          link: { title: 'Open the incident', url: `$public_url/incidents/${field('incident_id')}` },
        },
        target: { name: 'Target', width: 110 },
        category: { name: 'Cause', width: 125 },
        action: { name: 'Action', width: 90 },
        provider: { name: 'Told by', width: 80 },
        confidence: { name: 'Sure', width: 60, unit: 'percentunit' },
        seconds_to_recover: { name: 'Over in', width: 80, unit: 's' },
        conclusion: { name: 'How it ended', wrapped: true },
        incident_id: { hidden: true },
      },
    }),
  ],
};

export const aegisops = board({
  uid: 'aegisops',
  title: 'AegisOps',
  description: 'What broke, what was done, is it over, must I do anything.',
  since: 'now-3h',
  refresh: '5s',
  rows: [glance, lifecycle, howWell, learned, controls],
});
