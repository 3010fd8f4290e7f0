/** Slack's Web API by Slack's own client, without its retries: the outbox knows better when. Nothing here throws. */
import {
  type KnownBlock,
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import { z } from 'zod';
import { wordsOf } from '../errors.ts';
import { lost, type Sent } from './sent.ts';

export type Block = KnownBlock;

/** `key` tells the messages of one incident apart; both stand in the metadata, so that a double is found. */
export interface SlackMessage {
  incidentId: string;
  key: string;
  /** What notifications show, and screen readers read. */
  text: string;
  blocks: Block[];
}
export interface SlackPlace {
  /** Id of the channel. */
  channel: string;
  /** `ts` of the message whose thread it is in; null: in the channel itself. */
  thread: string | null;
}
export interface Slack {
  /** @param broadcast a reply that the channel shows as well. @returns `ts` */
  post(place: SlackPlace, message: SlackMessage, broadcast?: boolean): Promise<Sent<string>>;
  /** Refused with `message_not_found` where somebody deleted it. */
  update(channel: string, ts: string, message: SlackMessage): Promise<Sent<null>>;
  /** `ts` of the message with this key, posted at `since` (epoch ms) or later; null where there is none. */
  find(
    place: SlackPlace,
    message: Pick<SlackMessage, 'incidentId' | 'key'>,
    since: number,
  ): Promise<Sent<string | null>>;
  /** Id of a channel by its name (`#sre`); an id is given back. Refused with `channel_not_found`. */
  channelId(name: string): Promise<Sent<string>>;
}

export const EVENT_TYPE = 'aegisops_incident';
const ID = /^[CGD][A-Z0-9]{7,}$/;
const LIMITED_MS = 10_000;
/** Pages that are looked through for a double, and for a channel's name. */
const PAGES = 10;
const CLOCK_SKEW_SECONDS = 60;
/** A name that no channel has is asked for no more for so long: each time means to read the list of all channels. */
const NOWHERE_MS = 300_000;

const NOWHERE = 'channel_not_found';

const Posted = z.object({ ts: z.string() });
const Next = z.object({ next_cursor: z.string().optional() }).optional();
const History = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        metadata: z
          .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
  response_metadata: Next,
});
const Channels = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string().optional() })).default([]),
  response_metadata: Next,
});
/** Slack failed on the way: the deed may be done. */
const BROKE = /^(fatal_error|internal_error|service_unavailable|request_timeout|unknown_error)$/;
const LIMITED = /^(ratelimited|rate_limited|message_limit_exceeded)$/;

