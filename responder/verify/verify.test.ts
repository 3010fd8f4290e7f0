import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, findingOf, pictureOf, stateOf } from '../../test/builders.ts';
import type { InstanceState } from '../incident/incident.ts';
import {
  ACTED,
  action,
  actionOf,
  after,
  alert,
  incidentOf,
  look,
  lookingBack,
  resultOf,
  seriesOf,
  type World,
} from './verify.test-helper.ts';

test('a new process, health, a good sample from after the action and a silent alert prove recovery', async () => {
  const { result, outcome, found } = await look();
  assert.deepEqual([result, outcome], ['recovered', 'resolved']);
  assert.deepEqual(
    found.recovery.checks.map((check) => [check.name, check.result]),
    [
      ['process', 'pass'],
      ['health', 'pass'],
      ['sli memory_utilization', 'pass'],
      ['alert', 'pass'],
    ],
  );
  assert.equal(found.watchUntil, null);
});

const NOT_YET: [title: string, world: World][] = [
  ['the same process still runs', { identity: '100:1' }],
  ['a new process ended at once', { states: { 'shop-1': stateOf({ identity: '2:200', state: 'exited' }) } }],
  ['health does not answer well', { sick: ['shop-1'] }],
  ['no sample is younger than the action', { series: [seriesOf([after(-1), 0.4])] }],
  ['the sample is bad', { series: [seriesOf([after(1), 0.9])] }],
  [
    'one of two metric paths is still bad',
    { series: [seriesOf([after(1), 0.4]), seriesOf([after(1), 0.9])] },
  ],
  ['Prometheus does not answer', { series: new Error('refused') }],
  ['the alert still holds', { breach: { state: 'holds' } }],
  ['the alert cannot be read', { breach: { state: 'unreadable' } }],
];
for (const [title, world] of NOT_YET)
  test(`${title}: not proved, look again soon`, async () => {
    const { result, dueInMs = 0 } = await look(world);
    assert.equal(result, 'pending');
    assert.ok(dueInMs > 0 && dueInMs <= 2_000);
  });

test('the sample of another instance or service proves nothing', async () => {
  for (const labels of [
    { service: 'shop', instance: 'shop-2' },
    { service: 'bank', instance: 'shop-1' },
  ])
    assert.equal(await resultOf({ series: [{ labels, points: [[after(1), 0.4]] }] }), 'pending');
});

const BAD = { now: 31, series: [seriesOf([after(30), 0.9])] };

test('a restart that did not help: another attempt while there is one, else failed', async () => {
  const again = await look(BAD);
  assert.deepEqual([again.result, again.found.undoing], ['again', undefined], 'there is nothing to undo');
  const last = await look({ ...BAD, incident: incidentOf({ actions: [action, action] }) });
  assert.deepEqual([last.result, last.outcome], ['ended', 'failed']);
});

test('what was done by halves and not made uses up no attempt', async () => {
  const actions = [actionOf({ id: 'act-0', state: 'withdrawn' }), action];
  assert.equal(await resultOf({ ...BAD, incident: incidentOf({ actions }) }), 'again');
});

test('what can be taken back is, even with the attempts used up', async () => {
  for (const name of ['SCALE_UP', 'ROLLBACK'] as const) {
    const made = actionOf({ id: 'act-7', action: name });
    for (const actions of [[made], [actionOf({ id: 'act-6' }), made]]) {
      const { result, outcome, found, say } = await look({ ...BAD, incident: incidentOf({ actions }) });
      assert.deepEqual([result, outcome, found.undoing], ['undo', undefined, 'act-7']);
      assert.match(say, /not recovered after .*; it is taken back$/);
    }
  }
});

test('what could not be seen when the time is up is unknown: a person is told, and nothing is taken back', async () => {
  for (const made of [action, actionOf({ action: 'SCALE_UP' }), actionOf({ action: 'ROLLBACK' })]) {
    const { result, outcome, found } = await look({
      now: 31,
      series: [],
      incident: incidentOf({ actions: [made] }),
    });
    assert.deepEqual([result, outcome, found.recovery.result], ['ended', 'escalated', 'unknown']);
    assert.equal(found.undoing, undefined);
  }
});

const two = pictureOf({
  instances: [stateOf(), stateOf({ instance: 'shop-2', identity: '101:1' })],
  from: '2.0.0',
  to: '1.0.0',
});
const rollback = actionOf({ action: 'ROLLBACK', instance: 'shop-1, shop-2', before: two });
const rolled = (instance: string, over: Partial<InstanceState> = {}) =>
  stateOf({ instance, identity: `${instance}:new`, version: '1.0.0', ...over });
const overTwo = (second: Partial<InstanceState>, sick: string[] = []) =>
  look({
    incident: incidentOf({ actions: [rollback] }),
    states: { 'shop-1': rolled('shop-1'), 'shop-2': rolled('shop-2', second) },
    sick,
  });

