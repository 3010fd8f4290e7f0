/** Slack's Web API as its documentation describes it, as far as the responder uses it, and buttons as Slack signs them. */
import { createHmac } from 'node:crypto';
import { type Answer, type Asked, type FaultyServer, faultyServer } from './faulty-server.ts';

export interface StoredMessage {
  channel: string;
  ts: string;
  thread: string | null;
  broadcast: boolean;
  text: string;
  blocks: { type: string; elements?: { action_id?: string; value?: string }[] }[];
  metadata: { event_type: string; event_payload: Record<string, string> } | null;
  edits: number;
}
export interface FakeSlack extends FaultyServer {
  messages: StoredMessage[];
  /** What was told to single users, by `response_url`. */
  told: string[];
  /** Messages of the channel itself: no replies. */
  heads(): StoredMessage[];
  repliesTo(ts: string): StoredMessage[];
  /** A person deletes it. */
  remove(ts: string): void;
  accepts: { token: string; signingSecret: string };
  /** Posts a second and channel that are taken; Infinity: no limit. */
  postsASecond: number;
  /** Body and headers of a pressed button, signed. */
  press(pressed: { user: string; action_id: string; value: string; at?: number; secret?: string }): {
    body: string;
    headers: Record<string, string>;
  };
}

const CHANNELS = [
  { id: 'C0000000SRE', name: 'sre' },
  { id: 'C000000PAGE', name: 'sre-page' },
];

