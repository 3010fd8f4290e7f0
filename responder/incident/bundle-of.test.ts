import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  ago,
  alertOf,
  alertRead,
  container,
  evidenceOf,
  exited,
  exitOf,
  exits,
  findingOf,
  health,
  incidentOf,
  killOf,
  logs,
  memory,
  NOW,
} from '../../test/builders.ts';
import { diagnoseByRules } from '../diagnose/diagnose.ts';
import { caseOf } from '../diagnose/from-bundle.ts';
import {
  blockerOf,
  databaseOf,
  deploy,
  FAULTS,
  failed,
  type Item,
  seen,
  signalOf,
  stepOf,
  waitingFor,
} from '../diagnose/rules/case.test-helper.ts';
import { parseBundle } from './bundle.ts';
import { bundleOf, triedIn } from './bundle-of.ts';
import type { Evidence, Incident, RunbookEntry } from './incident.ts';

const gathered = (items: Item[], over: Partial<Incident> = {}) =>
  incidentOf({ evidence: evidenceOf(...items), evidenceAt: NOW.toISOString(), ...over });
/** As it is downloaded and read again. */
const again = (incident: Incident) => caseOf(parseBundle(JSON.stringify(bundleOf(incident))));

/** Everything that the rules tell apart, as their own tests build it. */
const SILENT_PATH = findingOf(
  { kind: 'dependency', dependency: { name: 'the telemetry path "otlp"', healthy: false, latency_ms: null } },
  { source: 'telemetry', query: 'query of alert' },
);
const LOOP = exits(...[10, 40, 70, 100].map((s) => exitOf({ at: ago(s) })));
const WORDS = findingOf(logs('starting', 'Error: no such table'), { query: 'process: output of shop-1' });
const CASES: Record<string, Item[]> = {
  ...Object.fromEntries(Object.entries(FAULTS).map(([name, over]) => [name, seen(over)])),
  calm: seen(),
  leak: [alertRead(true), memory([0.5, 0.96]), container(), health(true)],
  'young leak': [alertRead(true), memory([0.5, 0.96]), container({ startedAt: ago(2) })],
  down: [alertRead(true), exited(), health(false)],
  over: [alertRead(false), container(), health(true)],
  loop: seen({ process: container({ startedAt: ago(9) }), more: [LOOP, WORDS] }),
  'loop since a release': seen({ process: exited(), changes: deploy(120), more: [LOOP] }),
  'loop, not told whole': seen({ process: exited(), more: [{ ...LOOP, omitted: 9 } as Item] }),
  killed: [alertRead(false), container({ startedAt: ago(9) }), health(true), exits(killOf())],
  'killed often': [
    alertRead(true),
    container(),
    exits(killOf(), killOf({ at: ago(60) }), killOf({ at: ago(99) })),
  ],
  stopped: [alertRead(true), exited(), exits(exitOf({ requested: true }))],
  'no end': [
    alertRead(true),
    exited(),
    findingOf({ kind: 'exit', exits: [], omitted: 0 }, { status: 'no_data' }),
  ],
  'silent path': seen({ more: [SILENT_PATH] }),
  'nobody knows of releases': seen({ ...FAULTS.errors, changes: failed('changes') }),
  'nobody knows of locks': seen({ ...FAULTS.errors, database: failed('database') }),
  'alert that could not be read': seen({ alert: failed('alert') }),
  'alert without a rule': seen({ alert: findingOf(alertRead(null), { status: 'no_data' }) }),
  'a release and one back': seen({ ...FAULTS.release, more: [deploy(60, '1.1.0', '1.0.0')] }),
  'a release of old': seen({ ...FAULTS.release, changes: deploy(3_000) }),
  'two instances': seen({
    more: [
      signalOf('event_loop_utilization', stepOf(0.1, 0.96), { instance: 'shop-2' }),
      { ...container({ instance: 'shop-2' }), cores: 0.97 } as Item,
      health(true, 'shop-2'),
    ],
  }),
  'two holders': seen({
    ...FAULTS.db,
    database: waitingFor(blockerOf({ waiting: 1 }), blockerOf({ instance: 'shop-2', pid: 12, waiting: 2 })),
  }),
  'a busy database': seen({ ...FAULTS.errors, database: databaseOf({ sessions: { active: 9, idle: 1 } }) }),
};

