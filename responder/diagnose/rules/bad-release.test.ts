import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badRelease } from './bad-release.ts';
import {
  CALM,
  caseOf,
  deploy,
  expectOf,
  FAULTS,
  type Item,
  type Seen,
  seen,
  signalOf,
  steady,
  stepOf,
} from './case.test-helper.ts';

const expect = expectOf(badRelease);
const BACK = 'bad_release ROLLBACK 1.0.0';
const bad = (over: Partial<Seen> = {}) => seen({ ...FAULTS.release, ...over });
const failing = (values: (ago: number) => number, span = 30) => signalOf('error_ratio', values, { span });
/** The process is restarted by the deploy: for two seconds nothing is measured. */
const gap = (errors: Item, from: number, to: number): Item => {
  if (!('kind' in errors) || errors.kind !== 'signal' || !errors.signal) throw new Error('no signal');
  const end = errors.signal.series.at(-1)?.[0] ?? 0;
  const series = errors.signal.series.filter(([at]) => end - at < to || end - at > from);
  return { ...errors, signal: { ...errors.signal, series } };
};

const CASES: [string, Item[], string | null, boolean?][] = [
  ['requests fail since a release, and did not before', bad(), BACK],
  [
    'a blip long before the release',
    bad({ errors: failing((ago) => (ago === 20 ? 0.5 : ago > 3 ? 0 : 0.3)) }),
    BACK,
  ],
  [
    'a moment without errors since',
    bad({ errors: failing((ago) => (ago > 8 || ago === 5 ? 0 : 0.3)), changes: deploy(10) }),
    BACK,
  ],
  ['a gap while it was restarted', bad({ errors: gap(failing(stepOf(0, 0.3)), 6, 4) }), BACK],
  [
    'the alert came a second after the onset',
    bad({ errors: failing(stepOf(0, 0.05, 0)), changes: deploy(2) }),
    BACK,
  ],
  ['few failed before, many since', bad({ errors: failing(stepOf(0.02, 0.3)) }), BACK],
  ['more than a fifth as many failed before', bad({ errors: failing(stepOf(0.1, 0.3, 4)) }), null],
  ['errors had begun before the release', bad({ errors: failing(stepOf(0, 0.3, 15)) }), null],
  [
    'errors had begun before it, and paused while it was restarted',
    bad({ errors: failing((ago) => (ago > 20 || (ago < 6 && ago > 1) ? 0 : 0.3)) }),
    null,
  ],
  ['too little seen before it', bad({ errors: failing(stepOf(0, 0.3), 7) }), BACK, false],
  ['nothing seen before it', bad({ errors: failing(steady(0.3), 4) }), BACK, false],
  [
    'they began minutes after it',
    bad({ errors: failing(stepOf(0, 0.3), 590), changes: deploy(500) }),
    BACK,
    false,
  ],
  [
    'it was released an hour ago',
    bad({ errors: failing(stepOf(0, 0.3), 590), changes: deploy(3_000) }),
    null,
  ],
  ['a release of another target', bad({ changes: deploy(5, '1', '2', { target: 'bank' }) }), null],
  ['a change of its configuration', bad({ changes: deploy(5, 'a', 'b', { kind: 'config' }) }), null],
  [
    'the release was taken back already',
    bad({ more: [deploy(60)], changes: deploy(5, '1.1.0', '1.0.0') }),
    null,
  ],
  [
    'it is released again after it was taken back',
    bad({ more: [deploy(120), deploy(60, '1.1.0', '1.0.0')] }),
    BACK,
  ],
  [
    'it is released to two instances',
    bad({ more: [deploy(4, '1.0.0', '1.1.0', { instance: 'shop-2' })] }),
    BACK,
  ],
  ['nothing was released', bad({ changes: CALM.changes }), null],
  ['what was released was not looked at', bad({ changes: null }), null],
  ['no release before it on record', bad({ changes: deploy(5, null) }), 'bad_release NOOP null'],
  ['nothing fails', bad({ errors: CALM.errors, alert: CALM.alert }), null],
  ['how many fail is not known', bad({ errors: null }), null],
  ['traffic beyond the limit', bad({ rate: FAULTS.surge.rate, slots: FAULTS.surge.slots }), BACK, false],
  ['more traffic, with room', bad({ rate: FAULTS.surge.rate }), BACK],
  ['sessions wait for a lock', bad({ database: FAULTS.db.database }), BACK, false],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));

test('what failed before and since is told', () => {
  assert.match(badRelease(caseOf(bad()))?.root_cause ?? '', /30 % of them fail since, 0 % before/);
});