export async function fakeSlack(): Promise<FakeSlack> {
  const messages: StoredMessage[] = [];
  const told: string[] = [];
  const methods = methodsOf(messages, () => self.postsASecond);
  const server = await faultyServer((asked) => {
    if (asked.path === '/response') {
      told.push(JSON.parse(asked.text).text);
      return { status: 200, body: 'ok' };
    }
    const args = argumentsOf(asked);
    const token = /^Bearer (.+)$/.exec(asked.authorization ?? '')?.[1] ?? args.token;
    if (!token) return failure('not_authed');
    if (token !== self.accepts.token) return failure('invalid_auth');
    return methods[asked.path.replace(/^\/api\//, '')]?.(args) ?? failure('unknown_method');
  });
  const self: FakeSlack = Object.assign(server, {
    messages,
    told,
    heads: () => messages.filter(({ thread }) => thread === null),
    repliesTo: (ts: string) => messages.filter(({ thread }) => thread === ts),
    remove(ts: string) {
      messages.splice(
        messages.findIndex((one) => one.ts === ts),
        1,
      );
    },
    accepts: { token: 'xoxb-fake', signingSecret: 'signing-secret-of-the-fake' },
    postsASecond: 1,
    press: (pressed: Parameters<FakeSlack['press']>[0]) =>
      signed(pressed, pressed.secret ?? self.accepts.signingSecret, `${server.url}/response`),
  });
  return self;
}

type Methods = Record<string, (args: Args) => Answer>;

function methodsOf(messages: StoredMessage[], postsASecond: () => number): Methods {
  const posts = new Map<string, number[]>();
  let count = 0;
  /** Unique in a channel, and rises. */
  const newTs = () => `${Math.floor(Date.now() / 1000)}.${String(++count).padStart(6, '0')}`;
  return {
    'chat.postMessage': ({ channel, text = '', thread_ts, reply_broadcast, blocks, metadata }) => {
      const problem = problemOf(channel, blocks ?? [], text);
      if (problem) return failure(problem);
      const now = Date.now();
      const recent = (posts.get(channel) ?? []).filter((at) => at > now - 1_000);
      if (recent.length >= postsASecond())
        return { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': '1' } };
      posts.set(channel, [...recent, now]);
      const place = { channel, ts: newTs(), thread: thread_ts ?? null, broadcast: reply_broadcast === true };
      messages.push({ ...place, text, blocks: blocks ?? [], metadata: metadata ?? null, edits: 0 });
      return success({ channel, ts: place.ts, message: { text } });
    },
    'chat.update': ({ channel, ts, text = '', blocks, metadata }) => {
      const one = messages.find((message) => message.channel === channel && message.ts === ts);
      if (!one) return failure('message_not_found');
      const problem = problemOf(channel, blocks ?? [], text);
      if (problem) return failure(problem);
      const metadataNow = metadata ?? one.metadata;
      Object.assign(one, { text, blocks: blocks ?? [], metadata: metadataNow, edits: one.edits + 1 });
      return success({ channel, ts, text });
    },
    'conversations.history': (args) =>
      page(
        args,
        messages.filter(({ thread, broadcast }) => thread === null || broadcast),
      ),
    'conversations.replies': (args) => {
      const found = messages.filter(({ thread, ts }) => thread === args.ts || ts === args.ts);
      return found.length === 0 ? failure('thread_not_found') : page(args, found);
    },
    'conversations.list': () => success({ channels: CHANNELS, response_metadata: { next_cursor: '' } }),
  };
}

/** Of two, the newest first, so that whoever does not turn the page finds little. */
function page(
  { channel, cursor = '0', oldest = '0', include_all_metadata }: Args,
  of: StoredMessage[],
): Answer {
  if (!CHANNELS.some(({ id }) => id === channel)) return failure('channel_not_found');
  const from = Number(cursor);
  const all = of.filter((one) => one.channel === channel && one.ts >= oldest).toReversed();
  const found = all.slice(from, from + 2).map(({ ts, text, metadata }) => ({
    ...{ type: 'message', ts, text },
    ...(include_all_metadata && metadata && { metadata }),
  }));
  const next = from + 2 < all.length ? String(from + 2) : '';
  return success({ messages: found, has_more: next !== '', response_metadata: { next_cursor: next } });
}

interface Args {
  token?: string;
  channel: string;
  ts?: string;
  text?: string;
  thread_ts?: string;
  reply_broadcast?: boolean;
  blocks?: StoredMessage['blocks'];
  metadata?: StoredMessage['metadata'];
  include_all_metadata?: boolean;
  oldest?: string;
  cursor?: string;
}

/** Slack's client sends forms, whose fields are JSON where they are no words. */
function argumentsOf({ text, contentType }: Asked): Args {
  if (contentType.includes('json')) return JSON.parse(text);
  const plain = new Set([
    'token',
    'channel',
    'text',
    'ts',
    'thread_ts',
    'oldest',
    'cursor',
    'types',
    'parse',
  ]);
  const fields = [...new URLSearchParams(text)].map(([name, value]) => [
    name,
    plain.has(name) ? value : JSON.parse(value),
  ]);
  return Object.fromEntries(fields);
}

const success = (body: object): Answer => ({ status: 200, body: { ok: true, ...body } });
/** Slack answers 200 to what it refuses. */
const failure = (error: string): Answer => ({ status: 200, body: { ok: false, error } });

/** Characters that a block counts beside its text: Slack says only that it counts some. */
const BLOCK = 100;

function textsOf(blocks: StoredMessage['blocks']): string[] {
  const texts: string[] = [];
  JSON.stringify(blocks, (key, value) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

/** The limits of Block Kit that one may run into. */
function problemOf(channel: string, blocks: StoredMessage['blocks'], text: string): string | null {
  if (!CHANNELS.some(({ id }) => id === channel)) return 'channel_not_found';
  if (text.length > 40_000) return 'msg_too_long';
  if (blocks.length > 50) return 'invalid_blocks';
  if (textsOf(blocks).join('').length + blocks.length * BLOCK > 12_000) return 'msg_blocks_too_long';
  const tooLong = JSON.stringify(blocks, (key, value) =>
    key === 'text' && typeof value === 'string' && (value.length > 3_000 || value.length === 0)
      ? '!!long'
      : value,
  ).includes('"!!long"');
  return tooLong ? 'invalid_blocks' : null;
}

function signed(
  { user, action_id, value, at = Date.now() }: Parameters<FakeSlack['press']>[0],
  secret: string,
  responseUrl: string,
): ReturnType<FakeSlack['press']> {
  const payload = {
    type: 'block_actions',
    user: { id: user, username: 'somebody' },
    team: { id: 'T00000001' },
    container: { type: 'message' },
    trigger_id: `trigger-${Math.random()}`,
    response_url: responseUrl,
    actions: [{ type: 'button', action_id, block_id: 'b', value, action_ts: String(at / 1000) }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const time = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${signature}`,
    },
  };
}
