/** The lower half of the home dashboard: how well it goes, what was done and learned, and where to try it. */
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Row } from './board.ts';
import { bars, table, words } from './panels.ts';
import { field, SHOWN, sql, TARGETS } from './queries.ts';

/** So long a person takes, in seconds, by AEGIS_PERSON_MINUTES as it is shipped: for colours, and until an incident was valued. */
const SHIPPED = 900;

export const howWell: Row = {
  title: 'How well it goes',
  panels: [
    bars({
      title: 'From the first alert, beside a person',
      description:
        'Median time from the start of the first alert until the responder knew, had acted, and had proved the recovery, over the incidents that an action cured; beside what a person takes (AEGIS_PERSON_MINUTES when the newest of them was valued; 15 minutes as shipped).',
      size: [12, 7],
      unit: 's',
      decimals: 1,
      columns: true,
      steps: ['green', [SHIPPED / 3, 'yellow'], [SHIPPED, 'red']],
      empty: 'The database does not answer',
      queries: [
        sql(`
          select percentile_cont(0.5) within group (order by seconds_to_detect) as "known",
            percentile_cont(0.5) within group (order by seconds_to_act) as "acted",
            percentile_cont(0.5) within group (order by seconds_to_recover) as "recovered",
            coalesce((select person_minutes * 60 from grafana.saving order by time desc limit 1), ${SHIPPED}) as "a person"
          from grafana.incident where outcome = 'resolved' and acted_at is not null and ${SHOWN}`),
      ],
    }),
    bars({
      title: 'Outcomes',
      description:
        'How incidents ended: resolved (acted, and proved), no_action (nothing to do, or gone by itself), escalated (a person is needed), failed (nothing helped), open.',
      size: [6, 7],
      unit: 'none',
      empty: 'No incident within this time',
      queries: [
        sql(`
          select coalesce(outcome, 'open') as outcome, count(*) as incidents
          from grafana.incident where ${SHOWN} group by 1 order by 2 desc`),
      ],
    }),
    bars({
      title: 'Who diagnosed',
      description:
        'The provider whose diagnosis counted, by incident: a language model, or the rules, which need none and answer last.',
      size: [6, 7],
      unit: 'none',
      empty: 'Nothing was diagnosed within this time',
      queries: [
        sql(`
          select provider, count(*) as diagnoses
          from grafana.diagnosis where ${SHOWN} group by 1 order by 2 desc`),
      ],
    }),
    table({
      title: 'Asked, and did not answer',
      description: 'Providers that were asked before the one that answered, and why each was passed over.',
      size: [12, 7],
      empty: 'Nobody was passed over: each diagnosis came from the first that was asked',
      queries: [
        sql(`
          select provider, reason, count(*) as times, max(time) as last
          from grafana.fall_through where ${SHOWN} group by 1, 2 order by 3 desc limit 50`),
      ],
      columns: {
        provider: { name: 'Provider', width: 100 },
        reason: { name: 'Why it was passed over', wrapped: true },
        times: { name: 'Times', width: 70 },
        last: { name: 'Last', width: 165 },
      },
    }),
    table({
      title: 'Refused by a guard',
      description:
        'Actions that a diagnosis asked for and a guard did not allow: which guard, how often, and its last reason. A refusal makes no call on anything.',
      size: [12, 7],
      empty: 'No guard has refused anything within this time',
      queries: [
        sql(`
          select guard, count(*) as times, max(time) as last, (array_agg(reason order by time desc))[1] as reason
          from grafana.refusal where ${SHOWN} group by 1 order by 2 desc`),
      ],
      columns: {
        guard: { name: 'Guard', width: 130 },
        times: { name: 'Times', width: 70 },
        last: { name: 'Last', width: 165 },
        reason: { name: 'Its last reason', wrapped: true },
      },
    }),
  ],
};

export const learned: Row = {
  title: 'Done and learned',
  panels: [
    table({
      title: 'Actions',
      description: 'What was done to what, the newest first, and whether it was taken back later.',
      size: [12, 8],
      empty: 'Nothing was done within this time',
      queries: [
        sql(`
          select time, action, instance, state, seconds, undo_state, incident_id
          from grafana.action where ${SHOWN} order by time desc limit 100`),
      ],
      columns: {
        time: { name: 'When', width: 165 },
        action: { name: 'Action', width: 100 },
        instance: {
          name: 'Instance',
          link: { title: 'Open the incident', url: `$public_url/incidents/${field('incident_id')}` },
        },
        state: { name: 'State', width: 90 },
        seconds: { name: 'Took', width: 80, unit: 's' },
        undo_state: { name: 'Taken back', width: 95 },
        incident_id: { hidden: true },
      },
    }),
    table({
      title: 'Runbook',
      description:
        'What was learned: for each look of a failure, what was tried and how often it helped. Evidence for the next incident, never an instruction.',
      size: [12, 8],
      empty: 'Nothing is learned yet: the first incident that ends is the first entry',
      queries: [
        sql(`
          select signature, action, success_rate, succeeded, failed, last_seen
          from grafana.runbook where ${TARGETS} order by last_seen desc limit 100`),
      ],
      columns: {
        signature: {
          name: 'What it looked like',
          link: { title: 'Open the runbook', url: '$public_url/runbook' },
        },
        action: { name: 'Action', width: 100 },
        success_rate: {
          name: 'Helped',
          width: 75,
          unit: 'percentunit',
          steps: ['red', [0.5, 'orange'], [0.8, 'green']],
        },
        succeeded: { name: 'Did', width: 55 },
        failed: { name: 'Did not', width: 65 },
        last_seen: { name: 'Last', width: 165 },
      },
    }),
  ],
};

/** By what happens in the shop; each link starts it at once. */
const FAULTS: [trigger: string, what: string][] = [
  ['memory', 'memory leaks, through 85 % of the limit and on'],
  ['cpu', 'the CPU burns; requests wait for their turn'],
  ['wedge', 'the event loop never returns; nothing is answered'],
  ['db_latency', 'a lock is held in the database; requests wait for it'],
  ['errors', 'connections are taken and not given back; requests fail'],
  ['reset', 'ends what was started'],
];
const runbooks = globSync('*.md', { cwd: fileURLToPath(new URL('../docs/runbooks', import.meta.url)) })
  .map((file) => file.slice(0, -'.md'.length))
  .sort();

export const controls: Row = {
  title: 'Try it, and look it up',
  panels: [
    words({
      title: 'Simulation',
      description:
        'Each link breaks the shop at once, if it was started with AEGIS_FAULTS=on. Give it a minute of traffic before.',
      size: [12, 8],
      text: FAULTS.map(([name, what]) => `- [${name}]($shop_url/trigger_${name}): ${what}`).join('\n'),
    }),
    words({
      title: 'What the alerts mean',
      description:
        'The page of each alert: what it means, what AegisOps does about it, what a person checks.',
      size: [12, 8],
      text: runbooks.map((name) => `- [${name}]($public_url/runbooks/${name})`).join('\n'),
    }),
  ],
};
