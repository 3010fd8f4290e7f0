import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRead } from '../../../test/builders.ts';
import {
  blockerOf,
  CALM,
  caseOf,
  databaseOf,
  expectOf,
  FAULTS,
  failed,
  type Item,
  type Seen,
  seen,
  waitingFor,
} from './case.test-helper.ts';
import { dbContention } from './db-contention.ts';

const expect = expectOf(dbContention);
const RESTART = 'db_contention RESTART shop-1';
const NOOP = 'db_contention NOOP null';
const locked = (over: Partial<Seen> = {}) => seen({ ...FAULTS.db, ...over });
const foreign = { service: null, instance: null, application: 'psql' };

const CASES: [string, Item[], string | null, boolean?][] = [
  ['an instance of its own holds the lock', locked(), RESTART],
  ['somebody else holds it', seen(FAULTS.foreign), NOOP],
  [
    'another target holds it',
    locked({ database: waitingFor(blockerOf({ service: 'bank', instance: 'bank-1' })) }),
    NOOP,
  ],
  [
    'the target holds it, of which instance nobody can tell',
    locked({ database: waitingFor(blockerOf({ instance: null })) }),
    'db_contention RESTART null',
  ],
  [
    'most wait for somebody else',
    locked({ database: waitingFor(blockerOf({ waiting: 1 }), blockerOf({ ...foreign, waiting: 2 })) }),
    NOOP,
  ],
  ['a lock of a moment', locked({ database: waitingFor(blockerOf({ age_s: 0.4 })) }), null],
  ['its holder is at work', locked({ database: waitingFor(blockerOf({ state: 'active' })) }), RESTART],
  ['nobody complains', seen({ database: FAULTS.db.database, alert: alertRead(false) }), RESTART],
  [
    'nobody complains, and its holder is at work',
    seen({ database: waitingFor(blockerOf({ state: 'active' })), alert: alertRead(false) }),
    RESTART,
    false,
  ],
  ['nobody waits', locked({ database: CALM.database }), null],
  ['a holder without anybody who waits', locked({ database: databaseOf({ blockers: [blockerOf()] }) }), null],
  ['the holder is not known', locked({ database: databaseOf({ waiting: 3 }) }), null],
  ['the database was not looked at', locked({ database: null }), null],
  ['the database could not be looked at', locked({ database: failed('database') }), null],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));

test('whoever holds it from outside is named, so that a person finds him', () => {
  const cause = dbContention(caseOf(seen(FAULTS.foreign)))?.root_cause ?? '';
  for (const word of [
    'nightly-report',
    'user report',
    'pid 4711',
    'idle in transaction',
    '7 s',
    'LOCK TABLE orders',
  ])
    assert.ok(cause.includes(word), `${word} in ${cause}`);
});
