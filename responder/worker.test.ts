import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { actionOf, incidentOf } from '../test/builders.ts';
import { gate, until } from '../test/wait.ts';
import { AegisError } from './errors.ts';
import { DONE, many, type Work, worker } from './worker.test-helper.ts';

test('a due incident is taken through one stage, finished and told with the record as it is then', async () => {
  const { start, drain, finished, news, errors } = worker({ incidents: many(1) });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.deepEqual(finished, [{ id: 'inc-0', step: DONE.step }]);
  const { ms, ...told } = news[0] ?? { ms: -1 };
  assert.ok(ms >= 0);
  assert.deepEqual(told, {
    incident: incidentOf({ id: 'inc-0', conclusion: 'read anew' }),
    stage: 'gather',
    result: 'gathered',
    say: '3 pieces',
    state: 'diagnosing',
    outcome: null,
  });
  assert.deepEqual(errors, []);
});

test('no more stages run at once than there are slots, and all get their turn', async () => {
  const { opened, open } = gate();
  let running = 0;
  let most = 0;
  const flow = async () => {
    most = Math.max(most, ++running);
    await opened;
    running--;
    return DONE;
  };
  const { start, drain, finished } = worker({ incidents: many(7), slots: 3, flow });
  start();
  await until(() => running === 3);
  open();
  await until(() => finished.length === 7);
  await drain();
  assert.equal(most, 3);
});

test('a look that only says "not yet" is no news', async () => {
  const flow = async () => ({ ...DONE, result: 'pending', step: { next: 'verify' as const, events: [] } });
  const { start, drain, finished, news } = worker({ incidents: many(1), flow });
  start();
  await until(() => finished.length === 1);
  await drain();
  assert.deepEqual(news, []);
});

test('the end of an incident is told with its outcome, whoever decided it', async () => {
  const flow = async () => ({ ...DONE, step: { ...DONE.step, next: 'closed' as const } });
  const decided = incidentOf({ stage: 'learn', outcome: 'escalated' });
  const { start, drain, news } = worker({ incidents: [decided], flow });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.equal(news[0]?.outcome, 'escalated');
});

test('a record that cannot be read anew is told as far as it is known', async () => {
  const flow = async () => ({ ...DONE, step: { ...DONE.step, found: { conclusion: 'found' } } });
  const reread = async () => Promise.reject(new Error('gone'));
  const { start, drain, news } = worker({ incidents: many(1), flow, reread });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.equal(news[0]?.incident.conclusion, 'found');
});

test('a stage that breaks is put back, due later each time', async () => {
  const incidents = [0, 1, 4].map((retries) => incidentOf({ id: `inc-${retries}`, retries }));
  const flow = async () => Promise.reject(new Error('Prometheus is gone'));
  const { start, drain, released, news, errors, finished } = worker({ incidents, flow });
  start();
  await until(() => released.length === 3);
  await drain();
  assert.deepEqual(
    released.map((one) => [one.id, one.later]),
    [
      ['inc-0', 500],
      ['inc-1', 1_000],
      ['inc-4', 8_000],
    ],
  );
  assert.equal(released[0]?.why, 'gather broke: Prometheus is gone');
  assert.deepEqual([news, finished], [[], []]);
  assert.equal(errors.length, 3);
});

test('after five times it is given up into the hands of a person, without another try', async () => {
  let tried = 0;
  const flow = async () => {
    tried++;
    return DONE;
  };
  const broken = incidentOf({ stage: 'verify', state: 'verifying', retries: 5 });
  const { start, drain, finished, news } = worker({ incidents: [broken], flow });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.equal(tried, 0);
  assert.equal(finished[0]?.step.next, 'learn', 'that it broke is a lesson, too');
  assert.equal(finished[0]?.step.outcome, 'escalated');
  assert.match(finished[0]?.step.found?.conclusion ?? '', /A person is needed: verify broke 5 times/);
  assert.equal(news[0]?.result, 'gave_up');
});

test('where learning itself breaks, what was proved before stays proved', async () => {
  const broken = incidentOf({ stage: 'learn', state: 'verifying', outcome: 'resolved', retries: 5 });
  const { start, drain, finished, news } = worker({ incidents: [broken] });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.deepEqual([finished[0]?.step.next, finished[0]?.step.outcome], ['closed', 'resolved']);
});

