/** Grafana's annotation API as Grafana 12 was seen to answer, with the failures of `faultyServer`. */
import { type Answer, type Asked, type FaultyServer, faultyServer } from './faulty-server.ts';

export interface StoredAnnotation {
  id: number;
  time: number;
  timeEnd: number;
  tags: string[];
  text: string;
  created: number;
  updated: number;
}
export interface FakeGrafana extends FaultyServer {
  /** What it holds, the oldest first. */
  annotations: StoredAnnotation[];
  /** What it lets in: `Bearer <token>` or `Basic <...>`. */
  accepts: { token: string; user: string; password: string };
}

export async function fakeGrafana(): Promise<FakeGrafana> {
  const annotations: StoredAnnotation[] = [];
  const accepts = { token: 'glsa_fake', user: 'admin', password: 'fake-password' };
  let nextId = 1;
  const server = await faultyServer((asked) => {
    const refusal = refuse(asked, accepts);
    if (refusal) return refusal;
    const id = Number(/^\/api\/annotations\/(\d+)$/.exec(asked.path)?.[1]);
    if (asked.path === '/api/annotations' && asked.method === 'GET') return found(annotations, asked);
    if (asked.path === '/api/annotations' && asked.method === 'POST') {
      const { text, time, timeEnd, tags = [] } = JSON.parse(asked.text) as Partial<StoredAnnotation>;
      if (!text) return message(400, 'Failed to save annotation');
      const now = Date.now();
      const one = { id: nextId++, time: time ?? now, timeEnd: timeEnd ?? time ?? now, tags, text };
      annotations.push({ ...one, created: now, updated: now });
      return { status: 200, body: { id: one.id, message: 'Annotation added' } };
    }
    if (Number.isNaN(id)) return message(404, 'Not found');
    const index = annotations.findIndex((one) => one.id === id);
    const old = annotations[index];
    if (!old) return message(404, 'Annotation not found');
    if (asked.method === 'DELETE') {
      annotations.splice(index, 1);
      return message(200, 'Annotation deleted');
    }
    // What is not sent stays as it was, tags too.
    annotations[index] = { ...old, ...(JSON.parse(asked.text) as object), updated: Date.now() };
    return message(200, 'Annotation patched');
  });
  return Object.assign(server, { annotations, accepts });
}

const message = (status: number, words: string): Answer => ({ status, body: { message: words } });

function refuse({ authorization }: Asked, { token, user, password }: FakeGrafana['accepts']): Answer | null {
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (authorization === `Bearer ${token}` || authorization === basic) return null;
  const body = authorization?.startsWith('Bearer')
    ? { message: 'Invalid API key', messageId: 'api-key.invalid', statusCode: 401 }
    : { message: 'Unauthorized', messageId: 'auth.unauthorized', statusCode: 401 };
  return { status: 401, body };
}

/** Those that have all of the tags. */
function found(annotations: StoredAnnotation[], { query }: Asked): Answer {
  const tags = query.getAll('tags');
  const body = annotations
    .filter((one) => tags.every((tag) => one.tags.includes(tag)))
    .map((one) => ({ ...one, dashboardUID: null, panelId: 0, login: 'sa-aegisops', data: {} }));
  return { status: 200, body };
}
