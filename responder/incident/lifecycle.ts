/** The legal life of an incident. The database holds the same table as a trigger (migrations/). */

export const STATES = [
  'detected',
  'diagnosing',
  'awaiting_approval',
  'remediating',
  'verifying',
  'resolved',
  'no_action',
  'escalated',
  'failed',
] as const;
export type State = (typeof STATES)[number];

/** What a worker runs next. `closed` is never claimed. */
export const STAGES = [
  'gather',
  'diagnose',
  'guard',
  'approve',
  'remediate',
  'verify',
  'learn',
  'closed',
] as const;
export type Stage = (typeof STAGES)[number];

/** From each state, the states that may follow it (staying is always legal). */
export const MOVES: Record<State, readonly State[]> = {
  detected: ['diagnosing'],
  diagnosing: ['awaiting_approval', 'remediating', 'no_action', 'escalated'],
  awaiting_approval: ['diagnosing', 'remediating', 'no_action', 'escalated'],
  remediating: ['diagnosing', 'verifying', 'no_action', 'escalated', 'failed'],
  verifying: ['diagnosing', 'remediating', 'resolved', 'no_action', 'escalated', 'failed'],
  resolved: [],
  no_action: [],
  escalated: [],
  failed: [],
};

const STATE_OF_STAGE: Partial<Record<Stage, State>> = {
  gather: 'diagnosing',
  diagnose: 'diagnosing',
  guard: 'diagnosing',
  approve: 'awaiting_approval',
  remediate: 'remediating',
  verify: 'verifying',
};

/** State an incident is in while `stage` runs. Learning changes nothing: it belongs to whatever came before. */
export function stateDuring(stage: Stage, current: State): State {
  return STATE_OF_STAGE[stage] ?? current;
}

export function isMoveLegal(from: State, to: State): boolean {
  return from === to || MOVES[from].includes(to);
}

export function isEnd(state: State): boolean {
  return MOVES[state].length === 0;
}
