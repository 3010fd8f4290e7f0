/**
 * A small filtering proxy before the engine's socket: lets pass the calls that docs/docker.md lists and no other, counts those
 * that change something, and can hold one up, so that a story decides what happens between two calls.
 */
import { once } from 'node:events';
import { chmod, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../../tools/stack/context.ts';

export interface EngineCall {
  method: string;
  /** Without the version and the query. */
  path: string;
  query: URLSearchParams;
}
export interface SocketProxy {
  /** Calls that change something, as they came; the question whether we may is none. */
  changes: EngineCall[];
  /** Calls that were refused, since no document allows them. */
  refused: string[];
  /** Called before a call is passed on, and after it was answered; what it returns is waited for. */
  before: (call: EngineCall) => Promise<void> | void;
  after: (call: EngineCall) => Promise<void> | void;
  /** Which calls may pass: as documented; only those that change nothing; none, as if the socket were gone. */
  mode: 'documented' | 'read-only' | 'gone';
  close(): Promise<void>;
}

/** The question whether containers may be started is asked of nobody. */
const QUESTION = '/containers/aegis-may-i-start-containers/start';

/** @param path of the socket that it makes. @param engine path of the real one. */
export async function startSocketProxy(path: string, engine: string): Promise<SocketProxy> {
  const allowed = await documentedCalls();
  const proxy: SocketProxy = {
    ...{ changes: [], refused: [], mode: 'documented', before: () => undefined, after: () => undefined },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((incoming, answer) => {
    void handle(proxy, allowed, engine, incoming, answer).catch(() => answer.destroy()); // the caller sees a broken line
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o660); // as the engine's own: whoever is in its group may
  return proxy;
}

async function handle(
  proxy: SocketProxy,
  allowed: { method: string; path: RegExp }[],
  engine: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  if (proxy.mode === 'gone') return void incoming.socket.destroy();
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://engine');
  const call = {
    method: incoming.method ?? 'GET',
    path: decodeURIComponent(pathname.replace(/^\/v\d+\.\d+(?=\/)/, '')),
    query: searchParams,
  };
  const isLook = call.method === 'GET' || call.method === 'HEAD';
  const isListed = allowed.some(({ method, path }) => method === call.method && path.test(call.path));
  if (!isListed || (proxy.mode === 'read-only' && !isLook)) {
    if (!isListed) proxy.refused.push(`${call.method} ${call.path}`);
    answer.writeHead(403, { 'content-type': 'application/json' });
    return void answer.end(JSON.stringify({ message: 'the proxy lets this call not pass' }));
  }
  if (!isLook && call.path !== QUESTION) proxy.changes.push(call);
  await proxy.before(call);
  await pass(engine, incoming, answer, async () => proxy.after(call));
}

/** @param answered called before the end of the answer is passed on */
async function pass(
  engine: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  answered: () => Promise<void>,
): Promise<void> {
  const { method, url, headers } = incoming;
  const outgoing = request({ socketPath: engine, method, path: url, headers });
  answer.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.writeHead(response.statusCode ?? 502, response.headers);
  answer.flushHeaders();
  for await (const chunk of response) answer.write(chunk);
  await answered();
  answer.end();
}

/** The table of calls in docs/docker.md: `| `POST /containers/{id}/start` | what for |`. */
export async function documentedCalls(): Promise<{ method: string; path: RegExp }[]> {
  const text = await readFile(join(ROOT, 'docs/docker.md'), 'utf8');
  return [...text.matchAll(/^\| `(GET|POST|DELETE) (\/\S*)` \|/gm)].map(([, method = '', path = '']) => ({
    method,
    path: new RegExp(`^${path.replace(/\{name\}/g, '.+').replace(/\{id\}/g, '[^/]+')}$`),
  }));
}
