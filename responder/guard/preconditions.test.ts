/** RESTART: cited evidence must itself show a cause that a restart clears. SCALE_UP and ROLLBACK have their own file. */
import { test } from 'node:test';
import {
  actionOf,
  ago,
  container,
  diagnosisOf,
  evidenceOf,
  exited,
  exitOf,
  exits,
  findingOf,
  health,
  logs,
  memory,
  plannedOf,
  stateOf,
} from '../../test/builders.ts';
import { CATEGORIES, type Category, type EvidenceData, type Finding } from '../incident/incident.ts';
import { allows, incidentWith, refuses } from './guard.test-helper.ts';

type Given = (EvidenceData | Finding)[];
/** A diagnosis of this category that cites every piece of the evidence, or those that are named. */
function claim(category: Category, evidence: Given, citations?: string[]) {
  const all = evidenceOf(...evidence);
  const diagnosis = diagnosisOf({ category, citations: citations ?? all.map(({ id }) => id) });
  return { diagnosis, ...incidentWith({ evidence: all }) };
}
const signal = (name: string, value: number, instance = 'shop-1') => memory([value], { name, instance });
const busy = (cores: number | null, over = {}): EvidenceData => ({
  ...{ kind: 'container', container: stateOf(over), cores },
});
const locks = (instance: string | null, waiting = 3): EvidenceData => {
  const session = { pid: 7, service: 'shop', application: 'shop', user: 'shop', query: 'update orders' };
  const blocker = { ...session, instance, state: 'idle in transaction', age_s: 20, waiting };
  return { kind: 'database', database: { waiting, sessions: { active: 4 }, blockers: [blocker] } };
};
/** As read 16 s after its last sample. */
const stale = (data: EvidenceData) => findingOf(data, { at: ago(-16) });
const youngProcess = container({ startedAt: ago(-1) });

test('a restart clears five causes and no other, and an invented one least of all', () => {
  const cleared = ['memory_leak', 'process_down', 'cpu_saturation', 'db_contention', 'resource_exhaustion'];
  for (const category of CATEGORIES.filter((one) => !cleared.includes(one)))
    refuses('preconditions', claim(category, [memory([0.96])]), new RegExp(`not clear ${category}`));
  refuses('preconditions', claim('gremlins' as 'unknown', [memory([0.96])]), /not clear gremlins/);
});

test('NOOP asks for nothing, so there is nothing to allow', () => {
  refuses('preconditions', { planned: plannedOf({ action: 'NOOP' }) }, /NOOP/);
});

const SHOWN: [Category, string, Given][] = [
  ['memory_leak', 'memory beyond the share near which a kill comes', [memory([0.5, 0.86])]],
  ['process_down', 'an exited process', [exited()]],
  ['process_down', 'a process that runs and answers nobody', [container(), health(false), signal('up', 0)]],
  ['process_down', 'one whose scrape nobody knows of', [container(), health(false)]],
  [
    'process_down',
    'one that was last scraped long ago',
    [container(), health(false), stale(signal('up', 1))],
  ],
  ['cpu_saturation', 'an event loop without rest', [signal('event_loop_utilization', 0.91)]],
  ['cpu_saturation', 'a whole core, and no answer', [busy(0.7), health(false), signal('up', 0)]],
  ['db_contention', 'a lock that the instance holds while others wait', [locks('shop-1')]],
  ['resource_exhaustion', 'a pool that is used up', [signal('db_pool_utilization', 0.95)]],
];
for (const [category, words, evidence] of SHOWN)
  test(`a restart for ${category}: ${words} shows it`, () =>
    allows('preconditions', claim(category, evidence)));

