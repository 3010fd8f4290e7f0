/** The one incident that the documented examples are about. A test reads each by its schema. */
export const EXAMPLE_ID = 'inc-mk8x2f1c-0a1b2c';
export const EXAMPLE_HASH = '3f0c7a94be5d2168a0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50617';

export const EXAMPLE_APPROVAL = {
  hash: EXAMPLE_HASH,
  planned: {
    incidentId: EXAMPLE_ID,
    attempt: 1,
    action: 'RESTART',
    target: 'target-app',
    instance: 'target-app-1',
    version: null,
  },
  askedAt: '2026-03-01T12:00:01.250Z',
  expiresAt: '2026-03-01T12:15:01.250Z',
  decision: 'approved',
  by: 'kim',
  at: '2026-03-01T12:00:40.000Z',
};
export const EXAMPLE_HOLD = {
  target: 'target-app',
  by: 'kim',
  incidentId: EXAMPLE_ID,
  since: '2026-03-01T12:00:40.000Z',
  until: '2026-03-01T12:30:40.000Z',
};
export const EXAMPLE_SUMMARY = {
  id: EXAMPLE_ID,
  target: 'target-app',
  state: 'resolved',
  stage: 'closed',
  outcome: 'resolved',
  attempts: 1,
  retries: 0,
  startsAt: '2026-03-01T12:00:00.000Z',
  openedAt: '2026-03-01T12:00:00.900Z',
  closedAt: '2026-03-01T12:00:12.000Z',
  traceparent: null,
  follows: null,
  alertname: 'TargetMemorySaturated',
  category: 'memory_leak' as const,
  conclusion: 'RESTART on target-app-1 helped',
  firing: false,
  notTakenBack: null,
};
