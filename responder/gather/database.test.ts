import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, instanceOf, NOW, targetOf } from '../../test/builders.ts';
import type { ReadSessions, Session } from '../clients/sessions.ts';
import { databaseOf, makeDatabaseSource } from './database.ts';

const sessionOf = (pid: number, over: Partial<Session> = {}): Session => ({
  pid,
  application: 'shop-1',
  user: 'shop',
  state: 'idle',
  waitsForLock: false,
  transactionSeconds: 0,
  query: '',
  blockedBy: [],
  ...over,
});
const waits = (pid: number, blockedBy: number[], application = 'shop-1') =>
  sessionOf(pid, { application, state: 'active', waitsForLock: true, blockedBy });
const holds = (pid: number, application: string, over: Partial<Session> = {}) =>
  sessionOf(pid, { application, state: 'idle in transaction', transactionSeconds: 7.04, ...over });
const TARGETS = [
  targetOf({ instances: ['shop-1', 'shop-2'].map(instanceOf) }),
  targetOf({ name: 'bank', instances: [instanceOf('bank-1')] }),
];
const roots = (sessions: Session[]) =>
  databaseOf(sessions, 'shop', TARGETS).blockers.map((b) => [b.pid, b.service, b.instance, b.waiting]);

async function read(sessions: ReadSessions | null) {
  const { signal } = new AbortController();
  const source = makeDatabaseSource({ sessions, inventory: async () => TARGETS });
  const found = await source.read({ incident: incidentOf(), target: targetOf(), now: NOW, signal });
  return found.map(({ status, reading }) => [status, reading]);
}

test('whoever stands at the root of a queue is the blocker, not those who queue before one', () => {
  const queue = [holds(1, 'shop-1'), waits(2, [1]), waits(3, [1, 2]), waits(4, [3], 'shop-2')];
  assert.deepEqual(roots(queue), [[1, 'shop', 'shop-1', 3]]);
});

test('a blocker belongs to whichever target its application_name tells, or to nobody we know', () => {
  assert.deepEqual(roots([holds(1, 'bank-1'), waits(2, [1])]), [[1, 'bank', 'bank-1', 1]]);
  assert.deepEqual(roots([holds(1, 'bank'), waits(2, [1])]), [[1, 'bank', 'bank-1', 1]]);
  assert.deepEqual(roots([holds(1, 'shop'), waits(2, [1])]), [[1, 'shop', null, 1]]);
  assert.deepEqual(roots([holds(1, 'psql'), waits(2, [1])]), [[1, null, null, 1]]);
});

test('the longest queue comes first; who waits by somebody of another target counts not for this one', () => {
  const sessions = [holds(1, 'psql'), holds(2, 'shop-2'), waits(3, [1]), waits(4, [2]), waits(5, [2])];
  const others = [waits(6, [1], 'bank-1'), waits(7, [1], 'bank-1')];
  assert.deepEqual(roots([...sessions, ...others]), [
    [2, 'shop', 'shop-2', 2],
    [1, null, null, 1],
  ]);
  assert.equal(databaseOf([...sessions, ...others], 'shop', TARGETS).waiting, 3);
});

test('a deadlock has no root, a prepared transaction no session, and who ended meanwhile is still named by pid', () => {
  assert.deepEqual(roots([waits(1, [2]), waits(2, [1])]), []);
  const [prepared, ended] = databaseOf([waits(1, [0]), waits(2, [9])], 'shop', TARGETS).blockers;
  assert.deepEqual([prepared?.pid, prepared?.state], [0, 'prepared transaction']);
  assert.deepEqual([ended?.pid, ended?.state], [9, 'unknown']);
});

test('sessions of the target are counted by state', () => {
  const sessions = [
    sessionOf(1),
    sessionOf(2, { application: 'shop' }),
    holds(3, 'shop-2'),
    sessionOf(4, { application: '' }),
  ];
  assert.deepEqual(databaseOf(sessions, 'shop', TARGETS).sessions, { idle: 2, 'idle in transaction': 1 });
});

test('the reading says who waits and who holds, or that nobody waits', async () => {
  const queue = [holds(1, 'shop-1'), waits(2, [1]), waits(3, [1]), waits(4, [1])];
  assert.deepEqual(await read(async () => queue), [
    ['ok', '3 sessions of shop wait for a lock; held by shop-1 (idle in transaction for 7 s, user shop)'],
  ]);
  assert.deepEqual(await read(async () => [sessionOf(1)]), [
    ['ok', 'no session of shop waits for a lock; its sessions: 1 idle'],
  ]);
  assert.deepEqual(await read(async () => []), [
    ['ok', 'no session of shop waits for a lock; its sessions: none'],
  ]);
});

test('no database to look at is said, and is not the same as a database in which nobody waits', async () => {
  assert.deepEqual(await read(null), [
    ['no_data', 'no database to look at is configured (AEGIS_EVIDENCE_DATABASE_URL)'],
  ]);
});