const NOT_SHOWN: [Category, string, Given][] = [
  ['memory_leak', 'memory at the limit and not beyond', [memory([0.99, 0.85])]],
  ['memory_leak', 'memory of another instance', [signal('memory_utilization', 0.96, 'shop-2')]],
  ['memory_leak', 'another signal', [signal('event_loop_utilization', 0.96)]],
  ['memory_leak', 'what a log line says', [logs('memory_utilization of shop-1 is 99 %')]],
  ['memory_leak', 'what could not be read', [findingOf(memory([0.96]), { status: 'error' })]],
  ['memory_leak', 'an old sample', [stale(memory([0.96]))]],
  ['memory_leak', 'a sample of the process before', [memory([0.96]), youngProcess]],
  ['process_down', 'a process that runs', [container()]],
  ['process_down', 'another instance that exited', [exited('shop-2')]],
  ['process_down', 'a process whose state cannot be told', [container({ state: 'unknown' }), health(false)]],
  ['process_down', 'a process that answers', [container(), health(true)]],
  ['process_down', 'silence of another instance', [container(), health(false, 'shop-2')]],
  ['process_down', 'silence to us alone', [container(), health(false), signal('up', 1)]],
  ['cpu_saturation', 'a loop with some rest', [signal('event_loop_utilization', 0.9)]],
  ['cpu_saturation', 'a loop of another instance', [signal('event_loop_utilization', 0.99, 'shop-2')]],
  ['cpu_saturation', 'an old reading of the loop', [stale(signal('event_loop_utilization', 0.99))]],
  ['cpu_saturation', 'a whole core with an answer', [busy(1), health(true)]],
  ['cpu_saturation', 'a whole core of one that is still scraped', [busy(1), health(false), signal('up', 1)]],
  ['cpu_saturation', 'no answer, and most of a core unused', [busy(0.39), health(false)]],
  ['cpu_saturation', 'no answer, and nobody knows of the CPU', [busy(null), health(false)]],
  ['cpu_saturation', 'a core of another one', [busy(1, { instance: 'shop-2' }), health(false)]],
  ['db_contention', 'a lock of another instance', [locks('shop-2')]],
  ['db_contention', 'a lock of a stranger', [locks(null)]],
  ['db_contention', 'a lock that nobody waits for', [locks('shop-1', 0)]],
  ['resource_exhaustion', 'a pool with room', [signal('db_pool_utilization', 0.94)]],
  ['resource_exhaustion', 'the pool of another instance', [signal('db_pool_utilization', 1, 'shop-2')]],
];
for (const [category, words, evidence] of NOT_SHOWN)
  test(`a restart for ${category}: ${words} does not show it`, () =>
    refuses('preconditions', claim(category, evidence), /no cited evidence shows .* of shop-1/));

test('what is there and not cited shows nothing', () => {
  for (const [category, , evidence] of SHOWN) {
    const uncited = claim(category, [logs('nothing'), ...evidence], ['E1']);
    refuses('preconditions', uncited, /no cited evidence/);
  }
});

test('that a process is still scraped counts against its silence, cited or not', () => {
  const evidence = [container(), health(false), signal('up', 1)];
  refuses('preconditions', claim('process_down', evidence, ['E1', 'E2']), /no cited evidence/);
});

test('a restart of no instance in particular is shown by nothing', () => {
  const facts = claim('memory_leak', [memory([0.96])]);
  refuses('preconditions', { ...facts, planned: plannedOf({ instance: null }) }, /no cited evidence/);
});

test('a second restart of the same instance is refused, the first of another is not', () => {
  const tried = (over: Parameters<typeof actionOf>[0]) => ({
    planned: plannedOf({ attempt: 2 }),
    ...incidentWith({ actions: [actionOf(over)] }),
  });
  for (const state of ['done', 'failed', 'unknown'] as const)
    refuses('preconditions', tried({ state }), /RESTART of shop-1 was tried in this incident/);
  for (const over of [{ instance: 'shop-2' }, { state: 'withdrawn' }, { action: 'ROLLBACK' }] as const)
    allows('preconditions', tried(over));
});

const crashes = (instance: string, ...secondsAgo: number[]) =>
  exits(...secondsAgo.map((seconds) => exitOf({ instance, at: ago(seconds) })));

test('no diagnosis makes a restart of what is in a crash loop, cited or not', () => {
  for (const [category, , evidence] of SHOWN) {
    const loop = [...evidence, crashes('shop-1', 5, 20, 60)];
    refuses('preconditions', claim(category, loop), /ended by itself 3 times .* does not cure a crash loop/);
    refuses('preconditions', claim(category, loop, ['E1', 'E2']), /does not cure a crash loop/);
  }
});

test('two crashes, those of another instance and those that were asked for are no loop', () => {
  const asked = [5, 20, 60].map((seconds) => exitOf({ at: ago(seconds), requested: true }));
  const died = exits(exitOf({ at: ago(2) }), ...asked);
  for (const ends of [crashes('shop-1', 5, 20), crashes('shop-2', 5, 20, 60), died])
    allows('preconditions', claim('process_down', [exited(), ends]));
});

test('no diagnosis starts what somebody stopped', () => {
  const stop = exits(exitOf({ at: ago(40), requested: true, exitCode: 0 }));
  refuses('preconditions', claim('process_down', [exited(), stop]), /shop-1 was stopped by somebody/);
  const other = exits(exitOf({ instance: 'shop-2', at: ago(40), requested: true }));
  allows('preconditions', claim('process_down', [exited(), other]));
});
