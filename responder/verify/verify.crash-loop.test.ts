import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, diagnosisOf, evidenceOf, exitOf, exits } from '../../test/builders.ts';
import type { ExitData } from '../incident/incident.ts';
import {
  ACTED,
  actionOf,
  after,
  incidentOf,
  look,
  lookingBack,
  resultOf,
  seriesOf,
  type World,
} from './verify.test-helper.ts';

/** Rolled back out of a crash loop, in which it lived for 3 s; its alert looks back over five minutes. */
const crashLooped = (ends: ExitData[] | Error, over: World = {}) =>
  look({
    ends,
    incident: incidentOf({
      diagnosis: diagnosisOf({ category: 'crash_loop', action: 'ROLLBACK' }),
      evidence: evidenceOf(exits(exitOf({ livedMs: 3_000 }))),
      alerts: [alertOf({ name: 'TargetCrashLooping', annotations: { sli: 'up', threshold: '1' } })],
    }),
    series: [seriesOf([after(1), 1])],
    breach: { lookingBack: { ...lookingBack, windowSeconds: 300 } },
    ...over,
  });

test('out of a crash loop: it has to stay up for longer than it lived, and its alert, which still fires, is watched', async () => {
  assert.equal((await crashLooped([], { now: 7 })).result, 'pending');
  const { result, outcome, found } = await crashLooped([], { now: 8 });
  assert.deepEqual([result, outcome], ['recovered', 'resolved']);
  assert.match(found.conclusion ?? '', /proved by process, stays up, health, sli up, alert \(watched\)/);
  assert.equal(found.watchUntil, new Date(ACTED + (8 + 300 + 10) * 1_000).toISOString());
});

test('one that ended again is not out of its loop: in the end the release is put back', async () => {
  const again = [exitOf({ at: new Date(ACTED + 4_000).toISOString() })];
  assert.equal((await crashLooped(again, { now: 20 })).result, 'pending');
  const rolledBack = actionOf({ action: 'ROLLBACK' });
  const incident = incidentOf({ diagnosis: diagnosisOf({ category: 'crash_loop' }), actions: [rolledBack] });
  const { result, say } = await crashLooped(again, { now: 31, incident });
  assert.equal(result, 'undo');
  assert.match(say, /not recovered after .*shop-1 ended by itself \(exit code 1\)/);
});

test('ends that cannot be read prove nothing, and are not asked for after any other cause', async () => {
  assert.equal((await crashLooped(new Error('no database'), { now: 20 })).result, 'pending');
  assert.equal(await resultOf({ ends: new Error('no database') }), 'recovered');
  assert.equal(
    await resultOf({ ends: [exitOf({ at: new Date(ACTED + 1_000).toISOString() })] }),
    'recovered',
  );
});
