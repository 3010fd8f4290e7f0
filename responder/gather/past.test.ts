import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, diagnosisOf, incidentOf, NOW } from '../../test/builders.ts';
import type { Incident, RunbookEntry } from '../incident/incident.ts';
import type { Likeness } from '../incident/runbook.ts';
import { makePastSource } from './past.ts';

const ENTRY: RunbookEntry = {
  ...{ signature: 'bank: X, memory_leak', action: 'RESTART', category: 'memory_leak', target: 'bank' },
  ...{ succeeded: 4, failed: 1, note: 'RESTART helped', lastSeen: '2026-02-01T08:00:00.000Z' },
  ...{ recent: { succeeded: 2.1, failed: 0.5 }, match: 'another target, bank, the same alerts' },
};

async function past(over: Partial<Incident> = {}, entries = [ENTRY]) {
  const asked: Likeness[] = [];
  const similar = async (like: Likeness) => {
    asked.push(like);
    return entries;
  };
  const question = { incident: incidentOf(over), target: null, now: NOW, signal: AbortSignal.timeout(1_000) };
  const source = makePastSource({ runbook: { similar } });
  return { findings: await source.read(question), asked, query: source.query(question) };
}

test('what is recalled says how alike it is, what it is worth today, and how old it is', async () => {
  const { findings, query } = await past();
  assert.deepEqual(findings, [
    {
      ...{ source: 'runbook', query, at: NOW.toISOString(), status: 'ok' },
      reading:
        'another target, bank, the same alerts: RESTART on "bank: X, memory_leak" worked 4 times and failed 1 times (worth 2.1 and 0.5 today), last on 2026-02-01',
      data: { kind: 'runbook', entry: ENTRY },
    },
  ]);
  assert.equal(query, 'runbook entries of shop, and of others with TargetMemorySaturated');
  assert.deepEqual((await past({}, [])).findings, []);
});

test('it is asked for by target and alerts, each name once, and by the cause where one was found', async () => {
  const alerts = ['B', 'A', 'B'].map((name, i) => alertOf({ name, fingerprint: `f${i}` }));
  const [like] = (await past({ alerts })).asked;
  assert.deepEqual(like, { target: 'shop', alerts: ['A', 'B'], category: null });
  assert.equal((await past({ diagnosis: diagnosisOf() })).asked[0]?.category, 'memory_leak');
  const unknown = diagnosisOf({ category: 'unknown' });
  assert.equal((await past({ diagnosis: unknown })).asked[0]?.category, null);
});
