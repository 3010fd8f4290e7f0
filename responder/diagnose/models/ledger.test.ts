/** Breaker, budget and cache on a real database: what two replicas and a restart share. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { openDatabase, rowsOf, startDatabase } from '../../../test/database.ts';
import { makeBreaker } from './breaker.ts';
import { makeBudget } from './budget.ts';
import { makeCache } from './cache.ts';

const { database, url, stop } = await startDatabase();
const other = openDatabase(url);
after(async () => {
  await other.close();
  await stop();
});
beforeEach(async () => {
  await database.query('truncate model_call, model_breaker, model_answer');
});

const breakerOf = (sql = database) => makeBreaker({ sql, failures: 3, openMs: 60_000 });
/** As if the breaker had been open for long enough. */
const timePasses = () => database.query('update model_breaker set open_until = clock_timestamp()');
const times = async (count: number, work: () => Promise<unknown>) => {
  for (let i = 0; i < count; i++) await work();
};

test('what a provider asked for is neither shortened by a failure nor by a success that came after', async () => {
  const until = async () =>
    Date.parse(/until (\S+)/.exec((await breakerOf().refusal('gemini')) ?? '')?.[1] ?? '') - Date.now();
  await breakerOf().failed('gemini', 600_000);
  await breakerOf(other).failed('gemini', 1_000);
  await times(2, () => breakerOf().failed('gemini'));
  assert.ok((await until()) > 590_000);
  await breakerOf(other).succeeded('gemini');
  assert.ok((await until()) > 590_000);
  assert.match((await breakerOf().refusal('gemini')) ?? '', /as it asked$/);
  await database.query("update model_breaker set asked_until = clock_timestamp() - interval '1 s'");
  await breakerOf().succeeded('gemini');
  assert.equal(await breakerOf().refusal('gemini'), null);
});

test('the breaker opens after failures in a row, for other replicas and after a restart too', async () => {
  await times(2, () => breakerOf().failed('gemini'));
  assert.equal(await breakerOf().refusal('gemini'), null);
  await breakerOf().failed('gemini');
  assert.match((await breakerOf(other).refusal('gemini')) ?? '', /left alone until .* after 3 failures/);
  assert.equal(await breakerOf().refusal('openai'), null, 'each provider has its own');
});

test('a success in between closes it', async () => {
  await times(2, () => breakerOf().failed('gemini'));
  await breakerOf(other).succeeded('gemini');
  await times(2, () => breakerOf().failed('gemini'));
  assert.equal(await breakerOf().refusal('gemini'), null);
});

test('half-open by time: one call of all is let through, and its end decides', async () => {
  await times(3, () => breakerOf().failed('gemini'));
  await timePasses();
  const words = await Promise.all(
    [database, other, database, other].map((sql) => breakerOf(sql).refusal('gemini')),
  );
  assert.equal(words.filter((word) => word === null).length, 1);
  await breakerOf().failed('gemini');
  assert.match((await breakerOf().refusal('gemini')) ?? '', /after 4 failures/);
  await timePasses();
  assert.equal(await breakerOf().refusal('gemini'), null);
  await breakerOf().succeeded('gemini');
  assert.equal(await breakerOf(other).refusal('gemini'), null);
});

test('whoever dies as the one that was let through leaves it half-open again', async () => {
  await times(3, () => breakerOf().failed('gemini'));
  await timePasses();
  assert.equal(await breakerOf().refusal('gemini'), null);
  assert.notEqual(await breakerOf().refusal('gemini'), null);
  await timePasses();
  assert.equal(await breakerOf().refusal('gemini'), null);
});

test('a provider that asks to be left alone is, from the first time on and for as long', async () => {
  await breakerOf().failed('openai', 60_000);
  const [row] = await rowsOf<{ ms: number }>(
    database,
    'select extract(epoch from open_until - clock_timestamp())::float * 1000 as ms from model_breaker',
  );
  assert.ok((row?.ms ?? 0) > 55_000, `${row?.ms}`);
  assert.notEqual(await breakerOf(other).refusal('openai'), null);
});

