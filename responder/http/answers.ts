/** What is answered about incidents, as schemas. A test compares them with what is really sent, field by field. */
import { z } from 'zod';
import { WHYS } from '../incident/asked.ts';
import { STAGES, STATES } from '../incident/lifecycle.ts';
import { ACTIONS, CATEGORIES } from '../incident/vocabulary.ts';

export const OUTCOMES = ['resolved', 'no_action', 'escalated', 'failed'] as const;
const time = z.iso.datetime();
const maybe = <T extends z.ZodType>(schema: T) => schema.nullable();
const text = maybe(z.string());

export const PlannedAction = z
  .object({
    incidentId: z.string(),
    attempt: z.int(),
    action: z.enum(ACTIONS),
    target: z.string(),
    instance: text.describe('Null: the service as a whole.'),
    version: text.describe('For a ROLLBACK: the release to go back to.'),
  })
  .meta({ id: 'PlannedAction', description: 'Exactly what would be done; the hash covers every field.' });

export const ApprovalAnswer = z
  .object({
    hash: z.string(),
    planned: PlannedAction,
    askedAt: time,
    expiresAt: time,
    decision: maybe(z.enum(['approved', 'rejected'])).describe('Null: nobody has decided.'),
    by: text,
    at: maybe(time),
  })
  .meta({ id: 'Approval', description: 'What a person is asked, and what was answered.' });

export const HoldAnswer = z
  .object({ target: z.string(), by: z.string(), incidentId: z.string(), since: time, until: time })
  .meta({ id: 'Hold', description: 'A person has the target: nothing is done to it until then.' });

const head = {
  id: z.string(),
  target: z.string(),
  state: z.enum(STATES),
  stage: z.enum(STAGES).describe('What is done next.'),
  outcome: maybe(z.enum(OUTCOMES)),
  attempts: z.int().describe('How many actions were tried.'),
  retries: z.int().describe('How often in a row its stage broke.'),
  startsAt: time.describe("When the first alert began, by Prometheus' clock."),
  openedAt: time,
  closedAt: maybe(time),
  traceparent: text,
  follows: text.describe('The incident that was closed too soon, whose alerts this one is about.'),
};

export const IncidentSummary = z
  .object({
    ...head,
    alertname: text,
    category: maybe(z.enum(CATEGORIES)),
    conclusion: text,
    firing: z.boolean().describe('Whether one of its alerts still fires.'),
    notTakenBack: text.describe(
      'An action and its instance, where it could not be taken back and still stands there.',
    ),
  })
  .meta({ id: 'IncidentSummary' });
export const IncidentList = z
  .object({ incidents: z.array(IncidentSummary), next: text.describe('Cursor of the next page.') })
  .meta({ id: 'IncidentList' });

const Alert = z
  .object({
    fingerprint: z.string(),
    name: z.string(),
    status: z.enum(['firing', 'resolved']),
    severity: z.string(),
    startsAt: time,
    endsAt: maybe(time),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    generatorUrl: text,
    source: z.enum(['alertmanager', 'grafana', 'direct']),
  })
  .meta({ id: 'Alert' });

const Evidence = z
  .object({
    id: z.string().describe('`E1`, `E2`, ...'),
    source: z.string(),
    query: z.string().describe('What reproduces the reading.'),
    at: time,
    status: z.enum(['ok', 'no_data', 'error']),
    reading: z.string(),
    data: z.looseObject({ kind: z.string() }),
  })
  .meta({ id: 'Evidence' });

const Asked = z
  .object({
    model: z.string(),
    promptVersion: z.string(),
    promptHash: z.string().describe('SHA-256 of what was asked.'),
    answer: text.describe('As it came, its first 4,000 characters.'),
    cached: z.boolean().describe('The answer to the same question was there already.'),
    calls: z.int(),
    tokens: z.object({ in: z.number(), out: z.number() }),
    usd: z.number(),
    ms: z.number(),
    lookUps: z.array(z.object({ tool: z.string(), arguments: z.string(), result: z.string() })),
    flags: z.array(z.string()).describe('Kinds of words in the evidence that speak to the reader.'),
  })
  .meta({ id: 'Asked', description: 'What is kept of asking a model.' });

const Diagnosis = z
  .object({
    root_cause: z.string(),
    category: z.enum(CATEGORIES),
    action: z.enum(ACTIONS),
    target: z.string(),
    instance: text,
    version: text,
    justification: z.string(),
    confidence: z.number().min(0).max(1),
    citations: z.array(z.string()).describe('Ids of the evidence that carries the claim.'),
    provider: z.string(),
    fallthrough: z.array(
      z.object({
        provider: z.string(),
        reason: z.string(),
        why: z.enum(WHYS).optional(),
        asked: Asked.optional(),
      }),
    ),
    authority: z.enum(['rules', 'cloud', 'local', 'flagged']).optional(),
    asked: Asked.optional(),
    rules: z
      .object({
        category: z.enum(CATEGORIES),
        action: z.enum(ACTIONS),
        instance: text,
        version: text,
        confidence: z.number(),
        root_cause: z.string(),
      })
      .optional()
      .describe("Beside a model's answer: the rules' to the same evidence."),
  })
  .meta({ id: 'Diagnosis' });

