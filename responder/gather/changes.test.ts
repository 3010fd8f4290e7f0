import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, incidentOf, instanceOf, NOW, targetOf } from '../../test/builders.ts';
import type { Release } from '../clients/runtimes/runtime.ts';
import { makeChangeSource } from './changes.ts';

const of = (version: string, secondsAgo: number, by = 'deploy'): Release => ({
  version,
  at: ago(secondsAgo),
  by,
});

async function read(records: Record<string, Release[] | Error>) {
  const runtime = {
    name: 'process',
    releases: async (id: string) => {
      const record = records[id] ?? [];
      if (record instanceof Error) throw record;
      return record;
    },
  };
  const target = targetOf({ instances: Object.keys(records).map(instanceOf) });
  const { signal } = new AbortController();
  return makeChangeSource({ runtime }).read({ incident: incidentOf(), target, now: NOW, signal });
}

test('each switch of version within the hour is a change, newest first, with what ran before it', async () => {
  const found = await read({ 'shop-1': [of('1.0.0', 9_000), of('1.1.0', 300), of('1.0.0', 60, 'act-1')] });
  assert.deepEqual(
    found.map((finding) => [finding.status, finding.reading]),
    [
      ['ok', 'shop-1 went from 1.1.0 to 1.0.0 (by act-1), 60 s before now'],
      ['ok', 'shop-1 went from 1.0.0 to 1.1.0 (by deploy), 5 min before now'],
    ],
  );
  assert.deepEqual(found[1]?.data, {
    kind: 'change',
    change: {
      kind: 'deploy',
      target: 'shop',
      instance: 'shop-1',
      at: ago(300),
      from: '1.0.0',
      to: '1.1.0',
      by: 'deploy',
      summary: 'shop-1 went from 1.0.0 to 1.1.0 (by deploy)',
    },
  });
});

test('the first release, the same one again, and one of long ago are no switch: then nothing changed, and that is said', async () => {
  for (const record of [
    [of('1.0.0', 10)],
    [of('1.0.0', 9_000), of('1.0.0', 10)],
    [of('1.0.0', 9_000), of('1.1.0', 3_601)],
  ]) {
    const found = await read({ 'shop-1': record });
    assert.deepEqual(
      found.map(({ status, reading, data }) => [status, reading, data]),
      [['no_data', 'no change on record within the last hour', { kind: 'change', change: null }]],
    );
  }
});

test('at most five of each instance', async () => {
  const record = Array.from({ length: 9 }, (_, i) => of(`1.${i}.0`, 900 - 100 * i));
  const found = await read({ 'shop-1': record, 'shop-2': record });
  assert.equal(found.length, 10);
  assert.match(found[0]?.reading ?? '', /from 1\.7\.0 to 1\.8\.0/);
});

test('no record is not the same as nothing on record, nor is a record that cannot be read', async () => {
  const found = await read({ 'shop-1': [], 'shop-2': new Error('no permission') });
  assert.deepEqual(
    found.map(({ status, reading, data }) => [status, reading, data.kind]),
    [
      ['no_data', 'there is no record of what ran as shop-1', 'failure'],
      ['error', 'releases of shop-2 cannot be read: no permission', 'failure'],
    ],
  );
});

test('what one instance is known to have been spared is said, though another is not known', async () => {
  const found = await read({ 'shop-1': [of('1.0.0', 9_000)], 'shop-2': [] });
  assert.deepEqual(
    found.map(({ data }) => data.kind),
    ['failure', 'change'],
  );
});