for (const [name, items] of Object.entries(CASES))
  test(`the rules say the same of the bundle: ${name}`, () => {
    const incident = gathered(items);
    const { target, evidence } = incident;
    const { citations: before, ...answer } = diagnoseByRules({ target, evidence, tried: [] });
    const replayed = again(incident);
    const { citations: after, ...same } = diagnoseByRules(replayed);
    assert.deepEqual(same, answer);
    const cited = (ids: string[], all: Evidence[]) =>
      ids.map((id) => JSON.stringify(all.find((e) => e.id === id)?.data.kind)).toSorted();
    assert.deepEqual(cited(after, replayed.evidence), cited(before, evidence), 'and cite the same');
  });

test('what was tried and did not help is not tried again in a replay', () => {
  const incident = gathered(CASES.leak ?? [], { actions: [actionOf()] });
  assert.deepEqual(triedIn(incident), [{ action: 'RESTART', instance: 'shop-1' }]);
  assert.deepEqual(again(incident).tried, triedIn(incident));
  assert.equal(diagnoseByRules(again(incident)).category, 'unknown');
  const withdrawn = gathered(CASES.leak ?? [], { actions: [actionOf({ state: 'withdrawn' })] });
  assert.deepEqual(again(withdrawn).tried, []);
});

test('the standard sections stand alone: whoever knows the form only reads them', () => {
  const alerts = [alertOf({ annotations: { summary: 'memory is full' } }), alertOf({ name: 'TargetSlow' })];
  const items = [...seen(FAULTS.db), exits(killOf()), logs('low')];
  const { alert, target, container: one, ...bundle } = bundleOf(gathered(items, { alerts }));
  assert.deepEqual(
    [alert.name, alert.target, alert.summary],
    ['TargetMemorySaturated', 'shop', 'memory is full'],
  );
  assert.deepEqual(target, { name: 'shop', kind: 'container', version: '1.0.0', replicas: 1 });
  assert.deepEqual(one, {
    ...{ state: 'running', exitCode: 137, oomKilled: true, restarts: 1, startedAt: ago(3600) },
  });
  assert.equal(bundle.signals?.length, 7);
  assert.equal(bundle.database?.blockers?.[0]?.service, 'shop');
  assert.equal(bundle.logs?.[0]?.message, 'low');
  assert.deepEqual(bundle.changes, []);
  assert.deepEqual(
    bundle.alerts?.map(({ name }) => name),
    ['TargetSlow'],
  );
});

test('an incident that nobody has looked at yet has its alerts, and no section', () => {
  const bundle = bundleOf(incidentOf());
  assert.deepEqual(Object.keys(bundle), ['version', 'incident', 'alert', 'target']);
  assert.deepEqual(
    again(incidentOf()).evidence.map(({ query }) => query),
    ['alert'],
  );
});

test('what is no number cannot be written, and is left out', () => {
  const [at] = [NOW.getTime() / 1000];
  const signal = signalOf('queue', () => 1, {
    series: [
      [at - 1, 1],
      [at, Number.NaN],
    ],
  });
  assert.deepEqual(bundleOf(gathered([signal])).signals?.[0]?.series, [[at - 1, 1]]);
});

test('patterns of the log and entries of the runbook come back as they were', () => {
  const pattern = {
    ...{ template: 'took <*> ms', example: 'took 9 ms', severity: 'warn', service: null, count: 3 },
    ...{ first: ago(20), last: null, before: 1, since: 2, flags: ['gives an order'] },
  };
  const entry: RunbookEntry = {
    ...{ signature: 's', action: 'RESTART', category: 'memory_leak', target: 'bank', note: 'n' },
    ...{ succeeded: 2, failed: 1, lastSeen: ago(99), recent: { succeeded: 0.5, failed: 0.25 }, match: 'm' },
  };
  const items: Item[] = [
    { kind: 'patterns', patterns: [pattern], omitted: 4 },
    { kind: 'runbook', entry },
  ];
  assert.deepEqual(
    again(gathered(items)).evidence.map(({ data }) => data),
    items,
  );
});
