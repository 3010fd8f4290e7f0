/** The lower half of the dashboard Responder: its stages and its queue, and whom it speaks with. */
import type { Row } from './board.ts';
import { STATES } from './colours.ts';
import { bars, graph, table } from './panels.ts';
import { field, now, range, SHOWN, sql, sqlSeries, TARGETS } from './queries.ts';

export const SILENT = 'Prometheus does not reach the responder';

export const work: Row = {
  title: 'The work',
  panels: [
    table({
      title: 'Stages',
      description:
        'Each stage that ran within the time shown, from the database: how often, and how long it took. `gather` near AEGIS_GATHER_SECONDS means that a source is late.',
      size: [12, 8],
      empty: 'No stage ran within this time: there was no incident',
      queries: [
        sql(`
          select stage, count(*) as runs, percentile_cont(0.5) within group (order by seconds) as median,
            percentile_cont(0.95) within group (order by seconds) as p95, max(seconds) as longest
          from grafana.stage_run where ${SHOWN} group by 1 order by min(time)`),
      ],
      columns: {
        stage: { name: 'Stage' },
        runs: { name: 'Runs', width: 80 },
        median: { name: 'Median', unit: 's', width: 100 },
        p95: { name: '95 %', unit: 's', width: 100 },
        longest: { name: 'Longest', unit: 's', width: 100 },
      },
    }),
    graph({
      title: 'Stages over time',
      description: '95 % of the runs of a stage take no longer than this; no line while none runs.',
      size: [12, 8],
      unit: 's',
      min: 0,
      empty: 'No stage ran within this time: there was no incident',
      queries: [
        range(
          'histogram_quantile(0.95, sum by (stage, le) (rate(aegis_stage_duration_seconds_bucket[$__rate_interval])))',
          '{{stage}}',
        ),
      ],
    }),
    graph({
      title: 'Queue',
      description:
        'Open incidents: due (a worker takes it next), worked on (leased), waits (for its time: approval, verification, backoff), lease ran out.',
      size: [12, 8],
      unit: 'short',
      min: 0,
      empty: SILENT,
      queries: [range('max by (standing) (aegis_queue_incidents)', '{{standing}}')],
    }),
    table({
      title: 'In the queue now',
      description: 'Open incidents: what is next, who has it until when, how often in a row its stage broke.',
      size: [12, 8],
      empty: 'Nothing waits: no incident is open',
      queries: [
        sql(`
          select target, state, stage, standing, due_at, lease_owner, lease_until, retries, incident_id
          from grafana.queue where ${TARGETS} order by due_at`),
      ],
      columns: {
        target: {
          name: 'Target',
          link: { title: 'Open the incident', url: `$public_url/incidents/${field('incident_id')}` },
        },
        state: { name: 'State', names: STATES },
        stage: { name: 'Next stage' },
        standing: { name: 'Stands' },
        due_at: { name: 'Due', width: 165 },
        lease_owner: { name: 'Who has it' },
        lease_until: { name: 'Until', width: 165 },
        retries: { name: 'Broke', width: 70 },
        incident_id: { hidden: true },
      },
    }),
    graph({
      title: 'Alerts that came',
      description:
        'Alerts a minute by status. Rejected ones are kept with the reason in the table rejected_alert.',
      size: [12, 7],
      unit: 'short',
      min: 0,
      empty: 'No alert came since the responder was started',
      queries: [
        range('60 * sum by (status) (rate(aegis_alerts_received_total[$__rate_interval]))', '{{status}}'),
      ],
    }),
    bars({
      title: 'Actions',
      description:
        'What became of the actions since the replicas were started, over all of them. `unknown`: after a crash nobody can tell.',
      size: [6, 7],
      unit: 'none',
      columns: true,
      empty: 'Nothing was done since the responder was started',
      queries: [now('sum by (action, outcome) (aegis_actions_total)', '{{action}} {{outcome}}')],
    }),
    bars({
      title: 'Refusals',
      description: 'What guards refused since the replicas were started, over all of them.',
      size: [6, 7],
      unit: 'none',
      columns: true,
      empty: 'No guard has refused anything since the responder was started',
      queries: [now('sum by (guard) (aegis_guard_denials_total)', '{{guard}}')],
    }),
  ],
};

