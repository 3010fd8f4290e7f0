/** What became of something that was sent. A refusal is an answer; whether a lost answer belonged to a deed is not known. */
import { wordsOf } from '../errors.ts';

export type Sent<T> =
  | { kind: 'done'; value: T }
  /** Surely not done: it was read and refused. `code` is the other side's (a status, or a word). */
  | { kind: 'refused'; code: string; words: string }
  /** Surely not done: too many at a time. */
  | { kind: 'limited'; afterMs: number; words: string }
  /** Surely not done: nobody was reached. */
  | { kind: 'down'; words: string }
  /** Done or not: the answer was lost, came too late, or was a failure on the way. */
  | { kind: 'unknown'; words: string };

/** Codes of a connection that was never made. */
const NEVER_CONNECTED =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_.*|SELF_SIGNED_.*|UNABLE_TO_.*)$/;

/** What a failed `fetch` means. */
export function lost(error: unknown): { kind: 'down' | 'unknown'; words: string } {
  const words = wordsOf(error);
  return { kind: codesOf(error).some((code) => NEVER_CONNECTED.test(code)) ? 'down' : 'unknown', words };
}

/** Its own and its causes'; of several addresses that were tried, all must have failed to connect. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
}

/** `Retry-After` in seconds or as a date; `otherwise` where there is none to be read. At most an hour. */
export function retryAfterMs(header: string | null, otherwise: number): number {
  if (header === null || header.trim() === '') return otherwise;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, 3_600_000) : otherwise;
}
