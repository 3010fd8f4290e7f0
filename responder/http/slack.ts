/** Buttons that somebody pressed in Slack: the same word over the same approvals as over the API. */
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Router } from 'express';
import { z } from 'zod';
import { AegisError, wordsOf } from '../errors.ts';
import type { Approvals } from '../incident/approvals.ts';
import type { Once } from '../incident/outbox.ts';
import { readBody } from './input.ts';
import type { Operation } from './operation.ts';
import { checkSignature, refused, SIGNATURE_SECONDS } from './slack-signature.ts';

export interface SlackOptions {
  /** SLACK_SIGNING_SECRET; undefined: nobody gets in. */
  signingSecret: string | undefined;
  /** Ids of the users who may decide. */
  approvers: string[];
  /** Origin of SLACK_API_URL: answers may go there, too. */
  apiOrigin: string;
  approvals: Pick<Approvals, 'decide' | 'take'>;
  once: Once;
  clock: () => Date;
  onError: (words: string) => void;
  /** How long Slack is kept waiting; it gives up after three seconds. */
  answerMs?: number;
}

/** For so long a target is left alone by whoever presses "I have it". */
const TAKE_MINUTES = 60;
const ANSWER_MS = 2_000;
const TELL_MS = 5_000;

const Value = {
  id: z.string().regex(/^[\w-]{1,100}$/, 'is no id of an incident'),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'is no hash of an action'),
};
const decision = (word: 'approve' | 'reject') =>
  z.object({
    action_id: z.literal(`aegis_${word}`),
    value: z.templateLiteral([Value.id, ' ', Value.hash]),
  });
const Pressed = z.discriminatedUnion('action_id', [
  decision('approve'),
  decision('reject'),
  z.object({ action_id: z.literal('aegis_take'), value: Value.id }),
]);
/** As far as it is read; Slack sends much more. */
const Payload = z.looseObject({
  type: z.literal('block_actions'),
  user: z.looseObject({ id: z.string().regex(/^[UW][A-Z0-9]{1,30}$/, 'is no id of a user') }),
  actions: z.array(Pressed).length(1),
  response_url: z.string().optional(),
});
type Payload = z.infer<typeof Payload>;

export const InteractionForm = z
  .object({ payload: z.string().describe('JSON as Slack sends it for `block_actions`.') })
  .meta({ id: 'SlackInteraction' });

export function slackRoutes(options: SlackOptions | undefined): Router {
  const routes = express.Router();
  // As it came: the signature is over these bytes.
  const raw = express.raw({ type: () => true, limit: '200kb', inflate: false });
  routes.post('/slack/interactions', raw, async (request, response) => {
    if (!options?.signingSecret)
      throw new AegisError(
        'AEGIS_NOT_FOUND',
        'buttons in Slack are not set up: SLACK_SIGNING_SECRET is empty',
      );
    const { signingSecret, once, clock, onError, answerMs = ANSWER_MS } = options;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signature = checkSignature(signingSecret, request.headers, body, clock());
    const payload = payloadOf(body);
    // Whoever caught a signed request may send it again within its five minutes; it counts once, on all replicas.
    if (!(await once.first(`slack ${signature}`, SIGNATURE_SECONDS * 2)))
      throw refused('it was sent before: each request counts once');
    const work = press(options, payload).catch((error) => onError(`Slack button: ${wordsOf(error)}`));
    await Promise.race([work, sleep(answerMs, undefined, { ref: false })]);
    response.status(200).end();
  });
  return routes;
}

/** Throws AEGIS_BODY_UNREADABLE. */
function payloadOf(body: Buffer): Payload {
  const { payload } = readBody(
    InteractionForm,
    Object.fromEntries(new URLSearchParams(body.toString('utf8'))),
  );
  try {
    return readBody(Payload, JSON.parse(payload));
  } catch (error) {
    if (error instanceof AegisError) throw error;
    throw new AegisError('AEGIS_BODY_UNREADABLE', `payload: ${wordsOf(error)}`, { field: 'payload' });
  }
}

/** Does it, and tells the one who pressed, and nobody else, what came of it. */
async function press(options: SlackOptions, payload: Payload): Promise<void> {
  const { approvers, onError } = options;
  const { user, response_url: url } = payload;
  let words: string;
  if (!approvers.includes(user.id)) {
    words = `You may not decide here: ${user.id} is not in SLACK_APPROVERS. Nothing was changed.`;
    onError(`Slack button: ${user.id} is not in SLACK_APPROVERS; nothing was changed`);
  } else words = await decide(options, payload);
  await tell(options, url, words);
}

async function decide({ approvals, onError }: SlackOptions, { user, actions }: Payload): Promise<string> {
  const [pressed] = actions;
  const by = `slack:${user.id}`;
  try {
    if (!pressed) return 'No button was pressed.';
    if (pressed.action_id === 'aegis_take') {
      const { target, until } = await approvals.take(pressed.value, by, TAKE_MINUTES);
      return `You have it: nothing is done to ${target} until ${until}.`;
    }
    const word = pressed.action_id === 'aegis_approve' ? 'approved' : 'rejected';
    const [id = '', hash = ''] = pressed.value.split(' ');
    const { planned } = await approvals.decide(id, hash, word, by);
    return `You have ${word} ${planned.action} on ${planned.instance ?? planned.target}.`;
  } catch (error) {
    const told = error instanceof AegisError && error.code !== 'AEGIS_DATABASE_DOWN';
    if (!told) onError(`Slack button: ${wordsOf(error)}`);
    return told
      ? `Nothing was changed: ${error.message}.`
      : 'That did not work, and whether it counts is not known: look at the incident.';
  }
}

/** Whoever signs may still name any address: only Slack's own gets an answer. */
async function tell(
  { apiOrigin, onError }: SlackOptions,
  url: string | undefined,
  words: string,
): Promise<void> {
  if (!url || !isSlacks(url, apiOrigin)) return;
  try {
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text: escaped(words) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TELL_MS),
    });
  } catch (error) {
    onError(`answering in Slack: ${wordsOf(error)}`);
  }
}

function isSlacks(url: string, apiOrigin: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  return username + password === '' && (origin === 'https://hooks.slack.com' || origin === apiOrigin);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const EXAMPLE = {
  type: 'block_actions',
  user: { id: 'U012AB3CD' },
  actions: [{ action_id: 'aegis_take', value: 'inc-mk8x2f1c-0a1b2c' }],
};

export const OPERATIONS: Operation[] = [
  {
    method: 'post',
    path: '/slack/interactions',
    group: 'Deciding',
    summary: 'A button that was pressed in Slack: approve, reject, or "I have it"',
    more: `Only what Slack signed (\`X-Slack-Signature\` over the raw body with SLACK_SIGNING_SECRET, \`X-Slack-Request-Timestamp\` within
five minutes), once. Answered within three seconds with nothing; what came of it is told to the one who pressed, through \`response_url\`. Only
users of SLACK_APPROVERS decide; they stand in the timeline as \`slack:<user>\`.`,
    body: {
      type: 'application/x-www-form-urlencoded',
      schema: InteractionForm,
      examples: { 'I have it': { payload: JSON.stringify(EXAMPLE) } },
    },
    answers: [{ status: 200, says: 'taken; also where whoever pressed may not decide' }],
    problems: [
      'AEGIS_BODY_UNREADABLE',
      'AEGIS_BODY_TOO_LARGE',
      'AEGIS_MEDIA_TYPE',
      'AEGIS_SIGNATURE',
      'AEGIS_NOT_FOUND',
      'AEGIS_DATABASE_DOWN',
    ],
  },
];
