/**
 * THE IDEA, on one screen:
 *
 *   receive -> correlate -> gather -> diagnose -> guard -> (approve ->) remediate -> verify -> learn
 *
 * Receive and correlate run in the request that brings an alert and leave an incident due for `gather`. From there a
 * worker runs one stage after the other; NEXT says which result leads where. Every stage returns its result, a
 * sentence for the timeline, and what it found; nothing else passes between stages.
 */
import type { Incident, Outcome } from './incident/incident.ts';
import type { Stage } from './incident/lifecycle.ts';
import type { Lesson } from './incident/runbook.ts';
import type { Lease, Step } from './incident/store.ts';

export type WorkingStage = Exclude<Stage, 'closed'>;

const NEXT = {
  gather: { gathered: 'diagnose' },
  diagnose: { diagnosed: 'guard', unsettled: 'gather' },
  guard: { allowed: 'remediate', ask: 'approve', denied: 'learn', stale: 'gather' },
  approve: { approved: 'gather', pending: 'approve', ended: 'learn' },
  remediate: { acted: 'verify', wait: 'remediate', undone: 'gather', stopped: 'learn', stale: 'gather' },
  verify: { recovered: 'learn', pending: 'verify', undo: 'remediate', again: 'gather', ended: 'learn' },
  learn: { learned: 'closed' },
} as const satisfies Record<WorkingStage, Record<string, Stage>>;

interface StageResult<S extends WorkingStage> extends Omit<Step, 'next' | 'events'> {
  result: keyof (typeof NEXT)[S];
  say: string;
  outcome?: Outcome;
  lesson?: Lesson;
}
export interface Run {
  signal: AbortSignal;
  lease: Lease;
}
export type Stages = { [S in WorkingStage]: (incident: Incident, run: Run) => Promise<StageResult<S>> };

export interface Done {
  step: Step;
  result: string;
  say: string;
}
export type Flow = (incident: Incident, run: Run) => Promise<Done>;

export function makeFlow(stages: Stages): Flow {
  return async (incident, run) => {
    const stage = incident.stage as WorkingStage;
    const { result, say, ...rest } = await stages[stage](incident, run);
    const next = (NEXT[stage] as Record<string, Stage>)[result] as Stage;
    // A look that only says "not yet" is no event: the timeline would be full of them.
    const events = next === stage && result === 'pending' ? [] : [{ kind: result, text: say }];
    return { step: { ...rest, next, events }, result, say };
  };
}
