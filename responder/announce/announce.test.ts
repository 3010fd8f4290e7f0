import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newsOf } from '../../test/builders.ts';
import { makeAnnounce, type News, type Sink } from './announce.ts';
import { makeLogSink } from './log.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function announceTo(...sinks: Sink[]) {
  const errors: string[] = [];
  return { announce: makeAnnounce({ sinks, onError: (words) => errors.push(words) }), errors };
}
function recorder(name: string) {
  const told: News[] = [];
  return { name, told, tell: (news: News) => void told.push(news) };
}

test('every sink is told', async () => {
  const [a, b] = [recorder('a'), recorder('b')];
  const news = newsOf();
  announceTo(a, b).announce(news);
  await settled();
  assert.deepEqual([a.told, b.told], [[news], [news]]);
});

test('a sink that throws, rejects or never answers fails neither the work nor the other sinks', async () => {
  const throws = {
    name: 'throws',
    tell: () => {
      throw new Error('no token');
    },
  };
  const rejects = { name: 'rejects', tell: async () => Promise.reject(new Error('answered 500')) };
  const hangs = { name: 'hangs', tell: () => new Promise<void>(() => {}) };
  const last = recorder('last');
  const { announce, errors } = announceTo(throws, rejects, hangs, last);
  assert.doesNotThrow(() => announce(newsOf()));
  await settled();
  assert.equal(last.told.length, 1);
  assert.deepEqual(errors, ['announcing to throws: no token', 'announcing to rejects: answered 500']);
});

test('no sinks are no failure', () => {
  assert.doesNotThrow(() => announceTo().announce(newsOf()));
});

test('the log has one line a stage, a warning where a person is needed', () => {
  const lines: [string, Record<string, unknown>, string][] = [];
  const to = (level: string) => (fields: object, words: string) =>
    void lines.push([level, fields as Record<string, unknown>, words]);
  const sink = makeLogSink({ log: { info: to('info'), warn: to('warn') } as never });
  for (const outcome of [null, 'resolved', 'no_action', 'escalated', 'failed'] as const)
    sink.tell(newsOf({ outcome, ms: 12.7 }));
  assert.deepEqual(
    lines.map(([level, fields]) => [level, fields.outcome]),
    [
      ['info', undefined],
      ['info', 'resolved'],
      ['info', 'no_action'],
      ['warn', 'escalated'],
      ['warn', 'failed'],
    ],
  );
  const fields = {
    incident: 'inc-1',
    target: 'shop',
    stage: 'gather',
    result: 'gathered',
    state: 'diagnosing',
    ms: 13,
  };
  assert.deepEqual(lines[0], ['info', fields, '3 pieces of evidence']);
});
