/** What is concluded from what Alertmanager holds and what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../test/builders.ts';
import type { Alertmanager, KnownAlert } from '../clients/alertmanager.ts';
import { AegisError } from '../errors.ts';
import type { FiringEpisode, Reconciliation } from '../incident/reconciliation.ts';
import { makeReconcile } from './reconcile.ts';

const TRUST_MS = 90_000;
const episodeOf = (over: Partial<FiringEpisode> = {}): FiringEpisode => ({
  ...{ fingerprint: 'f1', startsAt: ago(30), name: 'TargetDown', incidentId: 'inc-1', target: 'shop' },
  ...over,
});
const knownOf = (over: Partial<KnownAlert> = {}): KnownAlert => ({
  ...{ fingerprint: 'f1', startsAt: ago(30), active: true },
  ...over,
});

interface World {
  open: FiringEpisode[];
  closed: (FiringEpisode & { closedAt: string })[];
  known: KnownAlert[] | AegisError;
  /** How long Alertmanager has run, in ms. */
  age: number;
}
/** Rounds over a world that may change between them; @returns it, with what was asked and concluded. */
function rounds(over: Partial<World> = {}) {
  const world: World = { open: [], closed: [], known: [], age: 3_600_000, ...over };
  const resolved: string[][] = [];
  const followed: string[][] = [];
  const seconds: number[] = [];
  let asked = 0;
  const alertmanager: Alertmanager = {
    async alerts() {
      asked++;
      if (world.known instanceof AegisError) throw world.known;
      return world.known;
    },
    silences: assert.fail,
    startedAt: async () => new Date(NOW.getTime() - world.age),
  };
  const reconciliation: Reconciliation = {
    open: async () => world.open,
    resolve: async (episodes) => void resolved.push(episodes.map(({ fingerprint }) => fingerprint)),
    async closed(afterSeconds) {
      seconds.push(afterSeconds);
      return world.closed;
    },
    async followUp(episode, conclusion) {
      followed.push([episode.fingerprint, conclusion]);
      return true;
    },
  };
  const options = { alertmanager, reconciliation, trustMs: TRUST_MS, stillFiringSeconds: 120 };
  const round = makeReconcile({ ...options, now: () => NOW.getTime() });
  return { world, round, resolved, followed, seconds, asked: () => asked };
}

test('where nothing is open and nothing was closed, Alertmanager is left in peace', async () => {
  const { round, asked, seconds } = rounds();
  await round();
  assert.equal(asked(), 0);
  assert.deepEqual(seconds, [120]);
});

test('missing once is nothing, twice in a row it is over; what is there stays', async () => {
  const both = [episodeOf(), episodeOf({ fingerprint: 'f2' })];
  const { round, resolved } = rounds({ open: both, known: [knownOf({ fingerprint: 'f2' })] });
  await round();
  assert.deepEqual(resolved, []);
  await round();
  assert.deepEqual(resolved, [['f1']]);
});

test('back between two rounds, it has to be missing twice again', async () => {
  const { world, round, resolved } = rounds({ open: [episodeOf()] });
  await round();
  world.known = [knownOf()];
  await round();
  world.known = [];
  await round();
  assert.deepEqual(resolved, []);
  await round();
  assert.deepEqual(resolved, [['f1']]);
});

test('silenced or inhibited, it still fires: it is not over', async () => {
  const { round, resolved } = rounds({ open: [episodeOf()], known: [knownOf({ active: false })] });
  for (let i = 0; i < 3; i++) await round();
  assert.deepEqual(resolved, []);
});

test('an Alertmanager that has just started is not believed; once it has run for a while, it is', async () => {
  const { world, round, resolved } = rounds({ open: [episodeOf()], age: TRUST_MS - 1 });
  for (let i = 0; i < 3; i++) await round();
  assert.deepEqual(resolved, []);
  world.age = TRUST_MS;
  await round();
  assert.deepEqual(resolved, [['f1']]);
});

test('an alert that began anew is another episode: the one before is over', async () => {
  const { round, resolved } = rounds({ open: [episodeOf()], known: [knownOf({ startsAt: ago(5) })] });
  await round();
  await round();
  assert.deepEqual(resolved, [['f1']]);
});

test('the same instant in other words is the same episode', async () => {
  const startsAt = '2026-03-01T12:59:30.000123456+01:00';
  const { round, resolved } = rounds({ open: [episodeOf()], known: [knownOf({ startsAt })] });
  for (let i = 0; i < 2; i++) await round();
  assert.deepEqual(resolved, []);
});

test('what cannot be read says nothing: the round fails, and the next one goes on', async () => {
  const down = new AegisError('AEGIS_UPSTREAM', 'Alertmanager: no answer');
  const { world, round, resolved } = rounds({ open: [episodeOf()], known: down });
  for (let i = 0; i < 3; i++) await assert.rejects(round(), { code: 'AEGIS_UPSTREAM' });
  assert.deepEqual(resolved, []);
  world.known = [];
  await round();
  assert.deepEqual(resolved, [], 'once is nothing');
  await round();
  assert.deepEqual(resolved, [['f1']]);
});

const closedAt = ago(300);

test('an alert that fires on after its incident was closed is followed up, with what is so', async () => {
  const { round, followed, resolved } = rounds({
    closed: [{ ...episodeOf(), closedAt }],
    known: [knownOf()],
  });
  await round();
  assert.deepEqual(followed, [
    ['f1', `Not recovered: TargetDown of shop still fires, though inc-1 was closed at ${closedAt}`],
  ]);
  assert.deepEqual(resolved, []);
});

test('gone, begun anew, silenced or inhibited, it is followed up by nobody', async () => {
  for (const known of [[], [knownOf({ startsAt: ago(5) })], [knownOf({ active: false })]]) {
    const { round, followed } = rounds({ closed: [{ ...episodeOf(), closedAt }], known });
    for (let i = 0; i < 2; i++) await round();
    assert.deepEqual(followed, []);
  }
});

test('follow-ups do not wait for an Alertmanager to be believed: what it holds, it holds', async () => {
  const closed = [{ ...episodeOf(), closedAt }];
  const { round, followed } = rounds({ closed, known: [knownOf()], age: 0 });
  await round();
  assert.equal(followed.length, 1);
});
