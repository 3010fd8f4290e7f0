/**
 * One message in Slack for each incident, changed in place; details of the stages in its thread; a reply that the channel sees
 * as well only for what a person must know. Each message has a key in its metadata, so that one whose answer was lost is found.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Slack, SlackMessage, SlackPlace } from '../clients/slack.ts';
import type { Told } from '../incident/outbox.ts';
import { type Channel, type Delivered, troubleOf } from './channel.ts';
import { callLook, fitting, headOf, type Look, type Offers } from './slack-blocks.ts';
import { callOf } from './words.ts';

/** What is kept of it. */
const Kept = z.object({
  /** Id of the channel; it stays where it began. */
  channel: z.string().optional(),
  ts: z.string().optional(),
  /** Digest of how the message looks. */
  looks: z.string().optional(),
  /** How many events of the timeline the thread has. */
  told: z.number().default(0),
  /** What the channel was told at once. */
  called: z.array(z.string()).default([]),
  /** A message that was going to be posted, and of which no answer is known. */
  trying: z.object({ key: z.string(), since: z.number() }).nullable().default(null),
  /** A person deleted the message once; it was posted anew. */
  again: z.boolean().default(false),
});
type Kept = z.infer<typeof Kept>;

interface Options {
  slack: Slack;
  /** For people: where its API is. */
  url: string;
  /** By a label of the first alert: `critical` or `team:payments` to a channel. */
  channels: Record<string, string>;
  /** Where none of those fits. */
  channel: string | null;
  offers: Offers;
  clock: () => Date;
  /** Waits so long that Slack's limit of one message a second and channel is kept. */
  pace?: (channel: string) => Promise<void>;
}

export function makeSlackChannel(options: Options): Channel {
  const { url, slack, pace = makePace() } = options;
  return {
    name: 'slack',
    title: `Slack at ${url}`,
    async deliver(told, remote, save) {
      const kept = { ...Kept.parse(remote) };
      if (!kept.channel) {
        const name = channelFor(told, options);
        const id = await slack.channelId(name);
        if (id.kind !== 'done') return trouble(id);
        kept.channel = id.value;
      }
      const visit = { ...options, pace, told, kept, channel: kept.channel, save: () => save(kept) };
      for (const step of STEPS) {
        const stopped = await step(visit);
        if (stopped) return stopped;
      }
      return { result: 'shown' };
    },
  };
}

/** A team's channel before a severity's, and those before the one for all. */
function channelFor({ alerts }: Told, { channels, channel }: Pick<Options, 'channels' | 'channel'>): string {
  const { severity = '', labels = {} } = alerts[0] ?? {};
  return channels[`team:${labels.team}`] ?? channels[severity] ?? channel ?? Object.values(channels)[0] ?? '';
}

interface Visit extends Options {
  pace: (channel: string) => Promise<void>;
  told: Told;
  kept: Kept;
  channel: string;
  save: () => Promise<void>;
}
/** Null: go on. */
type Step = (visit: Visit) => Promise<Delivered | null>;

const HEAD = 'head';

/** What was under way when the answer was lost is looked for, before anything else is posted. */
const settle: Step = async (visit) => {
  const { slack, kept, told } = visit;
  if (!kept.trying) return null;
  const { key, since } = kept.trying;
  const found = await slack.find(placeOf(visit, key), { incidentId: told.id, key }, since);
  // Somebody has deleted the whole thread since: there is nothing in it.
  const isGone = found.kind === 'refused' && found.code === 'thread_not_found';
  if (found.kind !== 'done' && !isGone) return trouble(found);
  if (found.kind === 'done' && found.value !== null) posted(kept, key, found.value);
  kept.trying = null;
  await visit.save();
  return null;
};

const head: Step = async (visit) => {
  const { slack, kept, told, channel, clock, offers } = visit;
  const look = headOf(told, clock(), offers);
  const looks = digest(look);
  if (kept.looks === looks && kept.ts) return null;
  if (kept.ts) {
    const sent = await slack.update(channel, kept.ts, messageOf(told, HEAD, look));
    if (sent.kind === 'done') {
      kept.looks = looks;
      await visit.save();
      return null;
    }
    if (sent.kind !== 'refused') return trouble(sent);
    // Where a workspace forbids changes after a while the thread goes on by itself.
    if (sent.code === 'edit_window_closed' || sent.code === 'cant_update_message') return null;
    if (sent.code !== 'message_not_found') return trouble(sent);
    // Whoever deletes it twice means it.
    if (kept.again) return { result: 'shown' };
    Object.assign(kept, { ts: undefined, again: true, told: 0, called: [] });
  }
  // Whoever reads it reads that as well; it stands in the key, so that it is known of one whose answer was lost, too.
  const call = callOf(told, clock());
  const stopped = await post(visit, call ? `${HEAD} ${call}` : HEAD, look, false);
  if (stopped) return stopped;
  kept.looks = looks;
  await visit.save();
  return null;
};

