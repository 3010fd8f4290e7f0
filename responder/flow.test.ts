import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, plannedOf } from '../test/builders.ts';
import { makeFlow, type Run, type Stages, type WorkingStage } from './flow.ts';
import { isEnd, isMoveLegal, STAGES, type Stage, type State, stateDuring } from './incident/lifecycle.ts';

const run: Run = {
  signal: new AbortController().signal,
  lease: { incidentId: 'inc-1', owner: 'me', token: '1', until: 0 },
};
type Result<S extends WorkingStage> = Awaited<ReturnType<Stages[S]>>['result'];
/** Every result of every stage; the compiler says when one is missing. */
const RESULTS: { [S in WorkingStage]: Record<Result<S>, Stage> } = {
  gather: { gathered: 'diagnose' },
  diagnose: { diagnosed: 'guard', unsettled: 'gather' },
  guard: { allowed: 'remediate', ask: 'approve', denied: 'learn', stale: 'gather' },
  approve: { approved: 'gather', pending: 'approve', ended: 'learn' },
  remediate: { acted: 'verify', wait: 'remediate', undone: 'gather', stopped: 'learn', stale: 'gather' },
  verify: { recovered: 'learn', pending: 'verify', undo: 'remediate', again: 'gather', ended: 'learn' },
  learn: { learned: 'closed' },
};
const EACH = Object.entries(RESULTS).flatMap(([stage, results]) =>
  Object.entries(results).map(([result, next]) => ({
    stage: stage as WorkingStage,
    result,
    next: next as Stage,
  })),
);
/** A flow whose stages all give this answer. */
function flowThat(answer: object) {
  const stages = Object.fromEntries(Object.keys(RESULTS).map((stage) => [stage, async () => answer]));
  return makeFlow(stages as unknown as Stages);
}

test('every result of every stage leads to the stage that the loop has next', async () => {
  for (const { stage, result, next } of EACH) {
    const { step } = await flowThat({ result, say: 'so' })(incidentOf({ stage }), run);
    assert.equal(step.next, next, `${stage}: ${result}`);
    assert.ok(STAGES.includes(step.next));
  }
});

test('every stage but the last can be reached, and every move of state on the way is legal', () => {
  const reached = new Set<string>();
  const visit = (stage: Stage, state: State) => {
    if (stage === 'closed' || reached.has(`${stage} ${state}`)) return;
    reached.add(`${stage} ${state}`);
    for (const { next } of EACH.filter((one) => one.stage === stage)) {
      const after = stateDuring(next, state);
      assert.ok(isMoveLegal(state, after), `${stage} -> ${next}: ${state} -> ${after}`);
      visit(next, after);
    }
  };
  visit('gather', 'diagnosing');
  const stages = new Set([...reached].map((one) => one.split(' ')[0]));
  assert.deepEqual([...stages].sort(), [...STAGES].filter((stage) => stage !== 'closed').sort());
});

test('each result leads from the state of its stage to that of the next by a legal move', () => {
  for (const { stage, result, next } of EACH.filter((one) => one.stage !== 'learn')) {
    const [from, to] = [stateDuring(stage, 'detected'), stateDuring(next, stateDuring(stage, 'detected'))];
    assert.ok(isMoveLegal(from, to), `${stage}: ${result}: ${from} -> ${to}`);
  }
});

test('from every state in which learning can begin, a person and no action are legal ends', () => {
  for (const state of ['diagnosing', 'awaiting_approval', 'remediating', 'verifying'] as const)
    for (const end of ['escalated', 'no_action'] as const)
      assert.ok(isEnd(end) && isMoveLegal(state, end), `${state} -> ${end}`);
});

test('what was taken back with the attempts used up ends as failed, and only what was verified as resolved', () => {
  const [remediating, verifying] = [
    stateDuring('remediate', 'verifying'),
    stateDuring('verify', 'remediating'),
  ];
  for (const state of [remediating, verifying]) assert.ok(isMoveLegal(state, 'failed'));
  assert.ok(isMoveLegal(verifying, 'resolved') && !isMoveLegal(remediating, 'resolved'));
});

test('a yes is no ticket: from the question the way leads through the evidence and the guards again', () => {
  const reached = new Set<Stage>();
  const visit = (stage: Stage) => {
    if (stage === 'guard' || reached.has(stage)) return;
    reached.add(stage);
    for (const { next } of EACH.filter((one) => one.stage === stage)) visit(next);
  };
  visit('approve');
  assert.ok(!reached.has('remediate'), [...reached].join(', '));
});

test('a stage is given the incident and the run, and only its own is called', async () => {
  const called: [string, unknown, unknown][] = [];
  const stages = Object.fromEntries(
    Object.keys(RESULTS).map((stage) => [
      stage,
      async (incident: unknown, given: unknown) => {
        called.push([stage, incident, given]);
        return { result: 'denied', say: '' };
      },
    ]),
  );
  const incident = incidentOf({ stage: 'guard' });
  await makeFlow(stages as unknown as Stages)(incident, run);
  assert.deepEqual(called, [['guard', incident, run]]);
});

test('what a stage found, decided and asked for is in the step, its words in the timeline', async () => {
  const answer = {
    result: 'stopped',
    say: 'halted',
    found: { conclusion: 'halted' },
    outcome: 'escalated',
    attempts: 1,
    dueInMs: 5,
  };
  const done = await flowThat(answer)(incidentOf({ stage: 'remediate' }), run);
  assert.deepEqual(done, {
    result: 'stopped',
    say: 'halted',
    step: {
      next: 'learn',
      found: { conclusion: 'halted' },
      outcome: 'escalated',
      attempts: 1,
      dueInMs: 5,
      events: [{ kind: 'stopped', text: 'halted' }],
    },
  });
});

test('a question is in the step, for the store to write with the rest', async () => {
  const question = { hash: 'h', planned: plannedOf(), ttlMs: 5 };
  const { step } = await flowThat({ result: 'ask', say: 'may I?', question })(
    incidentOf({ stage: 'guard' }),
    run,
  );
  assert.deepEqual([step.next, step.question], ['approve', question]);
  assert.deepEqual(step.events, [{ kind: 'ask', text: 'may I?' }]);
});

test('only "not yet" is no event; waiting out a call is one', async () => {
  const events = async (stage: WorkingStage, result: string) =>
    (await flowThat({ result, say: 'so' })(incidentOf({ stage }), run)).step.events;
  assert.deepEqual(await events('verify', 'pending'), []);
  assert.deepEqual(await events('approve', 'pending'), []);
  assert.deepEqual(await events('remediate', 'wait'), [{ kind: 'wait', text: 'so' }]);
});

test('a stage that breaks breaks the flow', async () => {
  const stages = { gather: async () => Promise.reject(new Error('no database')) } as unknown as Stages;
  await assert.rejects(makeFlow(stages)(incidentOf({ stage: 'gather' }), run), /no database/);
});