test('a rollback of two needs both anew, with the release that was meant, and healthy', async () => {
  const { result, found, asked, proved } = await overTwo({});
  assert.equal(result, 'recovered');
  assert.match(found.conclusion ?? '', /; pin 1\.0\.0$/, 'what makes it last');
  assert.deepEqual(asked, ['http://shop-1/health', 'http://shop-2/health'], 'shop-3 had it already');
  assert.deepEqual(proved, ['shop-1', 'shop-2'], 'what was kept may go');
  assert.deepEqual((await overTwo({ state: 'exited' })).proved, []);
  for (const second of [{ identity: '101:1' }, { version: '2.0.0' }, { version: null }, { state: 'exited' }])
    assert.equal((await overTwo(second as Partial<InstanceState>)).result, 'pending', JSON.stringify(second));
  assert.equal((await overTwo({}, ['shop-2'])).result, 'pending');
  assert.equal((await overTwo({}, ['shop-3'])).result, 'recovered');
});

test('one more instance needs that one to run and to answer', async () => {
  const before = pictureOf({ instances: [stateOf({ instance: 'shop-2', identity: null })], like: 'shop-1' });
  const incident = incidentOf({ actions: [actionOf({ action: 'SCALE_UP', instance: 'shop-2', before })] });
  const { result, asked } = await look({ incident });
  assert.deepEqual([result, asked], ['recovered', ['http://shop-2/health']]);
  assert.equal(await resultOf({ incident, sick: ['shop-2'] }), 'pending');
  const none = { 'shop-2': stateOf({ instance: 'shop-2', identity: null, state: 'unknown' }) };
  assert.equal(await resultOf({ incident, states: none }), 'pending');
});

test('an alert that looks back for an hour is watched after the close, until it should be silent', async () => {
  const { result, found } = await look({ breach: { lookingBack } });
  assert.equal(result, 'recovered');
  assert.equal(found.watchUntil, new Date(ACTED + (2 + 3_600 + 10) * 1_000).toISOString());
});

test('what is not recovered is not watched', async () => {
  const { found } = await look({ ...BAD, breach: { lookingBack } });
  assert.equal(found.watchUntil, null);
});

test('where an alert looks back and no SLI is known, health is no proof', async () => {
  const incident = incidentOf({ alerts: [alertOf()] });
  const world = { incident, breach: { lookingBack } };
  assert.equal(await resultOf(world), 'pending');
  const { result, outcome } = await look({ ...world, now: 31 });
  assert.deepEqual([result, outcome], ['ended', 'escalated']);
});

test('of the alert only what can tell within the time to verify is asked', async () => {
  assert.deepEqual((await look()).fits, [20]);
});

test('a resolved message is no proof of ours: its SLI is read all the same', async () => {
  const resolved = incidentOf({ alerts: [{ ...alert, status: 'resolved' }] });
  assert.equal(await resultOf({ incident: resolved, series: [seriesOf([after(1), 0.9])] }), 'pending');
});

test('a direct body knows no SLI: those that were in breach when it was looked at count', async () => {
  const objective = { sli: 'memory_utilization', threshold: 0.85 };
  const read = { kind: 'alert', expression: 'memory > 0.85', holds: true, value: 0.9, objective } as const;
  const evidence = [{ ...findingOf(read), id: 'E1' }];
  const incident = incidentOf({ alerts: [alertOf()], evidence });
  const { result, found } = await look({ incident, series: [seriesOf([after(1), 0.9])] });
  assert.equal(result, 'pending');
  assert.ok(found.recovery.checks.some((check) => check.name === 'sli memory_utilization'));
});

test('recovery without any SLI is said to be so', async () => {
  const { say } = await look({ incident: incidentOf({ alerts: [alertOf()] }) });
  assert.match(say, /no SLI is known for this alert/);
});

test('looks are counted for each action anew, and come ever less often', async () => {
  const since = action.settledAt as string;
  const recovery = { result: 'pending', checks: [], looks: 5, since, at: '' } as const;
  const counted = (over: object) =>
    look({ sick: ['shop-1'], incident: incidentOf({ recovery: { ...recovery, checks: [], ...over } }) });
  const [sixth, first] = [await counted({}), await counted({ since: 'an earlier action' })];
  assert.deepEqual([sixth.found.recovery.looks, first.found.recovery.looks], [6, 1]);
  assert.ok((first.dueInMs ?? 0) < (sixth.dueInMs ?? 0));
});

test('the last action that was made is verified, not one that failed or was withdrawn after it', async () => {
  const later = actionOf({ id: 'act-2', state: 'withdrawn', settledAt: null });
  assert.equal(await resultOf({ incident: incidentOf({ actions: [action, later] }) }), 'recovered');
  for (const actions of [[], [later]])
    await assert.rejects(look({ incident: incidentOf({ actions }) }), /no action is on record/);
});