const call: Step = async (visit) => {
  const { kept, told, clock, offers } = visit;
  const wanted = callOf(told, clock());
  if (!wanted || kept.called.includes(wanted)) return null;
  return post(visit, `call ${wanted}`, callLook(told, clock(), offers), true);
};

const details: Step = async (visit) => {
  const { kept, told } = visit;
  while (kept.told < told.timeline.length) {
    const { look, count } = fitting(told, told.timeline.slice(kept.told));
    const stopped = await post(visit, `told ${kept.told + count}`, look, false);
    if (stopped) return stopped;
  }
  return null;
};

const STEPS: Step[] = [settle, head, call, details];

/** Noted before it is sent, and what came of it after. */
async function post(visit: Visit, key: string, look: Look, broadcast: boolean): Promise<Delivered | null> {
  const { slack, kept, told, channel, clock, pace } = visit;
  await pace(channel);
  kept.trying = { key, since: clock().getTime() };
  await visit.save();
  const sent = await slack.post(placeOf(visit, key), messageOf(told, key, look), broadcast);
  if (sent.kind === 'unknown') return trouble(sent);
  kept.trying = null;
  if (sent.kind === 'done') posted(kept, key, sent.value);
  // Where nothing stands yet it may go to another channel, once that is corrected.
  else if (!kept.ts) kept.channel = undefined;
  await visit.save();
  return sent.kind === 'done' ? null : trouble(sent);
}

/** What is known once a message stands there. */
function posted(kept: Kept, key: string, ts: string): void {
  const [kind, rest = ''] = key.split(' ');
  if (kind === HEAD) kept.ts = ts;
  if (kind === 'call' || (kind === HEAD && rest)) kept.called.push(rest);
  if (kind === 'told') kept.told = Number(rest);
}

function placeOf({ channel, kept }: Visit, key: string): SlackPlace {
  return { channel, thread: key.startsWith(HEAD) ? null : (kept.ts ?? null) };
}

function messageOf(told: Told, key: string, look: Look): SlackMessage {
  return { incidentId: told.id, key, ...look };
}

/** Of one message, unless it is the token or the right that is missing. */
const TOKEN =
  /^(not_authed|invalid_auth|account_inactive|token_\w+|no_permission|missing_scope|org_login_required|ekm_access_denied|team_\w+|40[13])$/;
const CURES: Record<string, string> = {
  missing_scope: 'missing_scope: give the app the scopes of docs/slack.md and install it again',
  not_in_channel: 'not_in_channel: invite the app to the channel',
  channel_not_found:
    'channel_not_found: correct SLACK_CHANNEL and SLACK_CHANNELS, or give the id of the channel',
  is_archived: 'is_archived: take the channel out of the archive, or name another one in SLACK_CHANNEL',
  not_authed:
    'not_authed: set SLACK_BOT_TOKEN to the bot token of the app (xoxb-...), and restart the responder',
  invalid_auth:
    'invalid_auth: this is no token that Slack knows; set SLACK_BOT_TOKEN to the bot token of the app (xoxb-...), and restart the responder',
  token_revoked:
    'token_revoked: install the app again, set SLACK_BOT_TOKEN to its new token, and restart the responder',
  token_expired:
    'token_expired: install the app again, set SLACK_BOT_TOKEN to its new token, and restart the responder',
  account_inactive:
    'account_inactive: the app was removed from the workspace; install it again, set SLACK_BOT_TOKEN to its new token, and restart the responder',
};

function trouble(sent: Parameters<typeof troubleOf>[0] & { code?: string }): Delivered {
  const scope = sent.code && !TOKEN.test(sent.code) ? 'incident' : 'channel';
  const words = (sent.code && CURES[sent.code]) ?? sent.words;
  return troubleOf({ ...sent, words }, { scope });
}

const digest = (look: Look) => createHash('sha256').update(JSON.stringify(look)).digest('hex').slice(0, 16);

const BETWEEN_MS = 1_050;

function makePace(): (channel: string) => Promise<void> {
  const last = new Map<string, number>();
  return async (channel) => {
    const ms = (last.get(channel) ?? -Infinity) + BETWEEN_MS - performance.now();
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    last.set(channel, performance.now());
  };
}
