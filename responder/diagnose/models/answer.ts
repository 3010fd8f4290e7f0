/**
 * The answer of a model: one schema for all of them, and what is checked beyond it. What does not pass is no diagnosis; the
 * reason is kept, and the next one is asked.
 */
import { z } from 'zod';
import { ACTIONS, CATEGORIES } from '../../incident/incident.ts';
import { CURES, chosen, type Option } from '../allowed.ts';
import type { Case, Hypothesis } from '../rules/hypothesis.ts';

const CAUSE_CHARS = 600;
const WHY_CHARS = 1_500;
const MOST_CITATIONS = 30;

export const ModelAnswer = z.object({
  root_cause: z.string().describe('One sentence.'),
  category: z.enum(CATEGORIES),
  action: z.enum(ACTIONS),
  target: z.string(),
  instance: z.string().nullable(),
  version: z.string().nullable(),
  justification: z.string(),
  confidence: z.number().describe('0 to 1'),
  citations: z.array(z.string()).describe('Ids of evidence.'),
});

/** For structured output: what all providers understand, bounds aside. */
export const MODEL_SCHEMA = plain(z.toJSONSchema(ModelAnswer)) as Record<string, unknown>;

function plain(schema: unknown): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, part) => (key === '$schema' || key === 'default' ? undefined : part)),
  );
}

export interface Terms {
  incident: Case;
  options: Option[];
  rules: Hypothesis;
  /** Whether its word counts where the rules say something else. */
  isTrusted: boolean;
}

/** Throws an Error whose message tells what is wrong with the answer. */
export function readAnswer(text: string, terms: Terms): Hypothesis {
  const { incident, options } = terms;
  const parsed = ModelAnswer.safeParse(jsonIn(text));
  if (!parsed.success) throw new Error(`its answer is not of the form: ${wordsOf(parsed.error)}`);
  const answer = parsed.data;
  const { action, category, confidence, version } = answer;
  if (!(confidence >= 0 && confidence <= 1)) throw new Error(`its confidence is ${confidence}`);
  const citations = citationsOf(answer.citations, incident);
  const target = answer.target.trim() || incident.target;
  const instance = answer.instance?.trim() || null;
  const option = chosen(options, { action, target, instance, version });
  if (action === 'NOOP') {
    if (category === 'none') refuseNone(terms);
  } else {
    if (!option) throw new Error(`${action}${toward(answer)} is not among what may be chosen`);
    if (!CURES[action].includes(category)) throw new Error(`${action} does not cure ${category}`);
  }
  return {
    ...{ category, action, confidence, citations },
    instance: option?.instance ?? null,
    version: option?.version ?? null,
    ...(option && option.target !== incident.target ? { target: option.target } : {}),
    root_cause: answer.root_cause.trim().slice(0, CAUSE_CHARS) || 'no cause is named',
    justification: answer.justification.trim().slice(0, WHY_CHARS),
  };
}

/** Some wrap it into a fence of Markdown, some think aloud before it. */
function jsonIn(text: string): unknown {
  const bare = text.replace(/^[\s\S]*?<\/think>/, '').trim();
  const inside = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(bare)?.[1] ?? bare;
  try {
    return JSON.parse(inside);
  } catch {
    throw new Error(`its answer is no JSON: ${JSON.stringify(text.slice(0, 80))}`);
  }
}

function wordsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`)
    .join('; ');
}

function citationsOf(given: string[], { evidence }: Case): string[] {
  const known = new Set(evidence.map(({ id }) => id));
  const citations = [...new Set(given.map((id) => id.trim()))];
  const missing = citations.filter((id) => !known.has(id));
  if (missing.length > 0)
    throw new Error(`it cites ${missing.slice(0, 5).join(', ').slice(0, 60)}, which does not exist`);
  if (citations.length === 0 && evidence.length > 0) throw new Error('it cites no evidence');
  return citations.slice(0, MOST_CITATIONS);
}

/** "Nothing is wrong" closes an incident without a person: not while an alert holds, and not against the rules. */
function refuseNone({ incident, rules, isTrusted }: Terms): void {
  const holding = incident.evidence.find(({ data }) => data.kind === 'alert' && data.holds === true);
  if (holding)
    throw new Error(`it says that nothing is wrong, while ${holding.id} shows that the alert holds`);
  if (isTrusted ? rules.action !== 'NOOP' : rules.category !== 'none')
    throw new Error(`it says that nothing is wrong, while the rules see ${rules.category}`);
}

function toward({ target, instance, version }: z.infer<typeof ModelAnswer>): string {
  return ` of ${instance ?? target}${version ? ` to ${version}` : ''}`;
}
