/** Downloads over HTTP that end: connecting, waiting and standing still all have their limit. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Limits {
  /** To the first byte of the headers, redirects included. */
  connectMs: number;
  /** Between two pieces of the body. */
  stallMs: number;
}

export const LIMITS: Limits = { connectMs: 5000, stallMs: 20_000 };

/** Opens a URL and hands over its body; the limits hold until `read` is done. */
async function withResponse<T>(
  url: string,
  limits: Limits,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const control = new AbortController();
  let reason = `no answer within ${limits.connectMs / 1000} s`;
  let timer = setTimeout(() => control.abort(), limits.connectMs);
  const alive = (): void => {
    clearTimeout(timer);
    reason = `stood still for ${limits.stallMs / 1000} s`;
    timer = setTimeout(() => control.abort(), limits.stallMs);
  };
  try {
    const response = await fetch(url, { signal: control.signal, redirect: 'follow' });
    if (!response.ok) throw new Error(`answered ${response.status} ${response.statusText}`.trim());
    alive();
    return await read(response, alive);
  } catch (error) {
    throw new Error(`${url}: ${control.signal.aborted ? reason : causeOf(error)}`);
  } finally {
    clearTimeout(timer);
    control.abort();
  }
}

/** `fetch` hides the cause ("fetch failed") one level down. */
function causeOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}

/** @throws Error naming the URL and what went wrong */
export function downloadText(url: string, limits: Limits = LIMITS): Promise<string> {
  return withResponse(url, limits, (response) => response.text());
}

/**
 * Writes a body to a file as it comes.
 * @param onPart bytes so far, and of all where the server said how many
 * @returns the SHA-256 of the file, in hex
 * @throws Error naming the URL and what went wrong, also when the body was cut off
 */
export function downloadFile(
  url: string,
  file: string,
  onPart: (done: number, total: number | undefined) => void,
  limits: Limits = LIMITS,
): Promise<string> {
  return withResponse(url, limits, async (response, alive) => {
    if (response.body === null) throw new Error('answered without a body');
    const total = Number(response.headers.get('content-length')) || undefined;
    const hash = createHash('sha256');
    let done = 0;
    const body = Readable.fromWeb(response.body).on('data', (part: Buffer) => {
      alive();
      hash.update(part);
      done += part.length;
      onPart(done, total);
    });
    await pipeline(body, createWriteStream(file));
    if (total !== undefined && done !== total) throw new Error(`cut off after ${done} of ${total} bytes`);
    return hash.digest('hex');
  });
}
