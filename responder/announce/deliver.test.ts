/** The loop that delivers, over a real database: nothing lost, nothing held up, and never in the way of the work. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Registry } from 'prom-client';
import { openDatabase, startDatabase, type TestDatabase } from '../../test/database.ts';
import { gate, until } from '../../test/wait.ts';
import { makeApprovals } from '../incident/approvals.ts';
import { makeArchive } from '../incident/archive.ts';
import type { Database } from '../incident/database.ts';
import { makeWalk } from '../incident/incident.test-helper.ts';
import { makeFindTold, makeOutbox, type Told } from '../incident/outbox.ts';
import type { Channel, Delivered } from './channel.ts';
import { type DeliverOptions, makeDeliver } from './deliver.ts';
import { makeNotificationMetrics } from './notifications-metrics.ts';
import { makePlainChannel } from './plain.ts';

let db: TestDatabase;
let walk: ReturnType<typeof makeWalk>;
const running: { stop(): Promise<void> }[] = [];
before(async () => {
  db = await startDatabase();
  walk = makeWalk(db.database);
});
after(() => db.stop());
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await db.empty();
});

type Answer = (told: Told, save: Parameters<Channel['deliver']>[2]) => Promise<Delivered> | Delivered;
const SHOWN: Delivered = { result: 'shown' };
const DOWN: Delivered = { result: 'later', scope: 'channel', outcome: 'down', why: 'ECONNREFUSED' };

function channelOf(answer: Answer, name = 'slack') {
  const visited: Told[] = [];
  const channel: Channel = {
    ...{ name, title: name },
    async deliver(told, _remote, save) {
      visited.push(told);
      return answer(told, save);
    },
  };
  return { channel, visited };
}
function start(channels: Channel[], over: Partial<DeliverOptions> = {}, database: Database = db.database) {
  const counted: string[] = [];
  const lines: string[] = [];
  const find = makeFindTold({ archive: makeArchive(database), approvals: makeApprovals(database) });
  const deliver = makeDeliver({
    ...{ outbox: makeOutbox(database), channels, find, random: () => 0 },
    ...{ gapMs: 0, pollMs: 10, firstRetryMs: 20, lostMs: 20 },
    count: (channel, outcome) => counted.push(`${channel} ${outcome}`),
    onError: (words) => lines.push(words),
    onInfo: (words) => lines.push(words),
    ...over,
  });
  running.push(deliver);
  deliver.start();
  return { deliver, counted, lines };
}
const event = (text: string) => ({ events: [{ kind: 'x', text }] });
/** Through all stages, with an event each. @returns how long that took, in ms. */
async function wholeIncident(target = 'shop'): Promise<number> {
  const began = performance.now();
  await walk.open(target, { fingerprint: `${target} ${Math.random()}` });
  await walk.go('diagnose', event('3 pieces'));
  await walk.go('guard', event('memory leak'));
  await walk.go('learn', { ...event('refused'), outcome: 'escalated' });
  await walk.go('closed', event('learned'));
  return performance.now() - began;
}
const waiting = async () => (await makeOutbox(db.database).waiting()).length;

test('rule 10: while Slack and Grafana hang, an incident goes its way; then each shows how it ended', async () => {
  const { opened, open } = gate();
  const hang: Answer = () => opened.then(() => SHOWN);
  const slack = channelOf(hang);
  const grafana = channelOf(hang, 'grafana');
  start([slack.channel, grafana.channel]);
  await wholeIncident('first');
  await until(() => slack.visited.length === 1 && grafana.visited.length === 1);
  // Neither answers until this is over.
  await wholeIncident('second');
  assert.deepEqual([slack.visited.length, grafana.visited.length], [1, 1]);
  open();
  await until(async () => (await waiting()) === 0);
  for (const { visited } of [slack, grafana])
    for (const target of ['first', 'second'])
      assert.equal(visited.findLast((told) => told.target === target)?.state, 'escalated', target);
});

test('rule 10: the loop is not slower for it', async () => {
  const median = async () => {
    const times = [];
    for (let i = 0; i < 15; i++) times.push(await wholeIncident(`shop-${i}`));
    return times.toSorted((a, b) => a - b)[7] ?? assert.fail();
  };
  await median(); // warm
  const alone = await median();
  const { opened, open } = gate();
  start([channelOf(() => opened.then(() => SHOWN)).channel, channelOf(() => DOWN, 'grafana').channel]);
  const beside = await median();
  open();
  assert.ok(
    beside < alone * 2 + 20,
    `${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside an outage`,
  );
});

test('many changes in an outage become one delivery, of the newest', async () => {
  let down = true;
  const { channel, visited } = channelOf(() => (down ? DOWN : SHOWN));
  const { counted, lines } = start([channel]);
  await walk.open();
  await until(() => visited.length > 0);
  await walk.go('diagnose', event('3 pieces'));
  await walk.go('guard', event('memory leak'));
  down = false;
  await until(async () => (await waiting()) === 0);
  assert.deepEqual(counted.filter((one) => one === 'slack delivered').length, 1);
  assert.deepEqual(
    visited
      .at(-1)
      ?.timeline.map(({ text }) => text)
      .slice(1),
    ['3 pieces', 'memory leak'],
  );
  assert.deepEqual(lines, [
    'slack: ECONNREFUSED; nothing is lost, it is tried again (this is told once)',
    'slack takes messages again',
  ]);
});

test('an outage is asked about more and more rarely, and holds up no other channel', async () => {
  const at: number[] = [];
  const down = channelOf(() => {
    at.push(performance.now());
    return DOWN;
  });
  const well = channelOf(() => SHOWN, 'grafana');
  start([down.channel, well.channel], { firstRetryMs: 40 });
  await walk.open();
  await until(() => at.length === 4);
  const gaps = at.slice(1).map((time, i) => time - (at[i] ?? 0));
  for (const [i, least] of [20, 40, 80].entries()) assert.ok((gaps[i] ?? 0) >= least - 1, gaps.join());
  assert.equal(well.visited.length, 1);
});

