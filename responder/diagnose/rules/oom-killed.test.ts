import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, alertRead, container, exited, exits, health, killOf, memory } from '../../../test/builders.ts';
import type { EvidenceData } from '../../incident/incident.ts';
import {
  CALM,
  caseOf,
  expectOf,
  FAULTS,
  type Item,
  type Seen,
  seen,
  signalOf,
  steady,
} from './case.test-helper.ts';
import { oomKilled } from './oom-killed.ts';

const expect = expectOf(oomKilled);
const OVER = 'memory_leak NOOP shop-1';
const killAlert: EvidenceData = {
  kind: 'alert',
  expression: 'increase(exits[1m]) > 0',
  holds: true,
  value: 1,
  objective: { sli: 'memory_utilization', threshold: 0.85 },
  windowSeconds: 60,
};
const kills = (...secondsAgo: number[]) =>
  exits(...secondsAgo.map((seconds) => killOf({ at: ago(seconds) })));
/** Killed 30 s ago and started again; everything else is calm. */
const killed = (over: Partial<Seen> = {}, ends: Item = kills(30)): Item[] => {
  const { more = [], ...rest } = over;
  const process = container({ startedAt: ago(29) });
  return seen({ process, alert: killAlert, ...rest, more: [memory([0.97, 0.4]), ends, ...more] });
};

const CASES: [string, Item[], string | null][] = [
  ['killed and started again, and well since', killed(), OVER],
  ['killed twice within the hour', killed({}, kills(30, 2_000)), OVER],
  ['a kill of one process in it', killed({ process: container() }), OVER],
  ['killed three times within the hour', killed({}, kills(30, 1_000, 2_000)), OVER],
  ['killed three times, and down just now', killed({ process: exited() }, kills(3, 30, 90)), OVER],
  ['its memory is full again', killed({ more: [memory([0.4, 0.95])] }), null],
  ['full again, after three kills', killed({ more: [memory([0.4, 0.95])] }, kills(30, 1_000, 2_000)), null],
  ['killed long ago', killed({}, kills(900)), null],
  ['somebody asked for it', killed({}, exits(killOf({ requested: true }))), null],
  ['another one was killed, this one is down', killed({ process: exited(), health: health(false) }), null],
  ['it is not well', killed({ health: health(false) }), null],
  ['it computes without end', killed({ loop: FAULTS.cpu.loop }), null],
  ['its requests fail', killed({ errors: FAULTS.release.errors }), null],
  ['somebody holds a lock', killed({ database: FAULTS.db.database }), null],
  ['another alert holds', killed({ alert: alertRead(true) }), null],
  ['nothing ended', killed({}, exits()), null],
];
for (const [name, items, expected] of CASES) test(name, () => expect(items, expected));

test('an instance that is ill is not excused by the kill of another', () => {
  const other = exits(killOf({ instance: 'shop-2', at: ago(30) }));
  const second = [container({ instance: 'shop-2', startedAt: ago(29) }), health(true, 'shop-2')];
  const well = memory([0.97, 0.4], { instance: 'shop-2' });
  expect(killed({ more: [...second, well] }, other), 'memory_leak NOOP shop-2');
  expect(killed({ health: health(false), more: [...second, well] }, other), null);
  const down = signalOf('up', steady(0), { unit: 'count' });
  expect(killed({ up: down, process: container(), more: [...second, well] }, other), null);
});

test('it says what happened and what to do', () => {
  const told = oomKilled(caseOf(killed()));
  assert.equal(
    told?.root_cause,
    'shop-1 was killed by the kernel for its memory limit (exit code 137) at 11:59:30Z after 41 s, and its supervisor started it again; it runs and is well',
  );
  assert.match(told?.justification ?? '', /still there: find it .*, or raise the limit/);
  const inside = oomKilled(caseOf(killed({ process: container() })));
  assert.match(inside?.root_cause ?? '', /which ended a process in it and not the instance itself/);
  const often = oomKilled(caseOf(killed({}, kills(30, 1_000, 2_000))));
  assert.match(often?.root_cause ?? '', /at 11:59:30Z after 41 s; 3 such exits within an hour/);
  assert.match(often?.justification ?? '', /a person has to find what fills its memory/);
});

test('it cites the ends, the process, its memory and its health', () => {
  const items = killed();
  const cited = new Set(oomKilled(caseOf(items))?.citations);
  const kinds = caseOf(items).evidence.filter(({ id }) => cited.has(id));
  assert.deepEqual([...new Set(kinds.map(({ data }) => data.kind))].toSorted(), [
    'alert',
    'container',
    'exit',
    'health',
    'signal',
  ]);
  assert.ok(CALM.health && cited.size > 4);
});
