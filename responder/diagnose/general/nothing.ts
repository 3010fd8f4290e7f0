/** Nothing is wrong (any more), or nobody could tell from what is there; and what does not stay up or keeps coming and going. */
import { flagsIn } from '../../incident/text/flags.ts';
import { citing, type Hypothesis } from '../rules/hypothesis.ts';
import { type Claim, claimed, evidenceOf, toldOf } from './claim.ts';
import { signsIn } from './lexicon.ts';
import { OUTSIDE } from './outside.ts';
import type { Role } from './roles.ts';
import type { Scene } from './scene.ts';
import { standstills, type Track } from './tracks.ts';

const WATCHDOG =
  /watchdog|dead ?man|heartbeat(alert|test)?$|always ?firing|alerting ?pipeline|synthetic ?test ?alert|^test ?alert/i;
/** It came and went so often: what to do about it is not told by how it is just now. */
const FLAPS = 3;

/** Asked first: the alert that fires as long as all is well. */
export function watchdog({ words, incident, target }: Scene): Hypothesis | null {
  if (!WATCHDOG.test(words.trim())) return null;
  return {
    ...{ category: 'none', action: 'NOOP', instance: null, version: null, confidence: 0.95 },
    root_cause: `${target}: this alert fires as long as alerting works, and says nothing of any fault`,
    justification: 'Nothing is to be done; its silence would be the fault.',
    citations: citing(...incident.evidence.filter((e) => e.data.kind === 'alert')),
  };
}

/** Where there is nothing but the alert, its own words may name what is outside. */
export function onlyTold(scene: Scene): Hypothesis | null {
  const { tracks, logs, body, dependencies, database, suspects, incident, target } = scene;
  const more = tracks.length + logs.entries.length + dependencies.length + suspects.length;
  const [alert] = incident.subject?.alerts ?? [];
  if (more > 0 || body || database || !alert || flagsIn(`${alert.name} ${alert.summary}`).length > 0)
    return null;
  const words = alert.name.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
  const signs = signsIn(`${words}; ${alert.summary}`);
  const row = OUTSIDE.find((one) => one.isTelling && one.signs.some((sign) => signs.includes(sign)));
  if (!row) return null;
  return claimed({
    category: row.category,
    action: 'NOOP',
    cause: `${target}: ${row.what}, by the alert's own words`,
    cure: `Nothing else is known. ${row.whatToDo}`,
    base: 0.5,
    pro: [],
    con: [],
    cites: incident.evidence.filter((e) => e.data.kind === 'alert'),
  });
}

export function nothing(scene: Scene): Hypothesis[] {
  return [recovered(scene), healthy(scene), flapping(scene)].filter((claim) => claim !== null).map(claimed);
}

const isUp = ({ body, down, kind }: Scene) =>
  down.length === 0 &&
  (body === null ||
    (kind === 'job' && body.exitCode === 0) ||
    body.state === 'running' ||
    body.state === 'unknown');

function recovered(scene: Scene): Claim | null {
  const { tracks, logs, target } = scene;
  const back = tracks.filter(({ state }) => state === 'recovered');
  const over = logs.says('recovery');
  const quiet = isQuiet(scene);
  if (tracks.some(({ state }) => state === 'bad') || !isUp(scene)) return null;
  if (back.length === 0 && !(over.entries.length > 0 && quiet)) return null;
  return {
    category: 'none',
    action: 'NOOP',
    cause: `${target} was not well and has recovered by itself${back[0] ? `: ${back[0].name} went to ${back[0].peak} and is back` : ''}`,
    cure: 'Nothing is to be done now; what happened is worth a look by day.',
    base: 0.62,
    pro: [
      [back.length > 0, 0.16, 'every signal is back where it was', evidenceOf(back)],
      [recoveryIn(scene), 0.1, 'the logs tell that it is over', logs.evidence],
    ],
    con: [[!quiet && !recoveryIn(scene), 0.15, 'the logs still tell of trouble', logs.evidence]],
    cites: [...evidenceOf(back), ...logs.evidence],
  };
}

/** The last words about it are that it is over. */
function recoveryIn({ logs }: Scene): boolean {
  const last = (entries: typeof logs.entries) =>
    Math.max(0, ...entries.map(({ pattern }) => Date.parse(pattern.last ?? '') || 0));
  const over = logs.entries.filter(
    ({ signs, pattern }) => signs.includes('recovery') && pattern.flags.length === 0,
  );
  return over.length > 0 && last(over) >= last(logs.entries.filter(({ weight }) => weight > 0));
}

/** The newest fifth of what the logs show tells of no trouble. */
function isQuiet({ logs, now }: Scene): boolean {
  const wrong = logs.entries.filter(({ weight }) => weight > 0);
  const last = Math.max(0, ...wrong.map(({ pattern }) => Date.parse(pattern.last ?? '') / 1000 || 0));
  return wrong.length === 0 || (last > 0 && now - last >= 120);
}

/** Signals that would show what users feel. */
export const FELT: Role[] = ['errors', 'latency', 'up', 'queue'];

function healthy(scene: Scene): Claim | null {
  const { tracks, logs, target, dependencies, body } = scene;
  const known = tracks.filter((track) => track.state !== 'unknown' && isKnown(track));
  const felt = known.filter(({ role }) => FELT.includes(role));
  // That there is more of something whose meaning nobody knows hurts nobody while users feel nothing.
  const told = felt.length > 0 ? known.filter(({ role }) => role !== 'other') : known;
  if (told.some(({ state }) => state === 'bad' || state === 'recovered') || !isUp(scene)) return null;
  const grave = logs.entries.filter(
    ({ weight, pattern }) => weight > 0 && /^(fatal|error|crit)/i.test(pattern.severity),
  );
  if ((felt.length === 0 && told.length < 2) || standstills(tracks).length > 0) return null;
  return {
    category: 'none',
    action: 'NOOP',
    cause: `${target} is well: ${told.slice(0, 4).map(toldOf).join(', ')}`,
    cure: 'Nothing is to be done.',
    base: 0.5,
    pro: [
      [felt.length > 0, 0.14, 'users feel nothing', evidenceOf(felt)],
      [told.length >= 3, 0.06, 'no signal has left its usual level', evidenceOf(told)],
      [body?.state === 'running', 0.05, 'it runs', [body?.evidence]],
      [dependencies.length > 0, 0.05, 'what it depends on is well', dependencies],
      [logs.looked && logs.wrong === 0, 0.08, 'its logs tell of no trouble', logs.evidence],
    ],
    con: [[grave.length > 0, 0.12, 'its logs tell of errors', logs.evidence]],
    cites: evidenceOf(told),
  };
}

/** What is usual is told, or was seen: of two points the first need not be. */
function isKnown({ evidence: { data } }: Track): boolean {
  return data.kind === 'signal' && (data.signal?.baseline != null || (data.signal?.series.length ?? 0) > 2);
}

function flapping({ tracks, target }: Scene): Claim | null {
  const often = tracks.filter(
    ({ returns, state, role }) =>
      returns >= FLAPS && state !== 'normal' && !['traffic', 'memory', 'files'].includes(role),
  );
  if (often.length === 0) return null;
  return {
    category: 'unknown',
    action: 'NOOP',
    cause: `${target} comes and goes: ${often.map(({ name, returns }) => `${name} left its level ${returns} times and came back`).join(', ')}`,
    cure: 'What is done now would be held for a cure when it goes by itself: a person should find what it comes with.',
    base: 0.72,
    pro: [[often.length > 1, 0.06, 'several signals do', evidenceOf(often)]],
    con: [],
    cites: evidenceOf(often),
  };
}