test('what is refused waits by itself, and the others go on', async () => {
  const refused: Delivered = {
    result: 'later',
    scope: 'incident',
    outcome: 'refused',
    why: 'too long',
    afterMs: 60_000,
  };
  const { channel, visited } = channelOf((told) => (told.target === 'bad' ? refused : SHOWN));
  const { counted, lines } = start([channel]);
  await walk.open('bad');
  await until(() => visited.length > 0);
  await walk.open('good');
  await until(() => counted.includes('slack delivered'));
  assert.deepEqual([counted, await waiting()], [['slack refused', 'slack delivered'], 1]);
  assert.match(lines.join(), /^inc-\S+ in slack: too long; nothing is lost/);
});

test('what is refused after a limit is told as well, once, and waits longer each time', async () => {
  const at: number[] = [];
  const { channel } = channelOf(() => {
    at.push(performance.now());
    if (at.length === 1)
      return { result: 'later', scope: 'channel', outcome: 'rate_limited', why: '429', afterMs: 1 };
    return { result: 'later', scope: 'incident', outcome: 'refused', why: 'invalid_blocks' };
  });
  const { lines } = start([channel]);
  await walk.open();
  await until(() => at.length === 5);
  assert.equal(lines.length, 1, lines.join());
  assert.match(lines[0] ?? '', /invalid_blocks; nothing is lost/);
  const gaps = at.slice(2).map((time, i) => time - (at[i + 1] ?? 0));
  for (const [i, least] of [20, 40, 80].entries()) assert.ok((gaps[i] ?? 0) >= least - 1, gaps.join());
});

test('a limit is kept for the whole channel, and is no line in the log', async () => {
  const at: number[] = [];
  const { channel } = channelOf(() => {
    at.push(performance.now());
    return at.length === 1
      ? { result: 'later', scope: 'channel', outcome: 'rate_limited', why: '429', afterMs: 300 }
      : SHOWN;
  });
  const { lines } = start([channel]);
  await walk.open('a');
  await walk.open('b');
  await until(() => at.length === 3);
  assert.ok((at[1] ?? 0) - (at[0] ?? 0) >= 299);
  assert.deepEqual(lines, []);
});

test('a channel that throws is tried again', async () => {
  let calls = 0;
  const { channel } = channelOf(() => {
    if (++calls === 1) throw new Error('a bug');
    return SHOWN;
  });
  const { lines } = start([channel]);
  await walk.open();
  await until(() => calls === 2);
  assert.match(lines.join(), /a bug/);
});

test('two replicas: never both at the same incident', async () => {
  let inside = 0;
  let most = 0;
  const { channel, visited } = channelOf(async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 30));
    inside--;
    return SHOWN;
  });
  const other = openDatabase(db.url);
  start([channel]);
  start([channel], {}, other);
  await walk.open();
  for (const stage of ['diagnose', 'guard'] as const) await walk.go(stage, event(stage));
  await until(async () => visited.length > 0 && (await waiting()) === 0);
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await other.close();
  assert.equal(most, 1);
});

test('stopped within a delivery: the call that is under way ends, no other is made, and the next start goes on', async () => {
  const { opened, open } = gate();
  let second = false;
  const { channel, visited } = channelOf(async (_told, save) => {
    await save({ step: 1 });
    await opened;
    await save({ step: 2 });
    second = true;
    return SHOWN;
  });
  const { deliver } = start([channel]);
  await walk.open();
  await until(() => visited.length === 1);
  const stopped = deliver.stop();
  open();
  await stopped;
  assert.equal(second, false);
  start([channel]);
  await until(async () => (await waiting()) === 0);
  assert.equal(second, true);
});

test('without Slack its words go to the log, once for each that is new, as a warning where a person is needed', async () => {
  const lines: [string, string][] = [];
  const log = {
    info: (_: object, words: string) => void lines.push(['info', words]),
    warn: (_: object, words: string) => void lines.push(['warn', words]),
  };
  start([makePlainChannel({ log: log as never, clock: () => new Date(), publicUrl: null })]);
  await walk.open();
  await until(() => lines.length === 1);
  await walk.go('diagnose', event('3 pieces'));
  await until(() => lines.length === 2);
  await walk.go('guard', event('nothing that the words show'));
  await until(async () => (await waiting()) === 0);
  await walk.go('learn', { ...event('refused'), outcome: 'escalated', found: { conclusion: 'refused' } });
  await walk.go('closed', event('learned'));
  await until(() => lines.length === 3);
  assert.deepEqual(
    lines.map(([level]) => level),
    ['info', 'info', 'warn'],
  );
  assert.match(lines[2]?.[1] ?? '', /^TargetMemorySaturated on shop: a person is needed\. .*no: refused/);
});

test('what waits and what became of it are metrics', async () => {
  const registry = new Registry();
  const { waiting: read } = makeOutbox(db.database);
  const count = makeNotificationMetrics({
    registry,
    channels: ['slack'],
    waiting: read,
    onError: assert.fail,
  });
  await walk.open();
  await makeOutbox(db.database).collect(['slack']);
  count('slack', 'down');
  const text = await registry.metrics();
  assert.match(text, /^aegis_notifications_total\{channel="slack",outcome="down"\} 1$/m);
  assert.match(text, /^aegis_notifications_total\{channel="slack",outcome="delivered"\} 0$/m);
  assert.match(text, /^aegis_outbox_waiting\{channel="slack"\} 1$/m);
});
