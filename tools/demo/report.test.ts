import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOf, textOf } from './report.ts';
import type { Told } from './run.ts';

const TOLD: Told = {
  fault: 'memory',
  breach: { at: new Date(1_000), text: 'memory passed 85 % of its limit' },
  incident: {
    ...{ id: 'inc-1', target: 'target-app', outcome: 'resolved', conclusion: null, lesson: null },
    ...{ startsAt: new Date(1_000).toISOString(), closedAt: new Date(9_000).toISOString() },
    ...{ alerts: [], evidence: [], diagnosis: null, verdict: null },
    ...{ actions: [], recovery: null, timeline: [] },
  },
  takenBackAt: null,
};
const ADDRESSES = { responder: 'http://127.0.0.1:8001' };

test('the API token stands beside the addresses where everything stays up, and nowhere else', () => {
  const report = reportOf(TOLD);
  const lines = (token: string | null) => textOf(TOLD, report, ADDRESSES, token);
  const open = lines('t0ken').slice(lines('t0ken').indexOf('Open'));
  assert.ok(open.includes('  http://127.0.0.1:8001/incidents/inc-1'));
  assert.equal(open.filter((line) => line.endsWith(': t0ken')).length, 1);
  assert.deepEqual(
    lines(null).filter((line) => /token/i.test(line)),
    [],
  );
});
