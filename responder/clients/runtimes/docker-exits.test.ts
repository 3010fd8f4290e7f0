import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineEvent } from './docker-engine.ts';
import { makeExitReader } from './docker-exits.ts';

const START = 1_767_322_800e9;
const event = (action: string, seconds: number, attributes: Record<string, string> = {}): EngineEvent => ({
  ...{ action, id: 'c1', timeNano: START + seconds * 1e9 },
  attributes: { name: 'shop-1', 'aegis.enable': 'true', 'com.docker.compose.service': 'shop', ...attributes },
});
const read = (...events: EngineEvent[]) => {
  const reader = makeExitReader({ filter: null });
  return events.map(reader).filter((exit) => exit !== null);
};

test('a crash: who, when, with what, after how long', () => {
  assert.deepEqual(read(event('start', 0), event('die', 41, { exitCode: '3' })), [
    {
      ...{
        target: 'shop',
        instance: 'shop-1',
        key: `c1@${START + 41e9}`,
        at: new Date(START / 1e6 + 41_000).toISOString(),
      },
      ...{ exitCode: 3, oomKilled: false, requested: false, livedMs: 41_000 },
    },
  ]);
});

test('killed for its memory, told before or after the end', () => {
  const before = read(event('oom', 1), event('die', 1.1, { exitCode: '137' }));
  assert.deepEqual(
    before.map((e) => e.oomKilled),
    [true],
  );
  const after = read(event('die', 1, { exitCode: '137' }), event('oom', 1.1));
  assert.deepEqual(
    after.map((e) => [e.key, e.oomKilled]),
    [
      [after[0]?.key, false],
      [after[0]?.key, true],
    ],
  );
});

test('a kill for memory is of the process that runs, not of the one before it', () => {
  const stop = [event('kill', 1, { signal: '15' }), event('die', 1), event('start', 2)];
  const told = read(...stop, event('oom', 3), event('die', 3.1, { exitCode: '137' }));
  assert.deepEqual(
    told.map((e) => [e.requested, e.oomKilled]),
    [
      [true, false],
      [false, true],
    ],
  );
});

test('an old kill for memory, of a child that was not the process, does not explain a later end', () => {
  assert.deepEqual(
    read(event('oom', 1), event('die', 60, { exitCode: '1' })).map((e) => e.oomKilled),
    [false],
  );
});

test('a stop was asked for, a SIGKILL was not; after the next start it is forgotten', () => {
  const stop = event('kill', 1, { signal: '15' });
  assert.deepEqual(
    read(stop, event('die', 2)).map((e) => e.requested),
    [true],
  );
  assert.deepEqual(
    read(stop, event('kill', 11, { signal: '9' }), event('die', 11)).map((e) => e.requested),
    [true],
  );
  assert.deepEqual(
    read(event('kill', 1, { signal: '9' }), event('die', 1)).map((e) => e.requested),
    [false],
  );
  assert.deepEqual(
    read(stop, event('die', 2), event('start', 3), event('die', 9)).map((e) => e.requested),
    [true, false],
  );
});

test('whoever was not opted in, and whoever waits beside an instance, is nobody’s business', () => {
  const { 'aegis.enable': _, ...without } = event('die', 1).attributes;
  assert.deepEqual(read({ ...event('die', 1), attributes: without }), []);
  assert.deepEqual(read(event('die', 1, { name: 'shop-1.aegis-kept-s1' })), []);
});

test('what another responder cares for is told to that one', () => {
  const ours = makeExitReader({ filter: 'com.docker.compose.service=shop' });
  const others = makeExitReader({ filter: 'com.docker.compose.service=web' });
  assert.deepEqual([ours(event('die', 1)) !== null, others(event('die', 1))], [true, null]);
});
