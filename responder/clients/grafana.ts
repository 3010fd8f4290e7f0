/** Grafana's annotation API. Nothing here throws: what became of a call is an answer. */
import { z } from 'zod';
import { wordsOf } from '../errors.ts';
import { lost, retryAfterMs, type Sent } from './sent.ts';

/** A region: both times in epoch ms. `text` is HTML. */
export interface Annotation {
  time: number;
  timeEnd: number;
  tags: string[];
  text: string;
}
export interface Grafana {
  /** @returns its id */
  add(annotation: Annotation): Promise<Sent<number>>;
  /** Refused with the code 404 where it is gone. */
  patch(id: number, annotation: Annotation): Promise<Sent<null>>;
  remove(id: number): Promise<Sent<null>>;
  /** Ids of those that have all of these tags, the oldest first. */
  find(tags: string[]): Promise<Sent<number[]>>;
}

const Added = z.object({ id: z.number() });
const Found = z.array(z.object({ id: z.number() }));
const LIMITED_MS = 10_000;

/** @param options a token, or a user with a password. */
export function makeGrafana(options: {
  url: string;
  token?: string | undefined;
  user?: string | undefined;
  password?: string | undefined;
  timeoutMs?: number;
}): Grafana {
  const { url, token, user = 'admin', password = '', timeoutMs = 5_000 } = options;
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const authorization = token ? `Bearer ${token}` : `Basic ${basic}`;

  async function call<T>(
    method: string,
    path: string,
    shape: z.ZodType<T>,
    body?: unknown,
  ): Promise<Sent<T>> {
    try {
      const response = await fetch(`${url}/api/annotations${path}`, {
        method,
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        // Led to a page to log in, the token would go along to whoever that is.
        redirect: 'manual',
      });
      return answerOf(response, await response.text(), shape);
    } catch (error) {
      return lost(error);
    }
  }
  const nothing = z.unknown().transform(() => null);
  return {
    async add(annotation) {
      const sent = await call('POST', '', Added, annotation);
      return sent.kind === 'done' ? { ...sent, value: sent.value.id } : sent;
    },
    patch: (id, annotation) => call('PATCH', `/${id}`, nothing, annotation),
    remove: (id) => call('DELETE', `/${id}`, nothing),
    async find(tags) {
      const query = new URLSearchParams([
        ...tags.map((tag): [string, string] => ['tags', tag]),
        ['limit', '100'],
      ]);
      const sent = await call('GET', `?${query}`, Found);
      if (sent.kind !== 'done') return sent;
      return { ...sent, value: sent.value.map(({ id }) => id).toSorted((a, b) => a - b) };
    },
  };
}

function answerOf<T>({ status, headers }: Response, text: string, shape: z.ZodType<T>): Sent<T> {
  const words = `answered ${status}: ${text.slice(0, 200)}`;
  if (status === 429)
    return { kind: 'limited', afterMs: retryAfterMs(headers.get('retry-after'), LIMITED_MS), words };
  if (status >= 500) return { kind: 'unknown', words };
  if (status < 200 || status >= 300) return { kind: 'refused', code: String(status), words };
  try {
    const read = shape.safeParse(JSON.parse(text));
    return read.success
      ? { kind: 'done', value: read.data }
      : { kind: 'unknown', words: `${words} (of another form)` };
  } catch (error) {
    return { kind: 'unknown', words: `${words} (${wordsOf(error)})` };
  }
}
