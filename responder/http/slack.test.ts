/** Buttons from Slack: only what it signed, just now, once, by those who may; everything else changes nothing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NOW } from '../../test/builders.ts';
import { fakeSlack } from '../../test/fakes/slack.ts';
import { until } from '../../test/wait.ts';
import { AegisError } from '../errors.ts';
import { approvalOf, type Over, problemOf, serve } from './server.test-helper.ts';
import type { SlackOptions } from './slack.ts';

const HASH = 'a'.repeat(64);
const APPROVE = { user: 'U0KIM', action_id: 'aegis_approve', value: `inc-1 ${HASH}` };

async function setUp(t: TestContext, over: Over = {}, slack: Partial<SlackOptions> = {}) {
  const fake = await fakeSlack();
  t.after(fake.close);
  const seen = new Set<string>();
  const server = await serve(t, {
    approval: approvalOf(),
    ...over,
    slack: (approvals) => ({
      ...{
        signingSecret: fake.accepts.signingSecret,
        approvers: ['U0KIM'],
        apiOrigin: new URL(fake.url).origin,
      },
      ...{ approvals, clock: () => NOW, onError: () => {} },
      once: {
        first: async (key) => {
          const isNew = !seen.has(key);
          seen.add(key);
          return isNew;
        },
      },
      ...slack,
    }),
  });
  const press = (what: Partial<Parameters<typeof fake.press>[0]> = {}) =>
    fake.press({ ...APPROVE, at: NOW.getTime(), ...what });
  const send = ({ body, headers }: ReturnType<typeof press>) =>
    server.post('/slack/interactions', body, headers);
  return { ...server, fake, press, send };
}
const told = async ({ fake }: Awaited<ReturnType<typeof setUp>>) => {
  await until(() => fake.told.length > 0);
  return fake.told.join();
};

for (const [action_id, value, decided] of [
  ['aegis_approve', `inc-1 ${HASH}`, ['inc-1', HASH, 'approved', 'slack:U0KIM']],
  ['aegis_reject', `inc-1 ${HASH}`, ['inc-1', HASH, 'rejected', 'slack:U0KIM']],
  ['aegis_take', 'inc-1', ['inc-1', 'take', 'slack:U0KIM', 60]],
] as const)
  test(`${action_id}: as over the API, under the name of the user`, async (t) => {
    const world = await setUp(t);
    const answer = await world.send(world.press({ action_id, value }));
    assert.deepEqual([answer.status, await answer.text()], [200, '']);
    assert.deepEqual(world.decided, [decided]);
    assert.match(await told(world), /^You have/);
  });

test('not signed, by another secret, over another body, for another time, too old, of tomorrow: nothing is done', async (t) => {
  const world = await setUp(t);
  const good = world.press();
  const refusals = [
    { ...good, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    { ...good, headers: { ...good.headers, 'x-slack-signature': 'v0=zz' } },
    world.press({ secret: 'another' }),
    { ...good, body: good.body.replace('inc-1', 'inc-2') },
    { ...good, headers: { ...good.headers, 'x-slack-request-timestamp': String(NOW.getTime() / 1000 - 1) } },
    world.press({ at: NOW.getTime() - 301_000 }),
    world.press({ at: NOW.getTime() + 301_000 }),
  ];
  for (const request of refusals) {
    const problem = await problemOf(await world.send(request));
    assert.deepEqual([problem.status, problem.code], [403, 'AEGIS_SIGNATURE']);
  }
  assert.deepEqual(world.decided, []);
  assert.equal((await world.send(world.press({ at: NOW.getTime() - 299_000 }))).status, 200);
});

test('sent again as it was: refused', async (t) => {
  const world = await setUp(t);
  const request = world.press();
  assert.equal((await world.send(request)).status, 200);
  assert.equal((await problemOf(await world.send(request))).code, 'AEGIS_SIGNATURE');
  assert.equal(world.decided.length, 1);
});

test('somebody who may not is told so, and nobody may where nobody is named', async (t) => {
  const world = await setUp(t, {}, { approvers: [] });
  assert.equal((await world.send(world.press())).status, 200);
  assert.match(await told(world), /U0KIM is not in SLACK_APPROVERS. Nothing was changed/);
  assert.deepEqual(world.decided, []);
});

test('a button that has lapsed answers why', async (t) => {
  const refusal = new AegisError('AEGIS_CONFLICT', 'the question lapsed at 12:00 <b>');
  const world = await setUp(t, { refusal });
  assert.equal((await world.send(world.press())).status, 200);
  assert.equal(await told(world), 'Nothing was changed: the question lapsed at 12:00 &lt;b&gt;.');
});

test('an answer goes to Slack’s own addresses alone', async (t) => {
  const world = await setUp(t, {}, { apiOrigin: 'https://slack.com' });
  await world.send(world.press());
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual([world.decided.length, world.fake.told], [1, []]);
});

test('whatever is slow is not waited for: Slack has its answer in time, and it counts', async (t) => {
  let open = (_: unknown) => {};
  const slow = new Promise((resolve) => {
    open = resolve;
  });
  let decided = false;
  const approvals = {
    decide: async () => {
      await slow;
      decided = true;
      return approvalOf({ decision: 'approved' });
    },
    take: async () => assert.fail(),
  };
  const world = await setUp(t, {}, { approvals, answerMs: 50 });
  assert.equal((await world.send(world.press())).status, 200);
  assert.equal(decided, false);
  open(null);
  assert.match(await told(world), /^You have approved RESTART on shop-1/);
});

test('a button of somebody else’s app, or no JSON: refused with the field', async (t) => {
  const world = await setUp(t);
  for (const bad of [
    { action_id: 'other' },
    { value: 'inc-1' },
    { value: `../x ${HASH}` },
    { user: 'kim' },
  ]) {
    const problem = await problemOf(await world.send(world.press(bad)));
    assert.deepEqual([problem.status, problem.code], [400, 'AEGIS_BODY_UNREADABLE']);
  }
  assert.deepEqual(world.decided, []);
});

test('without a signing secret there is no such door', async (t) => {
  const world = await setUp(t, {}, { signingSecret: undefined });
  assert.equal((await problemOf(await world.send(world.press()))).status, 404);
  assert.deepEqual(world.decided, []);
});
