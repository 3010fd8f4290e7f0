/** An HTTP server that fails in the ways that real ones do, for fakes that speak a protocol. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `down`: the connection is cut before anything is read. `lost`: it is done, and the connection is cut before the answer.
 * `late`: it is done only after `lateMs`. `broken`: 503, not done. `brokenAfter`: done, and 502 all the same. `limited`: 429,
 * not done, with the seconds to wait. A function chooses by the request (`POST /api/annotations`), null is none.
 */
export type Fault = 'down' | 'lost' | 'late' | 'broken' | 'brokenAfter' | 'limited';
export type Choose = (request: string) => Fault | null;

export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
  contentType: string;
  text: string;
}
export interface FaultyServer {
  url: string;
  /** Method and path of each request that was read. */
  asked: string[];
  /** What happens to requests from now on; null: nothing bad. */
  fault(choose: Fault | Choose | null): void;
  /** Only the next request that `matches` fails so. */
  once(fault: Fault, matches?: RegExp): void;
  lateMs: number;
  close(): Promise<void>;
}

/** In the words of Slack; others tell by the status alone. */
const TOO_MANY: Answer = {
  status: 429,
  body: { ok: false, error: 'ratelimited' },
  headers: { 'retry-after': '2' },
};

export async function faultyServer(work: (asked: Asked) => Answer | Promise<Answer>): Promise<FaultyServer> {
  let choose: Choose = () => null;
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    const name = `${request.method} ${pathname}`;
    const fault = choose(name);
    if (fault === 'down') return void request.socket.destroy();
    const what = await read(request);
    asked.push(name);
    if (fault === 'broken') return send(response, { status: 503, body: { message: 'Service Unavailable' } });
    if (fault === 'limited') return send(response, TOO_MANY);
    if (fault === 'late') await sleep(self.lateMs);
    const answer = await work(what);
    if (fault === 'lost') return void request.socket.destroy();
    send(response, fault === 'brokenAfter' ? { status: 502, body: 'Bad Gateway' } : answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FaultyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    lateMs: 1_000,
    fault(next) {
      choose = typeof next === 'function' ? next : () => next;
    },
    once(fault, matches = /./) {
      const before = choose;
      choose = (name) => {
        if (!matches.test(name)) return before(name);
        choose = before;
        return fault;
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

async function read(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return {
    method: request.method ?? '',
    path: pathname,
    query: searchParams,
    authorization: request.headers.authorization,
    contentType: request.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (response.destroyed) return;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}
