import { test } from 'node:test';
import { alertRead } from '../../../test/builders.ts';
import {
  CALM,
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
import { trafficSurge } from './traffic-surge.ts';

const expect = expectOf(trafficSurge);
const UP = 'traffic_surge SCALE_UP null';
const surge = (over: Partial<Seen> = {}) => seen({ ...FAULTS.surge, ...over });
const rate = (values: (ago: number) => number, over = {}) =>
  signalOf('request_rate', values, { unit: '1/s', ...over });

const CASES: [string, Item[], string | null, boolean?][] = [
  ['more requests than slots', surge(), UP],
  [
    'a second after the onset',
    surge({ rate: rate(stepOf(20, 36, 0)), errors: signalOf('error_ratio', stepOf(0, 0.1, 0)) }),
    UP,
  ],
  [
    'of two scrapes the second was shown a calm moment',
    surge({ slots: signalOf('concurrency_utilization', (ago) => (ago === 0 ? 0 : 2)) }),
    UP,
  ],
  [
    'a second surge, soon after the first',
    surge({ rate: rate((ago) => (ago <= 3 || (ago > 30 && ago <= 45) ? 90 : 20), { span: 60 }) }),
    UP,
  ],
  [
    'as much as ever, after a lull',
    surge({ rate: rate((ago) => (ago > 10 && ago <= 25 ? 2 : 20), { span: 60 }) }),
    null,
  ],
  ['steady traffic', surge({ rate: CALM.rate }), null],
  ['half as much again, of very little', surge({ rate: rate(stepOf(2, 10)) }), null],
  ['a lot, but less than half as much again', surge({ rate: rate(stepOf(100, 140)) }), null],
  [
    'one instance takes over from another',
    surge({ rate: rate(stepOf(20, 40)), more: [rate(stepOf(20, 0), { instance: 'shop-2' })] }),
    null,
  ],
  ['both instances get more', surge({ more: [rate(stepOf(20, 90), { instance: 'shop-2' })] }), UP],
  ['traffic not seen', surge({ rate: null }), null],
  ['too little of it seen', surge({ rate: rate(stepOf(20, 90, 2), { span: 4 }) }), null],
  ['there is room', surge({ slots: CALM.slots }), null],
  ['no room in the event loop', surge({ slots: CALM.slots, loop: FAULTS.cpu.loop }), UP],
  [
    'no room in the pool',
    surge({ slots: CALM.slots, pool: FAULTS.errors.pool, pending: FAULTS.errors.pending }),
    UP,
  ],
  ['which limit it reached nobody tells', surge({ slots: null }), UP, false],
  ['sessions wait for a lock', surge({ database: FAULTS.db.database }), null],
  ['requests failed long before', surge({ errors: signalOf('error_ratio', steady(0.3)) }), UP, false],
  ['a release just before it', surge({ changes: deploy(20) }), UP, false],
  ['a release ten minutes before it', surge({ changes: deploy(600) }), UP],
  ['a release after it', surge({ changes: deploy(0) }), UP],
  ['releases and locks not seen', surge({ changes: failed('changes'), database: failed('database') }), UP],
  ['nobody minds', surge({ errors: CALM.errors, alert: alertRead(false) }), null],
  ['slow only', surge({ errors: CALM.errors, alert: alertRead(true) }), UP],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));
