/** An incident as Slack messages (Block Kit). Everything that is somebody's words is escaped, and fits Slack's limits. */
import type { Block } from '../clients/slack.ts';
import type { AuditEvent } from '../incident/incident.ts';
import { isEnd } from '../incident/lifecycle.ts';
import type { Told } from '../incident/outbox.ts';
import { cut, inOne, oneLine, opensUntil, planOf, wordsFor } from './words.ts';

/** Slack's limits: characters of a text, and blocks of a message; `text` is cut by Slack above 4,000. */
const TEXT = 3_000;
const FALLBACK = 3_500;
const BLOCKS = 50;
/** Of all blocks of a message together Slack takes some 12,000 characters, and nobody says how it counts. */
const WHOLE = 9_000;

export interface Look {
  text: string;
  blocks: Block[];
}
export interface Offers {
  /** How people reach the responder's pages; null: no links. */
  publicUrl: string | null;
  /** Whether a pressed button reaches us. */
  buttons: boolean;
}

/** Names of the buttons, as `POST /slack/interactions` reads them. The value is the incident's id, and for a decision the hash. */
export const BUTTONS = { approve: 'aegis_approve', reject: 'aegis_reject', take: 'aegis_take' } as const;
const MOODS = {
  you: ':red_circle:',
  working: ':large_yellow_circle:',
  over: ':large_green_circle:',
} as const;

/** The message that stands for the incident, changed in place. */
export function headOf(told: Told, now: Date, offers: Offers): Look {
  const words = wordsFor(told, now);
  const page = pageOf(told, offers.publicUrl);
  const title = page ? `<${page}|${mrkdwn(words.title)}>` : mrkdwn(words.title);
  const rows = [
    ['What broke', words.broke],
    ['What was done', words.done],
    ['Is it over?', words.over],
    ['Must I do anything?', words.you],
  ] as const;
  const evidence = words.evidence.length > 0 ? `Evidence: ${words.evidence.join(' · ')}` : 'No evidence yet';
  const blocks: Block[] = [
    section(`${MOODS[words.mood]} *${title}*: ${mrkdwn(words.standing)}`),
    section(rows.map(([what, text]) => `*${what}* ${mrkdwn(text, 600)}`).join('\n')),
    ...answers(told, now, offers, page),
    context(mrkdwn(evidence, 1_500)),
    context(`\`${mrkdwn(told.id)}\``),
  ];
  return { text: mrkdwn(inOne(words), FALLBACK), blocks };
}

/** What a person must know at once, shown in the channel as well as in the thread. */
export function callLook(told: Told, now: Date, { publicUrl }: Offers): Look {
  const words = wordsFor(told, now);
  const page = pageOf(told, publicUrl);
  const title = page ? `<${page}|${mrkdwn(words.title)}>` : mrkdwn(words.title);
  const lines = [
    `${MOODS.you} *${title}*: ${mrkdwn(words.standing)}`,
    `*What broke* ${mrkdwn(words.broke, 600)}`,
    `*Must I do anything?* ${mrkdwn(words.you, 600)}`,
  ];
  return { text: mrkdwn(inOne(words), FALLBACK), blocks: [section(lines.join('\n'))] };
}

/** The details of as many of these events as fit into one message, at least of one. @param events at least one */
export function fitting(told: Told, events: AuditEvent[]): { look: Look; count: number } {
  let look = detailsOf(told, events, 1);
  for (let count = 2; count <= events.length; count++) {
    const more = detailsOf(told, events, count);
    if (more.blocks.length > BLOCKS || sizeOf(more.blocks) > WHOLE) return { look, count: count - 1 };
    look = more;
  }
  return { look, count: events.length };
}

/** So many characters a block counts beside its text. */
const BLOCK = 100;

function sizeOf(blocks: Block[]): number {
  let size = blocks.length * BLOCK;
  JSON.stringify(blocks, (key, value) => {
    if (key === 'text' && typeof value === 'string') size += value.length;
    return value;
  });
  return size;
}

/** Details for the thread: what happened since it was told last, then what lies behind a stage, with the newest of its events. */
function detailsOf(told: Told, all: AuditEvent[], count: number): Look {
  const events = all.slice(0, count);
  const lines = events.map(({ at, stage, text, ms }) => {
    const took = ms === null ? '' : ` (${Math.round(ms)} ms)`;
    return `\`${at.slice(11, 23)}\` *${mrkdwn(stage)}*${took} ${mrkdwn(oneLine(text, 600), 700)}`;
  });
  const later = new Set(all.slice(count).map(({ stage }) => stage));
  const stages = new Set(events.map(({ stage }) => stage).filter((stage) => !later.has(stage)));
  const behind = [
    ...(stages.has('diagnose') ? diagnosisLines(told) : []),
    ...(stages.has('guard') ? verdictLines(told) : []),
    ...(stages.has('verify') ? recoveryLines(told) : []),
  ];
  const blocks = [...paragraphs(lines), ...paragraphs(behind)];
  const first = oneLine(events.map(({ stage, text }) => `${stage}: ${text}`).join(' / '), FALLBACK);
  return { text: mrkdwn(first, FALLBACK), blocks };
}

