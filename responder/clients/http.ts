/** Asking another system over HTTP: one deadline, one kind of error that names the system and what it said. */
import { AegisError, wordsOf } from '../errors.ts';

export interface Ask {
  system: string;
  url: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** A longer answer is refused, before it fills our memory. */
  maxBytes?: number;
}

const MAX_BYTES = 20_000_000;

/** @returns status and body text. Throws AEGIS_UPSTREAM when no answer came. */
export async function ask({ system, url, timeoutMs, signal, maxBytes = MAX_BYTES }: Ask) {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return { status: response.status, text: await textOf(response, maxBytes) };
  } catch (error) {
    const words = timeout.aborted ? `no answer within ${timeoutMs} ms` : wordsOf(error);
    throw new AegisError('AEGIS_UPSTREAM', `${system} at ${new URL(url).origin}: ${words}`, { cause: error });
  }
}

async function textOf(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** As `ask`, for JSON. Any status but 2xx and any body that is no JSON throws AEGIS_UPSTREAM. */
export async function askJson(question: Ask): Promise<unknown> {
  const { status, text } = await ask(question);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new AegisError(
      'AEGIS_UPSTREAM',
      `${question.system} answered ${status} and no JSON: ${text.slice(0, 200)}`,
    );
  }
  if (status >= 200 && status < 300) return body;
  throw new AegisError('AEGIS_UPSTREAM', `${question.system} answered ${status}: ${text.slice(0, 300)}`);
}
