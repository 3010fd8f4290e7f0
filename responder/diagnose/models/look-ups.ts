/** What a model may look up before it answers. All of it only reads, about the case at hand, and is capped. */
import { z } from 'zod';
import type { Tool } from '../../clients/model.ts';
import { wordsOf } from '../../errors.ts';

/** Who really looks. Each gives text, for a reader; what they throw is told to the model. */
export interface Sources {
  promql(query: string, signal: AbortSignal): Promise<string>;
  /** Lines of the target's log that hold the text, the newest last. */
  logs(target: string, text: string): Promise<string>;
  /** The last incidents of the target that have ended, in a few lines each, the newest last. */
  past(target: string): Promise<string>;
}
export interface LookUp {
  tool: string;
  /** As the model gave it. */
  arguments: string;
  result: string;
}

/** The model's words in a record: so many characters of each. */
const ARGUMENT_CHARS = 500;
export const RESULT_CHARS = 2_000;

const Promql = z.object({ query: z.string().min(1).max(ARGUMENT_CHARS) });
const Logs = z.object({ text: z.string().min(2).max(200) });

const object = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const TOOLS: Tool[] = [
  {
    name: 'promql',
    description:
      'One PromQL expression that gives an instant vector, over the last 30 minutes, one value a minute. A bare range selector such as up[5m] is refused: put a function round it.',
    parameters: object({ query: { type: 'string', description: 'PromQL' } }),
  },
  {
    name: 'logs',
    description: 'The newest lines of the log of the target that hold a text, of the last minutes.',
    parameters: object({ text: { type: 'string', description: 'A plain text, no pattern.' } }),
  },
  {
    name: 'past_incidents',
    description: 'How the last incidents of the target were diagnosed, and how they ended; the newest last.',
    parameters: object({ why: { type: 'string', description: 'What is to be learned from them.' } }),
  },
];

/** @param mayReadLogs whether words of logs may leave the house */
export const toolsFor = (mayReadLogs: boolean): Tool[] =>
  mayReadLogs ? TOOLS : TOOLS.filter(({ name }) => name !== 'logs');

type Call = { name: string; arguments: Record<string, unknown> };

/** Never throws but for an aborted `signal`: that something cannot be looked up is told, too. */
export async function lookUp(
  sources: Sources,
  target: string,
  call: Call,
  tools: Tool[],
  signal: AbortSignal,
): Promise<LookUp> {
  const given = JSON.stringify(call.arguments).slice(0, ARGUMENT_CHARS);
  const result = await resultOf(sources, target, call, tools, signal).catch((error) => {
    signal.throwIfAborted();
    return `it could not be looked up: ${wordsOf(error)}`;
  });
  return {
    tool: call.name.slice(0, 40),
    arguments: given,
    result: newestOf(result) || 'nothing was found',
  };
}

/**
 * The last whole lines that fit, since the newest stand last, and how much is left out. A line that is cut at its head could lose
 * the name of a secret.
 */
export function newestOf(text: string): string {
  if (text.length <= RESULT_CHARS) return text;
  const room = RESULT_CHARS - CUT_CHARS;
  const line = text.indexOf('\n', text.length - room);
  const kept = line === -1 ? text.slice(0, room) : text.slice(line + 1);
  // What was cut before may be too long again, once marks stand in it for what was blanked.
  const [told = '', before = '0'] = CUT.exec(text) ?? [];
  const left = Number(before) + text.length - told.length - kept.length;
  const cut = `[cut: ${left} characters do not fit]`;
  return line === -1 ? `${kept}\n${cut}` : `${cut}\n${kept}`;
}
const CUT = /^\[cut: (\d{1,9}) characters do not fit\]\n/;
/** Of such a line. */
const CUT_CHARS = 50;

async function resultOf(
  sources: Sources,
  target: string,
  call: Call,
  tools: Tool[],
  signal: AbortSignal,
): Promise<string> {
  const names = tools.map(({ name }) => name);
  // Also where it knows the name of one that it was not given.
  switch (names.includes(call.name) ? call.name : null) {
    case 'promql':
      return sources.promql(Promql.parse(call.arguments).query, signal);
    case 'logs':
      return sources.logs(target, Logs.parse(call.arguments).text);
    case 'past_incidents':
      return sources.past(target);
    default:
      return `there is no tool of that name; there are ${names.join(', ')}`;
  }
}