function diagnosisLines({ diagnosis: d, evidence }: Told): string[] {
  if (!d) return [];
  const cited = evidence.filter(({ id }) => d.citations.includes(id)).slice(0, 10);
  const passed = d.fallthrough
    .slice(0, 4)
    .map(({ provider, reason }) => `${provider} passed over: ${reason}`);
  return [
    `*Why* ${mrkdwn(oneLine(d.justification, 800), 900)}`,
    mrkdwn(`Confidence ${d.confidence}, by ${oneLine(d.provider, 60)}`),
    ...cited.map(
      ({ id, source, reading }) => `• ${mrkdwn(oneLine(`${id} (${source}) ${reading}`, 400), 500)}`,
    ),
    ...passed.map((line) => `• ${mrkdwn(oneLine(line, 300), 400)}`),
  ];
}

function verdictLines({ verdict }: Told): string[] {
  if (!verdict) return [];
  const passed = verdict.checks.filter(({ allowed }) => allowed).map(({ guard }) => guard);
  const last = verdict.checks.findLast(({ allowed }) => !allowed);
  return [
    `*Checks* ${passed.length} passed${passed.length > 0 ? `: ${mrkdwn(oneLine(passed.join(', '), 600), 700)}` : ''}`,
    ...(last ? [`• ${mrkdwn(oneLine(`${last.guard}: ${last.reason}`, 600), 700)}`] : []),
  ];
}

function recoveryLines({ recovery }: Told): string[] {
  const checks = recovery?.checks.slice(0, 10) ?? [];
  return checks.map(
    ({ name, result, reading }) => `• ${mrkdwn(oneLine(`${name}: ${result}, ${reading}`, 400), 500)}`,
  );
}

/** Buttons while there is something to press; else the way to the page. None once it is decided, lapsed or over. */
function answers(told: Told, now: Date, { buttons }: Offers, page: string | null): Block[] {
  if (isEnd(told.state)) return [];
  const asks = opensUntil(told, now) !== null;
  if (!buttons) return asks && page ? [section(`<${page}|Answer on its page>`)] : [];
  const { id, approval } = told;
  const plan = cut(planOf(told), 250);
  const decide = asks
    ? [
        button(
          'approve',
          'Approve',
          `${id} ${approval?.hash}`,
          `Do exactly this: ${plan}? All guards are asked once more.`,
        ),
        button('reject', 'Reject', `${id} ${approval?.hash}`),
      ]
    : [];
  const take = told.hold ? [] : [button('take', 'I have it', id)];
  const elements = [...decide, ...take];
  return elements.length > 0 ? [{ type: 'actions', elements }] : [];
}

function button(what: keyof typeof BUTTONS, says: string, value: string, confirm?: string) {
  const plain = (text: string) => ({ type: 'plain_text' as const, text, emoji: false });
  const style = { approve: 'primary', reject: 'danger', take: undefined } as const;
  return {
    type: 'button' as const,
    action_id: BUTTONS[what],
    text: plain(says),
    value,
    ...(style[what] && { style: style[what] }),
    ...(confirm && {
      confirm: {
        title: plain('Approve?'),
        text: plain(confirm),
        confirm: plain('Approve'),
        deny: plain('Not yet'),
      },
    }),
  };
}

/** Verbatim: what looks like a link, a channel or a name in our words is not made one. */
const text = (words: string) => ({ type: 'mrkdwn' as const, text: words, verbatim: true });
const section = (words: string): Block => ({ type: 'section', text: text(words) });
const context = (words: string): Block => ({ type: 'context', elements: [text(words)] });

/** As few sections as hold the lines, each of which fits one. */
function paragraphs(lines: string[]): Block[] {
  const all: string[] = [];
  for (const line of lines) {
    const last = all.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= TEXT) all[all.length - 1] = `${last}\n${line}`;
    else all.push(line);
  }
  return all.map(section);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Somebody's words in a mrkdwn text: no links, mentions or commands (`<!channel>`), no call to everybody, no marks that would
 * swallow what follows. Never longer than `max`, and never cut within an entity.
 */
export function mrkdwn(words: string, max = 2_000): string {
  const harmless = words
    .replace(/@(?=channel|here|everyone)/gi, '@\u2060')
    .replace(/[`*~]/g, (mark) => ({ '`': "'", '*': '∗', '~': '∼' })[mark] ?? mark);
  let fits = '';
  for (const character of harmless) {
    const next = ENTITIES[character] ?? character;
    if (fits.length + next.length > max - 1) return `${fits}…`;
    fits += next;
  }
  return fits;
}

/** An address within `<...|...>`. */
function pageOf({ id }: Told, publicUrl: string | null): string | null {
  if (!publicUrl) return null;
  const { href } = new URL(`/incidents/${encodeURIComponent(id)}`, `${publicUrl}/`);
  return href.replace(/[<>|]/g, (character) => encodeURIComponent(character));
}
