/** What every client of a language model takes and gives, whoever makes the model. Failures are values, by kind. */
import { wordsOf } from '../errors.ts';

export interface Tokens {
  in: number;
  out: number;
}
/** Something that the model wants looked up before it answers. */
export interface ToolCall {
  /** As the provider names it; its answer goes back under the same. */
  id: string;
  name: string;
  arguments: Record<string, unknown>;
}
export interface Tool {
  name: string;
  description: string;
  /** JSON schema of an object. */
  parameters: JsonSchema;
}
/** As far as all three speak it: type, properties, required, enum, items, anyOf with null, description. */
export type JsonSchema = Record<string, unknown>;

export type Message =
  | { role: 'user'; text: string }
  /** What the model said before; `turn` is the provider's own form of it, given back as it came. */
  | { role: 'model'; calls: ToolCall[]; turn: unknown }
  | { role: 'results'; results: { id: string; name: string; text: string }[] };

export interface ModelRequest {
  system: string;
  messages: Message[];
  /** What the answer has to look like. */
  schema: JsonSchema;
  /** May be none. */
  tools: Tool[];
  /** False: it has to answer now, whatever tools the conversation knows. */
  mayCall: boolean;
  maxTokens: number;
  /** Ends the call; a reason named TimeoutError makes it a timeout. */
  signal: AbortSignal;
}

export type FailureKind =
  | 'refused'
  | 'timeout'
  | 'rate_limited'
  | 'client_error'
  | 'server_error'
  | 'network'
  | 'unreadable';

export type ModelReply =
  | { kind: 'text'; text: string; tokens: Tokens }
  | { kind: 'calls'; calls: ToolCall[]; turn: unknown; tokens: Tokens }
  | ModelFailure;

export interface ModelFailure {
  kind: 'failed';
  why: FailureKind;
  words: string;
  /** How long it asks us to wait; null where it does not say. */
  retryAfterMs: number | null;
  /** What it cost all the same, as far as it is told. */
  tokens: Tokens;
}

export interface Model {
  provider: 'gemini' | 'openai' | 'ollama';
  /** As its provider calls it. */
  name: string;
  /** Whether it can be given tools and a schema at once. */
  canCall: boolean;
  /** One call, no retries. Throws only where `signal` was aborted for another reason than time. */
  ask(request: ModelRequest): Promise<ModelReply>;
}

export const NO_TOKENS: Tokens = { in: 0, out: 0 };
const WORDS_CHARS = 300;

export function failed(
  why: FailureKind,
  words: string,
  { retryAfterMs = null, tokens = NO_TOKENS }: { retryAfterMs?: number | null; tokens?: Tokens } = {},
): ModelFailure {
  return { kind: 'failed', why, words: words.slice(0, WORDS_CHARS), retryAfterMs, tokens };
}

/** A status that is no answer. */
export function failedStatus(status: number, words: string, retryAfterMs: number | null): ModelFailure {
  const said = `answered ${status}${words ? `: ${words}` : ''}`;
  if (status === 429) return failed('rate_limited', said, { retryAfterMs });
  return failed(status >= 500 ? 'server_error' : 'client_error', said, { retryAfterMs });
}

/** What was thrown by a call that got no answer. Throws the reason of `signal` where it was aborted and time was not up. */
export function failedCall(error: unknown, signal: AbortSignal): ModelFailure {
  if (!signal.aborted)
    return error instanceof SyntaxError
      ? failed('unreadable', `its answer is no JSON: ${wordsOf(error)}`)
      : failed('network', wordsOf(error));
  if (signal.reason instanceof Error && signal.reason.name === 'TimeoutError')
    return failed('timeout', 'no answer in time');
  throw signal.reason;
}

/** The header Retry-After (seconds, or a date) or retry-after-ms, in ms; null where there is none that can be read. */
export function retryAfterIn(headers: Headers | undefined, now = Date.now()): number | null {
  const ms = Number(headers?.get('retry-after-ms') || Number.NaN);
  if (ms >= 0) return ms;
  const text = headers?.get('retry-after');
  if (!text) return null;
  const wait = Number.isFinite(Number(text)) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : null;
}