const MUCH = { calls: 100, tokens: 1_000_000, usd: 100 };
const budgetOf = (over: Partial<Parameters<typeof makeBudget>[0]> = {}) =>
  makeBudget({ database, perIncident: MUCH, perDay: MUCH, ...over });
const call = (over: object = {}) => ({
  ...{ incidentId: 'inc-1', provider: 'gemini', tokens: { in: 400, out: 100 }, usd: 0.1 },
  ...over,
});
const refusalOf = (booked: { id: string } | { refusal: string }) =>
  'refusal' in booked ? booked.refusal : null;

test('calls, tokens and dollars of an incident have an end; another incident has its own', async () => {
  for (const [limit, words] of [
    [{ calls: 2 }, /of this incident is used up: 2 of 2 calls/],
    [{ tokens: 1_400 }, /1000 of 1400 tokens, and this would be about 500 more/],
    [{ usd: 0.25 }, /0.2000 of 0.25 dollars/],
  ] as const) {
    await database.query('truncate model_call');
    const budget = budgetOf({ perIncident: { ...MUCH, ...limit } });
    assert.equal(refusalOf(await budget.book(call())), null);
    assert.equal(refusalOf(await budget.book(call())), null);
    assert.match(refusalOf(await budget.book(call())) ?? '', words);
    assert.equal(refusalOf(await budget.book(call({ incidentId: 'inc-2' }))), null);
  }
});

test('within 24 hours all incidents count together, and what is older does not', async () => {
  const budget = budgetOf({ perDay: { ...MUCH, calls: 2 } });
  await budget.book(call());
  await budget.book(call({ incidentId: 'inc-2' }));
  assert.match(refusalOf(await budget.book(call({ incidentId: 'inc-3' }))) ?? '', /of 24 hours is used up/);
  await database.query(`update model_call set at = at - interval '25 hours'`);
  assert.equal(refusalOf(await budget.book(call({ incidentId: 'inc-3' }))), null);
});

test('calls and tokens are each provider’s, dollars of all together, and what is free is not held up by them', async () => {
  const budget = budgetOf({ perDay: { calls: 1, tokens: 600, usd: 0.15 } });
  await budget.book(call());
  assert.match(refusalOf(await budget.book(call({ provider: 'openai' }))) ?? '', /0.1000 of 0.15 dollars/);
  assert.equal(refusalOf(await budget.book(call({ provider: 'ollama', usd: 0 }))), null);
});

test('what a call really took replaces what it was booked with', async () => {
  const budget = budgetOf({ perDay: { ...MUCH, tokens: 1_000 } });
  const booked = await budget.book(call());
  assert.ok('id' in booked);
  await budget.settle(booked.id, { tokens: { in: 10, out: 0 }, usd: 0 });
  assert.equal(refusalOf(await budget.book(call())), null);
  assert.deepEqual(await rowsOf(database, 'select tokens_in, usd from model_call order by id limit 1'), [
    { tokens_in: 10, usd: 0 },
  ]);
});

test('two replicas do not both take what is left', async () => {
  const limits = { perDay: { ...MUCH, calls: 5 } };
  const budgets = [budgetOf(limits), budgetOf({ ...limits, database: other })];
  const booked = await Promise.all(
    Array.from({ length: 12 }, (_, i) => (budgets[i % 2] as (typeof budgets)[0]).book(call())),
  );
  assert.equal(booked.filter((one) => 'id' in one).length, 5);
});

test('an answer is kept under its key for a week, for all replicas, without secrets', async () => {
  const [cache, theirs] = [makeCache({ sql: database }), makeCache({ sql: other })];
  assert.equal(await cache.get('k'), null);
  await cache.put('k', 'one');
  await theirs.put('k', 'two, password=hunter2-long');
  assert.equal(await cache.get('k'), 'two, password=[redacted]');
  await database.query(`update model_answer set at = at - interval '8 days'`);
  assert.equal(await cache.get('k'), null);
  await cache.put('other', 'x');
  assert.deepEqual(await rowsOf(database, 'select key from model_answer'), [{ key: 'other' }]);
});
