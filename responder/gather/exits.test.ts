import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, exitOf, incidentOf, killOf, NOW, targetOf } from '../../test/builders.ts';
import type { ReadExits } from '../incident/exits.ts';
import type { ExitData } from '../incident/incident.ts';
import { makeExitSource, readingOf } from './exits.ts';

async function read(exits: ReadExits | null) {
  const { signal } = new AbortController();
  const question = { incident: incidentOf(), target: targetOf(), now: NOW, signal };
  const found = await makeExitSource({ exits }).read(question);
  assert.equal(found.length, 1, 'one finding a target');
  return found[0] ?? assert.fail();
}
const at = (time: string) => `2026-03-01T${time}.000Z`;
const many = (count: number): ExitData[] =>
  Array.from({ length: count }, (_, i) => exitOf({ at: ago(60 * i) }));

test('the ends of the last hour of that target are asked for, and listed', async () => {
  const asked: unknown[] = [];
  const ends = [killOf(), exitOf({ instance: 'shop-2', at: ago(90) })];
  const { status, query, data } = await read(async (...args) => {
    asked.push(args);
    return ends;
  });
  assert.deepEqual(asked, [['shop', 3_600]]);
  assert.deepEqual([status, data], ['ok', { kind: 'exit', exits: ends, omitted: 0 }]);
  assert.equal(query, 'ends of the instances of shop within the last hour');
});

test('no end is evidence, too, and is not the same as a runtime that tells none', async () => {
  const none = await read(async () => []);
  assert.deepEqual(
    [none.status, none.reading, none.data],
    ['no_data', 'no instance ended within the last hour', { kind: 'exit', exits: [], omitted: 0 }],
  );
  const blind = await read(null);
  assert.deepEqual(
    [blind.status, blind.reading, blind.data.kind],
    ['no_data', 'the runtime does not tell how instances end', 'failure'],
  );
});

test('of very many only the newest are listed, and how many are not is told', async () => {
  const { data, reading } = await read(async () => many(57));
  assert.ok(data.kind === 'exit');
  assert.deepEqual([data.exits.length, data.omitted, data.exits[0]?.at], [50, 7, ago(0)]);
  assert.match(reading, /57 such exits within an hour/);
});

test('the reading says in plain words what happened last, and how often', () => {
  const kills = ['03:04:05', '02:50:00', '02:40:00'].map((time) => killOf({ at: at(time) }));
  assert.equal(
    readingOf(kills),
    'shop-1 was killed by the kernel for its memory limit (exit code 137) at 03:04:05Z after 41 s; 3 such exits within an hour',
  );
  assert.equal(
    readingOf([exitOf({ at: at('03:00:00'), livedMs: 400 })]),
    'shop-1 ended by itself (exit code 1) at 03:00:00Z after 0.4 s',
  );
  assert.equal(
    readingOf([exitOf({ at: at('03:00:00'), exitCode: 143, requested: true, livedMs: 3 * 3_600_000 })]),
    'shop-1 was ended on request (exit code 143) at 03:00:00Z after 3 h',
  );
  assert.equal(
    readingOf([killOf({ at: at('03:00:00'), exitCode: null, livedMs: null })]),
    'shop-1 was killed by the kernel for its memory limit (exit code not told) at 03:00:00Z',
  );
});

test('each kind of end of each instance is told by itself', () => {
  const ends = [
    exitOf({ at: at('03:00:00'), requested: true }),
    killOf({ at: at('02:00:00') }),
    exitOf({ at: at('01:00:00'), instance: 'shop-2' }),
    exitOf({ at: at('00:00:00'), instance: 'shop-2' }),
  ];
  const told = readingOf(ends).split('. ');
  assert.equal(told.length, 3);
  assert.match(told[0] ?? '', /^shop-1 was ended on request/);
  assert.match(told[1] ?? '', /^shop-1 was killed/);
  assert.match(
    told[2] ?? '',
    /^shop-2 ended by itself .* at 01:00:00Z after 2 s; 2 such exits within an hour$/,
  );
});
