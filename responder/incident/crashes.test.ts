/** What is a crash loop, what a kill that is over, and what only looks like one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ago,
  alertRead,
  container,
  evidenceOf,
  exited,
  exitOf,
  exits,
  findingOf,
  health,
  killOf,
  memory,
} from '../../test/builders.ts';
import { crashLoopsIn, killedTooOftenIn, survivedKillIn, tellLength } from './crashes.ts';
import type { EvidenceData, ExitData, Finding } from './evidence.ts';

type Given = (EvidenceData | Finding)[];
const crashes = (...secondsAgo: number[]) => secondsAgo.map((seconds) => exitOf({ at: ago(seconds) }));
const kills = (...secondsAgo: number[]) => secondsAgo.map((seconds) => killOf({ at: ago(seconds) }));
const loops = (all: ExitData[], ...more: Given) =>
  crashLoopsIn(evidenceOf(exits(...all), ...more)).map((loop) => [loop.instance, loop.crashes.length]);

test('three crashes after short lives are a loop, whether it is up or down just now', () => {
  for (const state of [[], [container({ startedAt: ago(4) })], [exited()]])
    assert.deepEqual(loops(crashes(5, 40, 100), ...state), [['shop-1', 3]]);
});

const LONG = { livedMs: 200_000 };
const NO_LOOP: [string, ExitData[], Given?][] = [
  ['nothing ended', []],
  ['two crashes', crashes(5, 40)],
  ['three, one of them long ago', crashes(5, 40, 601)],
  ['somebody asked for one of them', [...crashes(5, 40), exitOf({ at: ago(60), requested: true })]],
  ['one was a kill for memory', [...crashes(5, 40), ...kills(60)]],
  ['they are of three instances', ['a', 'b', 'c'].map((instance) => exitOf({ instance }))],
  ['one life was long, and it is up', [...crashes(5, 40), exitOf({ at: ago(60), ...LONG })], [container()]],
  ['it has stayed up since', crashes(151, 160, 170), [container({ startedAt: ago(150) })]],
];
for (const [words, all, more = []] of NO_LOOP)
  test(`no loop: ${words}`, () => assert.deepEqual(loops(all, ...more), []));

test('lives that were longer are a loop where it is down now', () => {
  const all = [5, 250, 500].map((seconds) => exitOf({ at: ago(seconds), ...LONG }));
  assert.deepEqual(loops(all, exited()), [['shop-1', 3]]);
  assert.deepEqual(loops(all, exited('shop-2')), []);
});

test('a loop knows the crashes of the hour before it, those of other instances apart; the worst comes first', () => {
  const worse = [3, 9, 27, 81].map((seconds) => exitOf({ instance: 'shop-2', at: ago(seconds) }));
  const found = crashLoopsIn(evidenceOf(exits(...crashes(5, 40, 100, 1_800), ...worse)));
  assert.deepEqual(
    found.map(({ instance, crashes: all, ofTheHour }) => [instance, all.length, ofTheHour.length]),
    [
      ['shop-2', 4, 4],
      ['shop-1', 3, 4],
    ],
  );
});

test('what could not be read shows neither', () => {
  const failed = (all: ExitData[]) => evidenceOf(findingOf(exits(...all), { status: 'error' }), container());
  assert.deepEqual(crashLoopsIn(failed(crashes(5, 40, 100))), []);
  assert.equal(survivedKillIn(failed(kills(5))), null);
});

/** Killed half a minute ago, started again, and as well as can be; `null` takes a piece of it away. */
const WELL = {
  exits: exits(...kills(30)) as EvidenceData | null,
  process: container({ startedAt: ago(29) }) as EvidenceData | null,
  memory: memory([0.97, 0.4, 0.42]) as EvidenceData | null,
  health: health(true) as EvidenceData | null,
  alert: killAlert(true) as EvidenceData | Finding | null,
};
function killAlert(holds: boolean, sli = 'memory_utilization'): EvidenceData {
  const objective = { sli, threshold: 0.85 };
  return {
    kind: 'alert',
    expression: 'increase(exits[1m]) > 0',
    holds,
    value: 1,
    objective,
    windowSeconds: 60,
  };
}
const scraped = (up: number, instance = 'shop-1') => memory([up], { name: 'up', unit: 'count', instance });
const killed = (over: Partial<typeof WELL> = {}, ...more: Given) =>
  evidenceOf(...[...Object.values({ ...WELL, ...over }), ...more].filter((one) => one !== null));
