/** Asking another system over HTTP: one deadline, one kind of error that names the system and what it said. */
import { AegisError, wordsOf } from '../errors.ts';

export interface Ask {
  system: string;
  url: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  method?: 'GET' | 'POST';
  body?: URLSearchParams;
}

/** @returns status and body text. Throws AEGIS_UPSTREAM when no answer came. */
export async function ask({ system, url, timeoutMs, signal, method = 'GET', body }: Ask) {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body && { body }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const words = timeout.aborted ? `no answer within ${timeoutMs} ms` : wordsOf(error);
    throw new AegisError('AEGIS_UPSTREAM', `${system} at ${new URL(url).origin}: ${words}`, { cause: error });
  }
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