const Verdict = z
  .object({
    decision: z.enum(['allow', 'ask', 'deny']),
    planned: PlannedAction,
    hash: z.string(),
    checks: z.array(z.object({ guard: z.string(), allowed: z.boolean(), reason: z.string() })),
    at: time,
  })
  .meta({ id: 'Verdict', description: 'In the order of the guards; the last check is the refusal, if any.' });

const ActionRecord = z
  .object({
    id: z.string(),
    incidentId: z.string(),
    attempt: z.int(),
    action: z.enum(ACTIONS),
    target: z.string(),
    instance: z.string(),
    runtime: z.string(),
    verdictHash: z.string(),
    before: z.looseObject({ lastOutput: z.string() }).describe('What was there before it.'),
    state: z.enum(['intended', 'done', 'failed', 'unknown', 'withdrawn']),
    detail: z.string(),
    intendedAt: time,
    settledAt: maybe(time),
    undo: maybe(
      z.object({
        state: z.enum(['due', 'done', 'failed']),
        dueAt: maybe(time),
        detail: z.string(),
        doneAt: maybe(time),
      }),
    ),
  })
  .meta({ id: 'Action' });

const Recovery = z
  .object({
    result: z.enum(['recovered', 'not_recovered', 'unknown', 'pending']),
    checks: z.array(
      z.object({ name: z.string(), result: z.enum(['pass', 'fail', 'unknown']), reading: z.string() }),
    ),
    looks: z.int(),
    since: z.string(),
    at: z.string(),
  })
  .meta({ id: 'Recovery' });

const Aftermath = z
  .object({
    series: z.array(z.object({ evidence: z.string(), series: z.array(z.tuple([z.number(), z.number()])) })),
    problem: text.describe('Why some or all of it could not be read.'),
  })
  .meta({ id: 'Aftermath', description: 'How the signals of the evidence went on, read when it ended.' });

const AuditEvent = z
  .object({
    at: time,
    stage: z.enum([...STAGES, 'receive', 'correlate']),
    state: z.enum(STATES),
    kind: z.string(),
    text: z.string(),
    ms: maybe(z.number()).describe('How long the stage took.'),
  })
  .meta({ id: 'AuditEvent' });

export const IncidentAnswer = z
  .object({
    ...head,
    approval: maybe(ApprovalAnswer).describe('What a person is or was asked last; null: nothing.'),
    followedBy: text.describe('The incident that goes on with it, where this one was closed too soon.'),
    hold: maybe(HoldAnswer).describe('Set while a person has the target by this incident.'),
    alerts: z.array(Alert),
    seen: z.array(z.string()).describe('Episodes that the last look at the system took into account.'),
    staleRounds: z
      .int()
      .describe('How often in a row the evidence was too old by the time it was to be used.'),
    unsettledRounds: z.int().describe('How often nothing was recognised and it was looked at again.'),
    signature: text.describe('Key under which the runbook learned from it.'),
    blamed: text.describe('Of an incident that follows another: the action that did not last.'),
    undoing: text.describe('The action that is taken back next.'),
    watchUntil: maybe(time),
    evidence: z.array(Evidence),
    evidenceAt: maybe(time),
    diagnosis: maybe(Diagnosis),
    verdict: maybe(Verdict),
    actions: z.array(ActionRecord),
    recovery: maybe(Recovery),
    aftermath: maybe(Aftermath),
    conclusion: text,
    lesson: text,
    postmortem: text,
    timeline: z.array(AuditEvent),
  })
  .meta({ id: 'Incident', description: 'One incident whole.' });

const RunbookEntry = z
  .object({
    signature: z.string(),
    action: z.enum(ACTIONS),
    category: z.enum(CATEGORIES),
    target: z.string(),
    succeeded: z.int(),
    failed: z.int(),
    note: z.string(),
    lastSeen: time,
    recent: z
      .object({ succeeded: z.number(), failed: z.number() })
      .describe('What the counts are worth today: a lesson counts half after each half-life.'),
  })
  .meta({ id: 'RunbookEntry' });
export const RunbookAnswer = z.object({ entries: z.array(RunbookEntry) }).meta({ id: 'Runbook' });
export const PlainRunbook = z
  .array(z.object({ timestamp: time, issue: z.string(), fix: z.string() }))
  .meta({ id: 'PlainRunbook' });