const survived = (...given: Parameters<typeof killed>) => survivedKillIn(killed(...given))?.instance ?? null;

test('killed once or twice and well again is over, though its alert looks back at it', () => {
  assert.equal(survived(), 'shop-1');
  assert.equal(survived({ exits: exits(...kills(30, 1_900)) }), 'shop-1');
  assert.equal(survived({ alert: killAlert(false) }), 'shop-1');
  assert.equal(survived({ alert: killAlert(true, 'up') }), 'shop-1');
  assert.equal(survived({ memory: null }), 'shop-1', 'it never told of its memory');
  assert.equal(survived({ health: null }, scraped(1)), 'shop-1', 'its scrape is answered');
});

const NOT_OVER: [string, Partial<typeof WELL>, Given?][] = [
  ['it was killed three times within the hour', { exits: exits(...kills(30, 900, 1_900)) }],
  ['it was killed twice and crashed once', { exits: exits(...kills(30), ...crashes(60), ...kills(90)) }],
  ['it was killed long ago', { exits: exits(...kills(181)) }],
  ['somebody asked for its end', { exits: exits(killOf({ requested: true })) }],
  ['it crashed since for another reason', { exits: exits(...crashes(5), ...kills(30)) }],
  ['it has not come back', { process: exited() }],
  ['its state is not known', { process: null }],
  ['its state could not be read', { process: null }, [findingOf(container(), { status: 'error' })]],
  ['its memory is near its limit again', { memory: memory([0.4, 0.86]) }],
  [
    'only its predecessor told of its memory',
    { memory: memory([0.4], {}), process: container({ startedAt: ago(-1) }) },
  ],
  ['its health endpoint is not well', { health: health(false) }],
  ['nobody has heard of it yet', { health: null }],
  ['its scrape is not answered', {}, [scraped(0)]],
  ['another instance is not well', {}, [health(false, 'shop-2')]],
  ['another instance is not scraped', {}, [container({ instance: 'shop-2' }), scraped(0, 'shop-2')]],
  ['another alert holds', {}, [killAlert(true, 'error_ratio')]],
  ['an alert holds that names nothing', {}, [alertRead(true)]],
  ['an alert could not be read again', {}, [findingOf(alertRead(null), { status: 'no_data' })]],
  [
    'the alerts could not be read',
    {},
    [findingOf({ kind: 'failure' }, { source: 'alert', status: 'error' })],
  ],
];
for (const [words, over, more = []] of NOT_OVER)
  test(`not over: ${words}`, () => assert.equal(survived(over, ...more), null));

test('of two that were killed both have to be well again', () => {
  const both = exits(...kills(30), killOf({ instance: 'shop-2', at: ago(20) }));
  const second = (healthy: boolean) => [container({ instance: 'shop-2' }), health(healthy, 'shop-2')];
  assert.equal(survived({ exits: both }, ...second(true)), 'shop-1');
  assert.equal(survived({ exits: both }, container({ instance: 'shop-2' })), null);
});

test('killed three times within the hour is too often, unless its memory is full again: that can be helped', () => {
  const often = (over: Partial<typeof WELL> = {}) =>
    killedTooOftenIn(killed({ exits: exits(...kills(30, 900, 3_000)), ...over }))?.kills ?? null;
  assert.equal(often(), 3);
  assert.equal(often({ process: exited(), memory: null, health: health(false) }), 3);
  assert.equal(often({ memory: memory([0.4, 0.9]) }), null);
  assert.equal(often({ exits: exits(...kills(30, 900)) }), null);
  assert.equal(
    often({ exits: exits(...kills(30), ...crashes(60), ...kills(900)) }),
    2,
    'a crash counts, too',
  );
  assert.equal(often({ exits: exits(...kills(200, 900, 3_000)) }), null, 'not what is wrong now');
  const others = ['a', 'b', 'c'].map((instance) => killOf({ instance }));
  assert.equal(often({ exits: exits(...others) }), null);
});

test('lengths of time are told in one unit', () => {
  assert.deepEqual([0.44, 2, 41.3, 120, 3_000, 18_000].map(tellLength), [
    '0.4 s',
    '2 s',
    '41 s',
    '2 min',
    '50 min',
    '5 h',
  ]);
});