export function makeSlack(options: {
  token: string;
  url: string;
  timeoutMs?: number;
  /** A clock in ms that never goes back. */
  now?: () => number;
}): Slack {
  const { token, url, timeoutMs = 5_000, now = () => performance.now() } = options;
  const client = new WebClient(token, {
    slackApiUrl: url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    logger: SILENT,
  });
  const call = <T>(method: string, args: Record<string, unknown>, shape: z.ZodType<T>): Promise<Sent<T>> =>
    sent(() => client.apiCall(method, args), shape);

  const names = new Map<string, string>();
  const nowhere = new Map<string, { until: number; answer: Sent<string> }>();
  return {
    async post({ channel, thread }, message, broadcast = false) {
      const place =
        thread === null ? { channel } : { channel, thread_ts: thread, reply_broadcast: broadcast };
      return onlyOf(await call('chat.postMessage', { ...place, ...bodyOf(message) }, Posted), ({ ts }) => ts);
    },
    async update(channel, ts, message) {
      return onlyOf(await call('chat.update', { channel, ts, ...bodyOf(message) }, z.unknown()), () => null);
    },
    find: (place, wanted, since) => find(call, place, wanted, since),
    async channelId(name) {
      const known = ID.test(name) ? name : names.get(name);
      if (known) return { kind: 'done', value: known };
      const asked = nowhere.get(name);
      if (asked && asked.until > now()) return asked.answer;
      const found = await channelId(call, name.replace(/^#/, ''));
      if (found.kind === 'done') names.set(name, found.value);
      if (found.kind === 'refused' && found.code === NOWHERE)
        nowhere.set(name, { until: now() + NOWHERE_MS, answer: found });
      return found;
    },
  };
}

type Call = <T>(method: string, args: Record<string, unknown>, shape: z.ZodType<T>) => Promise<Sent<T>>;

function bodyOf({ incidentId, key, text, blocks }: SlackMessage) {
  return {
    text,
    blocks,
    // Names and addresses in our words stay words.
    ...{ parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false },
    metadata: { event_type: EVENT_TYPE, event_payload: { incident_id: incidentId, key } },
  };
}

async function find(
  call: Call,
  { channel, thread }: SlackPlace,
  wanted: Pick<SlackMessage, 'incidentId' | 'key'>,
  since: number,
): Promise<Sent<string | null>> {
  const oldest = Math.max(0, since / 1000 - CLOCK_SKEW_SECONDS).toFixed(6);
  const range = { channel, oldest, inclusive: true, include_all_metadata: true, limit: 200 };
  const [method, args] =
    thread === null
      ? (['conversations.history', range] as const)
      : (['conversations.replies', { ...range, ts: thread }] as const);
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await call(method, { ...args, ...(cursor && { cursor }) }, History);
    if (answer.kind !== 'done') return answer;
    const { messages, response_metadata } = answer.value;
    const one = messages.find(({ metadata }) => isOf(metadata, wanted));
    if (one) return { kind: 'done', value: one.ts };
    cursor = response_metadata?.next_cursor;
    if (!cursor) break;
  }
  return { kind: 'done', value: null };
}

function isOf(
  metadata: { event_type: string; event_payload: Record<string, unknown> } | undefined,
  { incidentId, key }: Pick<SlackMessage, 'incidentId' | 'key'>,
): boolean {
  if (metadata?.event_type !== EVENT_TYPE) return false;
  return metadata.event_payload.incident_id === incidentId && metadata.event_payload.key === key;
}

async function channelId(call: Call, name: string): Promise<Sent<string>> {
  const args = { types: 'public_channel,private_channel', exclude_archived: true, limit: 999 };
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await call('conversations.list', { ...args, ...(cursor && { cursor }) }, Channels);
    if (answer.kind !== 'done') return answer;
    const one = answer.value.channels.find((channel) => channel.name === name);
    if (one) return { kind: 'done', value: one.id };
    cursor = answer.value.response_metadata?.next_cursor;
    if (!cursor) break;
  }
  const words = `there is no channel #${name} that the app can see; give its id (C...)`;
  return { kind: 'refused', code: NOWHERE, words };
}

async function sent<T>(work: () => Promise<unknown>, shape: z.ZodType<T>): Promise<Sent<T>> {
  try {
    const read = shape.safeParse(await work());
    return read.success
      ? { kind: 'done', value: read.data }
      : { kind: 'unknown', words: 'an answer of another form' };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Exclude<Sent<never>, { kind: 'done' }> {
  const words = wordsOf(error);
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'limited', afterMs: error.retryAfter * 1000, words };
  if (error instanceof WebAPIPlatformError) {
    const code = error.data.error;
    if (LIMITED.test(code)) return { kind: 'limited', afterMs: LIMITED_MS, words: code };
    return BROKE.test(code) ? { kind: 'unknown', words: code } : { kind: 'refused', code, words: code };
  }
  if (error instanceof WebAPIHTTPError) {
    const said = `answered ${error.statusCode}`;
    return error.statusCode >= 500
      ? { kind: 'unknown', words: said }
      : { kind: 'refused', code: String(error.statusCode), words: said };
  }
  if (error instanceof WebAPIRequestError) return lost(error.original);
  // A 429 that does not say for how long has no class of its own.
  if (/retry-after/i.test(words)) return { kind: 'limited', afterMs: LIMITED_MS, words };
  return lost(error);
}

function onlyOf<T, U>(answer: Sent<T>, read: (value: T) => U): Sent<U> {
  return answer.kind === 'done' ? { kind: 'done', value: read(answer.value) } : answer;
}

const nothing = () => {};
/** What failed is an answer of ours, so the client need not log it as well. */
const SILENT = {
  ...{ debug: nothing, info: nothing, warn: nothing, error: nothing },
  ...{ setLevel: nothing, getLevel: () => LogLevel.ERROR, setName: nothing },
};
