import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { makePrometheus } from './prometheus.ts';

const asked: string[] = [];
let answer: unknown;
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end(JSON.stringify(answer));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const prometheus = makePrometheus({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });

test('a range is asked for with its window and step; what is no number is no point', async () => {
  const values = [
    [100, '0.5'],
    [101, 'NaN'],
    [102.5, '2'],
  ];
  answer = { status: 'success', data: { result: [{ metric: { instance: 'shop-1' }, values }] } };
  const window = { start: 100.25, end: 110.25, stepSeconds: 1 };
  assert.deepEqual(await prometheus.range('a{b="c"}', window), [
    {
      labels: { instance: 'shop-1' },
      points: [
        [100, 0.5],
        [102.5, 2],
      ],
    },
  ]);
  const { pathname, searchParams } = new URL(asked.at(-1) ?? '', 'http://x');
  assert.equal(pathname, '/api/v1/query_range');
  assert.deepEqual(Object.fromEntries(searchParams), {
    query: 'a{b="c"}',
    start: '100.25',
    end: '110.25',
    step: '1',
  });
});

test('an answer of another form is a failure that says which question it was', async () => {
  answer = { status: 'success', data: { result: [{ metric: {}, value: [1, '1'] }] } };
  const window = { start: 0, end: 1, stepSeconds: 1 };
  await assert.rejects(prometheus.range('a', window), /another form to query_range/);
});