test('an action of which nobody knows whether it was made is settled as unknown, and told', async () => {
  const settled: string[] = [];
  const settle = async (_: unknown, id: string, state: string) => {
    settled.push(`${id} ${state}`);
    return actionOf();
  };
  const actions = [actionOf({ state: 'intended', settledAt: null })];
  const broken = incidentOf({ stage: 'remediate', state: 'remediating', retries: 5, actions });
  const { start, drain, finished, news } = worker({ incidents: [broken], store: { settle } });
  start();
  await until(() => news.length === 1);
  await drain();
  assert.deepEqual(settled, [`${actions[0]?.id} unknown`]);
  assert.match(finished[0]?.step.found?.conclusion ?? '', /whether RESTART on .* was made is not known/);
});

test('a result that somebody else was faster with is thrown away: no retry, no news', async () => {
  const finish = async () => {
    throw new AegisError('AEGIS_LEASE_LOST', 'me no longer holds the lease');
  };
  const { start, drain, released, news, errors } = worker({ incidents: many(1), store: { finish } });
  start();
  await until(() => errors.length === 1);
  await drain();
  assert.deepEqual([released, news], [[], []]);
});

test('a lease that is lost aborts the stage by its signal', async () => {
  const lost: unknown[] = [];
  const flow: Work = (_, { signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        lost.push(signal.reason.code);
        reject(signal.reason);
      });
    });
  const { start, drain, released } = worker({
    incidents: many(1),
    flow,
    leaseMs: 15,
    store: { renew: async () => false },
  });
  start();
  await until(() => lost.length === 1);
  await drain();
  assert.deepEqual(lost, ['AEGIS_LEASE_LOST']);
  assert.deepEqual(released, [], 'it is somebody else’s now');
});

test('renewals that fail abort the stage only when the lease has run out', async () => {
  let renewals = 0;
  const renew = async () => {
    renewals++;
    throw new Error('no database');
  };
  let inTime = true;
  const flow: Work = (_, { signal, lease }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        inTime = performance.now() < lease.until;
        reject(signal.reason);
      });
    });
  const { start, drain, errors } = worker({ incidents: many(1), flow, leaseMs: 60, store: { renew } });
  start();
  await until(() => errors.some((words) => words.includes('not renewed in time')));
  await drain();
  assert.equal(inTime, false);
  assert.ok(renewals >= 3);
});

test('draining waits for what is under way and takes nothing new', async () => {
  const { opened, open } = gate();
  let began = 0;
  const flow = async () => {
    began++;
    await opened;
    return DONE;
  };
  const { start, drain, wake, queue, finished } = worker({ incidents: many(3), slots: 2, flow });
  start();
  await until(() => began === 2);
  const drained = drain().then(() => finished.length);
  wake();
  open();
  assert.equal(await drained, 2);
  await sleep(5);
  assert.equal(queue.length, 1);
});

test('draining also waits for a claim that is under way', async () => {
  const { opened, open } = gate();
  const claim = async () => {
    await opened;
    return claims.shift() ?? null;
  };
  const { start, drain, finished, claimOf } = worker({ store: { claim } });
  const claims = many(1).map(claimOf);
  start();
  let drained = false;
  const draining = drain().then(() => {
    drained = true;
  });
  await sleep(5);
  assert.equal(drained, false, 'drained while a claim was under way');
  open();
  await draining;
  const atEnd = finished.length;
  await sleep(5);
  assert.equal(finished.length, atEnd, 'a stage ran after the drain');
});

test('a wake-up call finds what came meanwhile', async () => {
  const { start, drain, wake, queue, finished } = worker();
  start();
  await sleep(5);
  queue.push(...many(1));
  wake();
  await until(() => finished.length === 1);
  await drain();
});

test('a wake-up call during a look makes it look again, instead of waiting for the next poll', async () => {
  const { opened, open } = gate();
  let looks = 0;
  const claim = async () => {
    if (++looks === 1) await opened;
    return null;
  };
  const { start, drain, wake } = worker({ store: { claim } });
  start();
  wake();
  open();
  await sleep(50); // the next poll comes after a second
  assert.equal(looks, 2);
  await drain();
});

test('what is due soon is not left until the next poll', async () => {
  const { start, drain, queue, finished } = worker({ store: { nextDueInMs: async () => 5 } });
  start();
  await sleep(2);
  queue.push(...many(1));
  await until(() => finished.length === 1);
  await drain();
});

test('a database that is down stops nothing for good', async () => {
  let down = true;
  const claims = many(1);
  const claim = async () => {
    if (down) throw new Error('no database');
    const next = claims.shift();
    return next ? claimOf(next) : null;
  };
  const { start, drain, wake, errors, finished, claimOf } = worker({ store: { claim } });
  start();
  await until(() => errors.length === 1);
  assert.match(errors[0] ?? '', /looking for due incidents: no database/);
  down = false;
  wake();
  await until(() => finished.length === 1);
  await drain();
});
