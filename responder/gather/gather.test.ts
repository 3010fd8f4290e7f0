import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ago, container, findingOf, incidentOf, memory, NOW, targetOf } from '../../test/builders.ts';
import type { Finding, LogLine } from '../incident/incident.ts';
import { makeGather, type Question, type Source } from './gather.ts';

const going = { signal: new AbortController().signal };
const incident = incidentOf();

function source(name: string, read: Source['read']): Source {
  return { name, query: ({ incident }) => `${name} of ${incident.target}`, read };
}
const gives = (name: string, ...findings: Finding[]) => source(name, async () => findings);
function gather(sources: Source[], { deadlineMs = 1_000, targets = [targetOf()], run = going } = {}) {
  return makeGather({ sources, inventory: async () => targets, deadlineMs, clock: () => NOW })(incident, run);
}
// What makes a source late is a timer that alone does not keep the process alive.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));
const never = () => new Promise<never>(() => {});

test('findings of all sources are numbered in the order of the sources', async () => {
  const slow = source('slow', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return [findingOf(memory([0.5])), findingOf(memory([0.6]))];
  });
  const { result, say, found } = await gather([slow, gives('quick', findingOf(container()))]);
  assert.equal(result, 'gathered');
  assert.equal(say, '3 pieces of evidence from 2 sources');
  assert.equal(found.evidenceAt, NOW.toISOString());
  assert.deepEqual(
    found.evidence.map((e) => [e.id, e.data.kind]),
    [
      ['E1', 'signal'],
      ['E2', 'signal'],
      ['E3', 'container'],
    ],
  );
});

test('a source that finds nothing is evidence that there is nothing', async () => {
  const { found } = await gather([gives('metrics')]);
  assert.deepEqual(found.evidence, [
    {
      id: 'E1',
      source: 'metrics',
      query: 'metrics of shop',
      at: NOW.toISOString(),
      status: 'no_data',
      reading: 'metrics: no data',
      data: { kind: 'failure' },
    },
  ]);
});

test('a source that throws is evidence with its words, and spoils no other', async () => {
  const rejects = source('metrics', async () => {
    throw new Error('Prometheus answered 500');
  });
  const throws = source('logs', () => {
    throw new Error('no window');
  });
  const { say, found } = await gather([rejects, throws, gives('container', findingOf(container()))]);
  assert.deepEqual(
    found.evidence.map((e) => [e.status, e.reading, e.query]),
    [
      ['error', 'metrics failed: Prometheus answered 500', 'metrics of shop'],
      ['error', 'logs failed: no window', 'logs of shop'],
      ['ok', 'reading of container', 'query of container'],
    ],
  );
  assert.equal(say, '3 pieces of evidence from 3 sources, 2 failed');
});

test('a late source is evidence that it was late; the others are not waited for twice', async () => {
  const asked: string[] = [];
  const late = (name: string) =>
    source(name, () => {
      asked.push(name);
      return never();
    });
  const { found } = await gather([late('one'), late('two'), gives('three', findingOf(container()))], {
    deadlineMs: 20,
  });
  assert.deepEqual(
    found.evidence.map((e) => e.reading),
    ['one failed: no answer within 20 ms', 'two failed: no answer within 20 ms', 'reading of container'],
  );
  assert.deepEqual(asked, ['one', 'two'], 'all are asked at once');
});

test('a late source is told to stop by its signal', async () => {
  let signal: AbortSignal | undefined;
  const late = source('late', (question) => {
    signal = question.signal;
    return never();
  });
  await gather([late], { deadlineMs: 20 });
  assert.equal(signal?.aborted, true);
});

test('a lost lease ends the gathering before the deadline', async () => {
  const lost = new AbortController();
  const hangs = source('hangs', () => {
    lost.abort();
    return never();
  });
  const { found } = await gather([hangs], { deadlineMs: 60_000, run: { signal: lost.signal } });
  assert.equal(found.evidence[0]?.status, 'error');
});

test('a lease that is lost already ends the gathering too', { timeout: 500 }, async () => {
  const run = { signal: AbortSignal.abort() };
  const { found } = await gather([source('hangs', never)], { deadlineMs: 60_000, run });
  assert.equal(found.evidence[0]?.status, 'error');
});

test('a source whose query cannot be worded is a failed source, not a failed gathering', async () => {
  const wordless: Source = {
    name: 'wordless',
    query: () => {
      throw new Error('no words');
    },
    read: async () => [],
  };
  const { found } = await gather([wordless, gives('container', findingOf(container()))]);
  assert.equal(found.evidence.length, 2);
});

test('sources are asked about the target as the inventory has it, or about none', async () => {
  const asked: (string | null)[] = [];
  const curious = source('curious', async ({ target }: Question) => {
    asked.push(target?.name ?? null);
    return [];
  });
  await gather([curious]);
  await gather([curious], { targets: [targetOf({ name: 'bank' })] });
  assert.deepEqual(asked, ['shop', null]);
});

test('the lines of all sources become one more piece of evidence: their patterns, each line counted once', async () => {
  const line = { timestamp: ago(10), severity: 'error', message: 'no bank', service: 'shop' };
  const told = (...lines: LogLine[]) => findingOf({ kind: 'logs', lines });
  const { found, say } = await gather([
    gives('logs', told(line, { ...line, timestamp: ago(60) })),
    gives('output', told(line)),
    gives('container', findingOf(container())),
  ]);
  const last = found.evidence.at(-1);
  assert.ok(last?.data.kind === 'patterns');
  assert.deepEqual(
    [last.id, last.source, last.query, last.status],
    ['E4', 'logs', 'patterns of the lines above', 'ok'],
  );
  assert.deepEqual(
    last.data.patterns.map(({ template, count, before, since }) => ({ template, count, before, since })),
    [{ template: 'no bank', count: 2, before: 1, since: 1 }],
    'the alert began half a minute ago',
  );
  assert.equal(say, '4 pieces of evidence from 3 sources');
});

test('no sources are no evidence, and no failure', async () => {
  assert.deepEqual((await gather([])).found.evidence, []);
});