export const others: Row = {
  title: 'Whom it speaks with',
  panels: [
    bars({
      title: 'Diagnoses by provider',
      description:
        'Since the replicas were started, over all of them: answered, unknown (nothing was recognised), or why a provider was passed over.',
      size: [8, 7],
      unit: 'none',
      columns: true,
      empty: 'Nothing was diagnosed since the responder was started',
      queries: [now('sum by (provider, outcome) (aegis_diagnoses_total)', '{{provider}} {{outcome}}')],
    }),
    table({
      title: 'What models took',
      description:
        'Calls of language models within the time shown, their tokens and dollars by the prices of the settings; of calls whose answer was of no use, too. Budgets: AEGIS_MODEL_*.',
      size: [8, 7],
      empty: 'No model was asked: the rules answer alone, or there was no incident',
      queries: [
        sql(`
          select provider, count(*) as calls, sum(tokens_in) as tokens_in, sum(tokens_out) as tokens_out, sum(usd) as usd
          from grafana.model_call where $__timeFilter(time) group by 1 order by 2 desc`),
      ],
      columns: {
        provider: { name: 'Provider' },
        calls: { name: 'Calls', width: 70 },
        tokens_in: { name: 'Tokens asked', unit: 'short', width: 110 },
        tokens_out: { name: 'Answered', unit: 'short', width: 95 },
        usd: { name: 'Cost', unit: 'currencyUSD', width: 80 },
      },
    }),
    table({
      title: 'Outbox',
      description:
        'What Slack and Grafana are still to be told of incidents, by channel. It grows while one of them is away, and nothing is lost: it is sent when they are back.',
      size: [8, 7],
      empty: 'Nothing was to be told: no channel is set up, or there was no incident',
      queries: [
        sql(`
          select channel, count(*) filter (where behind > 0) as waiting, max(tries) filter (where behind > 0) as failed,
            min(due_at) filter (where behind > 0) as next_try, count(*) as incidents
          from grafana.outbox group by 1 order by 1`),
      ],
      columns: {
        channel: { name: 'Channel' },
        waiting: { name: 'Waiting', width: 80, steps: ['green', [1, 'orange']] },
        failed: { name: 'Failed in a row', width: 115 },
        next_try: { name: 'Next try', width: 165 },
        incidents: { name: 'Incidents', width: 85 },
      },
    }),
    graph({
      title: 'Log lines that came',
      description:
        'Lines a second from the Collector into the window of evidence. Dropped: too many waited to be written.',
      size: [8, 7],
      unit: 'short',
      min: 0,
      empty: SILENT,
      queries: [range('sum by (outcome) (rate(aegis_log_lines_total[$__rate_interval]))', '{{outcome}}')],
    }),
    table({
      title: 'Log window',
      description:
        'What is kept of each service: 15 minutes, at most 5,000 lines. Browsers and services tell under the same name.',
      size: [8, 7],
      empty: 'No line came within the last 15 minutes',
      queries: [
        sql(
          `select target, lines, oldest, newest from grafana.log_window where ${TARGETS} order by lines desc`,
        ),
      ],
      columns: {
        target: { name: 'Service' },
        lines: { name: 'Lines', width: 80 },
        oldest: { name: 'Oldest', width: 165 },
        newest: { name: 'Newest', width: 165 },
      },
    }),
    graph({
      title: 'Money saved, since ever',
      description:
        'aegis_savings_usd_total: max(0, AEGIS_PERSON_MINUTES - minutes from the first alert to the proof) x US dollars a minute (aegis.cost-per-minute of the target, else AEGIS_COST_PER_MINUTE), summed over the incidents that an action cured.',
      size: [8, 7],
      unit: 'currencyUSD',
      min: 0,
      empty: SILENT,
      queries: [range('max by (target) (aegis_savings_usd_total{target=~"$target"})', '{{target}}')],
    }),
    graph({
      title: 'What the models cost',
      description: 'US dollars that language models took in each hour, by provider.',
      size: [12, 7],
      unit: 'currencyUSD',
      min: 0,
      empty: 'No model was asked: the rules answer alone, or there was no incident',
      queries: [
        sqlSeries(`
          select date_bin('1 hour', time, '2020-01-01') as time, provider as metric, sum(usd) as value
          from grafana.model_call where $__timeFilter(time) group by 1, 2 order by 1`),
      ],
    }),
    bars({
      title: 'Notifications',
      description:
        'What became of what Slack and Grafana were told, since the replicas were started, over all of them. Whatever was not delivered (rate_limited, down, lost) is tried again; refused means a wrong token or channel.',
      size: [12, 7],
      unit: 'none',
      columns: true,
      empty: 'No channel is set up (SLACK_BOT_TOKEN, GRAFANA_URL): the same words go to the log',
      queries: [now('sum by (channel, outcome) (aegis_notifications_total)', '{{channel}} {{outcome}}')],
    }),
  ],
};
