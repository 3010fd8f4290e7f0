import { test } from 'node:test';
import { alertRead } from '../../../test/builders.ts';
import {
  CALM,
  databaseOf,
  deploy,
  expectOf,
  FAULTS,
  failed,
  type Item,
  type Seen,
  seen,
  signalOf,
  steady,
  stepOf,
} from './case.test-helper.ts';
import { resourceExhaustion } from './resource-exhaustion.ts';

const expect = expectOf(resourceExhaustion);
const RESTART = 'resource_exhaustion RESTART shop-1';
const leak = (over: Partial<Seen> = {}) => seen({ ...FAULTS.errors, ...over });
const sees = (name: string, healthy: boolean, instance = 'shop-1'): Item => ({
  kind: 'dependency',
  dependency: { name, healthy, latency_ms: 3 },
  instance,
});
const other = { instance: 'shop-2' };

const CASES: [string, Item[], string | null, boolean?][] = [
  ['a full pool, idle sessions, no more traffic, nothing released', leak(), RESTART],
  ['a healthy shop', seen(), null],
  ['errors without a full pool', leak({ pool: CALM.pool, pending: CALM.pending }), null],
  ['a full pool for which nobody waits', leak({ pending: CALM.pending }), null],
  [
    'somebody waits for the pool of another instance',
    leak({ pending: signalOf('db_pool_pending', steady(9), other) }),
    null,
  ],
  [
    'of two instances the one whose pool is full',
    leak({ more: [signalOf('db_pool_pending', steady(0), other)] }),
    RESTART,
  ],
  ['sessions wait for a lock that somebody holds', leak({ database: FAULTS.db.database }), null],
  ['traffic grew: a surge', leak({ rate: FAULTS.surge.rate }), null],
  [
    'it reaches its database again: a lock was freed just now',
    leak({ more: [sees('database', true)] }),
    null,
  ],
  ['another instance reaches it', leak({ more: [sees('database', true, 'shop-2')] }), RESTART],
  ['it reaches something else', leak({ more: [sees('mail', true)] }), RESTART],
  ['it does not reach its database', leak({ more: [sees('database', false)] }), RESTART],
  ['a release before it', leak({ changes: deploy(5) }), RESTART, false],
  [
    'errors were there before the release',
    leak({ errors: signalOf('error_ratio', steady(0.3)), changes: deploy(10) }),
    RESTART,
  ],
  [
    'the alert holds, the ratio is low again',
    leak({ errors: signalOf('error_ratio', stepOf(0.3, 0)) }),
    RESTART,
  ],
  [
    'few fail, an alert of another kind holds',
    leak({ errors: CALM.errors, alert: alertRead(true) }),
    RESTART,
  ],
  ['nothing fails and no alert holds', leak({ errors: CALM.errors, alert: alertRead(false) }), null],
  [
    'most sessions are at work',
    leak({ database: databaseOf({ sessions: { active: 9, idle: 1 } }) }),
    RESTART,
    false,
  ],
  ['the database was not looked at', leak({ database: null }), RESTART, false],
  ['the database could not be looked at', leak({ database: failed('database') }), RESTART, false],
  ['traffic not seen', leak({ rate: null }), RESTART],
  ['neither traffic nor releases seen', leak({ rate: null, changes: null }), RESTART, false],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));
