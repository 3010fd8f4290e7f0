/** What the stand-ins of language models have in common: a server that plays a script, one step a request. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the next request is answered with. */
export type Step =
  /** An answer: an object as JSON, or whatever text a model may write. */
  | { text: unknown }
  | { calls: { name: string; arguments: unknown }[] }
  | { refuses: true }
  /** The answer ends at the limit of tokens. */
  | { cutOff: string }
  | { status: number; words?: string; retryAfterMs?: number; code?: string }
  /** Not the protocol at all: a proxy's page, half an answer. */
  | { raw: string }
  /** Never answers. */
  | { hangs: true }
  /** Ends the connection. */
  | { hangsUp: true };
/** Or it looks at what was asked. */
export type Play = Step | ((body: Body) => Step);

// biome-ignore lint/suspicious/noExplicitAny: bodies are what another program sent
export type Body = any;
export interface Seen {
  path: string;
  headers: IncomingMessage['headers'];
  body: Body;
}
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
/** One provider's protocol. */
export interface Protocol {
  /** The refusal of a request that this provider would not take; null: it takes it. */
  refusal: (seen: Seen) => Answer | null;
  answer: (step: Exclude<Step, { raw: string } | { hangs: true } | { hangsUp: true }>, seen: Seen) => Answer;
}

export interface FakeModel {
  url: string;
  seen: Seen[];
  /** Added to what is still to be played; the last step is repeated. */
  play(...steps: Play[]): void;
  /** Forgets what was seen and what was to be played. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startFake({ refusal, answer }: Protocol): Promise<FakeModel> {
  const seen: Seen[] = [];
  let script: Play[] = [];
  const server = createServer(async (request, response) => {
    const one = { path: request.url ?? '', headers: request.headers, body: await bodyOf(request) };
    const refused = refusal(one);
    if (refused) return send(response, refused);
    seen.push(one);
    const play = (script.length > 1 ? script.shift() : script[0]) ?? { status: 500, words: 'no script' };
    const step = typeof play === 'function' ? play(one.body) : play;
    if ('hangs' in step) return;
    if ('hangsUp' in step) return void request.socket.destroy();
    if ('raw' in step) return void response.end(step.raw);
    send(response, answer(step, one));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    play: (...steps) => void script.push(...steps),
    reset() {
      seen.length = 0;
      script = [];
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export const wordsIn = (text: unknown) => (typeof text === 'string' ? text : JSON.stringify(text));
