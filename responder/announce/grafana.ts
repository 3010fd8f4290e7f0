/** One region in Grafana for each incident, from onset to end, changed in place. */
import { z } from 'zod';
import type { Annotation, Grafana } from '../clients/grafana.ts';
import { actionsMade } from '../incident/incident.ts';
import { isEnd } from '../incident/lifecycle.ts';
import type { Told } from '../incident/outbox.ts';
import { type Channel, type Delivered, troubleOf } from './channel.ts';
import { cut, wordsFor } from './words.ts';

/** What is kept of it. */
const Kept = z.object({
  id: z.number().optional(),
  /** It was posted, or was going to be, and no answer is known. */
  posting: z.boolean().default(false),
  /** An answer was lost once: there may be a second one that came later. */
  unsure: z.boolean().default(false),
  /** A person deleted it once; it was posted anew. */
  again: z.boolean().default(false),
});
type Kept = z.infer<typeof Kept>;

interface Options {
  grafana: Grafana;
  /** For people. */
  url: string;
  /** How people reach the responder's pages; null: no links. */
  publicUrl: string | null;
  clock: () => Date;
}

export function makeGrafanaChannel({ grafana, url, publicUrl, clock }: Options): Channel {
  return {
    name: 'grafana',
    title: `Grafana at ${url}`,
    async deliver(told, remote, save) {
      const want = annotationOf(told, clock(), publicUrl);
      const kept = { ...Kept.parse(remote) };
      if (kept.id !== undefined) {
        const sent = await grafana.patch(kept.id, want);
        if (sent.kind === 'done') return finish(grafana, told, kept);
        if (sent.kind !== 'refused' || sent.code !== '404') return trouble(sent);
        // Whoever deletes it twice means it.
        if (kept.again) return { result: 'shown' };
        Object.assign(kept, { id: undefined, posting: true, again: true });
        await save(kept);
      }
      return post(grafana, told, want, kept, save);
    },
  };
}

/** Looks first, where an answer was lost before. */
async function post(
  grafana: Grafana,
  told: Told,
  want: Annotation,
  kept: Kept,
  save: (kept: Kept) => Promise<void>,
): Promise<Delivered> {
  if (kept.posting) {
    kept.unsure = true;
    const found = await grafana.find(ownTags(told));
    if (found.kind !== 'done') return trouble(found);
    const [first, ...doubles] = found.value;
    if (first !== undefined) {
      await save({ ...kept, id: first, posting: false });
      const sent = await grafana.patch(first, want);
      return sent.kind === 'done' ? remove(grafana, doubles) : trouble(sent);
    }
  }
  await save({ ...kept, posting: true });
  const sent = await grafana.add(want);
  if (sent.kind === 'done') {
    await save({ ...kept, id: sent.value, posting: false });
    return { result: 'shown' };
  }
  await save({ ...kept, posting: sent.kind === 'unknown', unsure: kept.unsure || sent.kind === 'unknown' });
  return trouble(sent);
}

/** A lost post that came through after we had looked for it would stay for ever: looked for once more at the end. */
async function finish(grafana: Grafana, told: Told, { id, unsure }: Kept): Promise<Delivered> {
  if (!unsure || !isEnd(told.state)) return { result: 'shown' };
  const found = await grafana.find(ownTags(told));
  if (found.kind !== 'done') return trouble(found);
  return remove(
    grafana,
    found.value.filter((one) => one !== id),
  );
}

async function remove(grafana: Grafana, doubles: number[]): Promise<Delivered> {
  for (const double of doubles) {
    const sent = await grafana.remove(double);
    if (sent.kind !== 'done' && !(sent.kind === 'refused' && sent.code === '404')) return trouble(sent);
  }
  return { result: 'shown' };
}

/** Grafana that takes this one not, or takes nothing from us: no token, too little right, or a page to log in. */
function trouble(sent: Parameters<typeof troubleOf>[0] & { code?: string }): Delivered {
  const scope = sent.code && !/^(401|403|3\d\d)$/.test(sent.code) ? 'incident' : 'channel';
  const cure =
    sent.code === undefined ? undefined : CURES.find(([codes]) => codes.test(sent.code ?? ''))?.[1];
  return troubleOf(cure ? { ...sent, words: `${sent.words} (${cure})` } : sent, { scope });
}

const CURES: [RegExp, string][] = [
  [/^401$/, 'set GRAFANA_TOKEN to a token of a service account, or GRAFANA_USER and GRAFANA_PASSWORD'],
  [/^403$/, 'give the service account the right to write annotations: the role Editor has it'],
  [/^3\d\d$/, 'GRAFANA_URL leads to another page: give the address that answers /api/health with 200'],
];

const ownTags = ({ id }: Pick<Told, 'id'>) => ['aegisops', `incident:${id}`];
/** Grafana keeps so many characters of a tag. */
const TAG = 100;
const TEXT = 4_000;

/** Tags are sent each time, since a PATCH that has none keeps the old ones. Exported for tests. */
export function annotationOf(told: Told, now: Date, publicUrl: string | null): Annotation {
  const action = actionsMade(told).at(-1)?.action ?? told.diagnosis?.action ?? null;
  const time = Date.parse(told.startsAt);
  const end = told.closedAt ? Date.parse(told.closedAt) : now.getTime();
  return {
    time,
    timeEnd: Math.max(time, end),
    tags: [...ownTags(told), told.target, action, told.outcome ?? told.state]
      .filter((tag) => tag !== null)
      .map((tag) => cut(tag, TAG)),
    text: textOf(told, now, publicUrl),
  };
}

function textOf(told: Told, now: Date, publicUrl: string | null): string {
  const words = wordsFor(told, now);
  const lines = [
    `<b>${escaped(words.title)}</b>: ${escaped(words.standing)}`,
    ...(
      [
        ['Broke', words.broke],
        ['Done', words.done],
        ['Over', words.over],
        ['You', words.you],
      ] as const
    ).map(([what, text]) => `<b>${what}</b>: ${escaped(text)}`),
    ...(words.evidence.length > 0 ? [`<b>Evidence</b>: ${words.evidence.map(escaped).join('; ')}`] : []),
  ];
  const link =
    publicUrl &&
    `<a href="${escaped(`${publicUrl}/incidents/${encodeURIComponent(told.id)}`)}">The incident</a>`;
  const fitting: string[] = [];
  for (const line of link ? [lines[0] as string, link, ...lines.slice(1)] : lines)
    if ([...fitting, line].join('<br>').length <= TEXT) fitting.push(line);
  return fitting.join('<br>');
}

/** Grafana shows the text as HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
