/** What is kept of asking a model, so that every decision can be explained. Plain JSON, part of the record. */

/** Whose word a diagnosis is, which decides how far it may act alone. `flagged`: a model that read words which speak to it. */
export type Authority = 'rules' | 'cloud' | 'local' | 'flagged';

export interface Asked {
  model: string;
  promptVersion: string;
  /** SHA-256 of what was asked, but for the marker of the fences. */
  promptHash: string;
  /** As it came, the first 4,000 characters; null where none came. */
  answer: string | null;
  /** The answer to the same question was there already. */
  cached: boolean;
  calls: number;
  tokens: { in: number; out: number };
  usd: number;
  ms: number;
  lookUps: { tool: string; arguments: string; result: string }[];
  /** Kinds of words in the evidence that speak to the reader. */
  flags: string[];
}

/** Why somebody was passed over. */
export interface FallThrough {
  provider: string;
  reason: string;
  /** The reason in one word, for the metric. */
  why?: Why | undefined;
  asked?: Asked | undefined;
}

export const WHYS = [
  'not_set_up',
  'refused',
  'timeout',
  'rate_limited',
  'client_error',
  'server_error',
  'network',
  'unreadable',
  'bad_answer',
  'breaker_open',
  'budget',
] as const;
export type Why = (typeof WHYS)[number];
