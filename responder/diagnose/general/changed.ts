/** It began with a release or a configuration that can be put back. The culprit need not be what alerted. */
import type { ChangeData } from '../../incident/evidence.ts';
import type { Hypothesis } from '../rules/hypothesis.ts';
import { type Claim, claimed, evidenceOf, type Reason, shown, toldOf } from './claim.ts';
import { isSame } from './log-book.ts';
import type { Scene } from './scene.ts';
import { isNamedAfter, isScaleDown, type Suspect, wordsNotToTheReader } from './suspects.ts';

const HARD = ['errors', 'latency', 'up', 'queue'] as const;
const FIRST = /\b(initial|first) (deploy|release|version|rollout)\b/i;
const SUSPICION = 0.3;
/** A change that breaks something mostly does so at once, within so many seconds. */
const SOON = 1_800;

export function changed(scene: Scene): Hypothesis[] {
  const possible = scene.suspects.filter(({ innocent, change }) => innocent === null && !isScaleDown(change));
  // One rollout may be on record several times; of the rest the likeliest speaks.
  const best = possible[0];
  if (!best || best.weight < SUSPICION || !isTrouble(scene)) return [];
  return [claimed(claimOf(scene, best))];
}

function isTrouble({ tracks, logs, body, down }: Scene): boolean {
  return (
    tracks.some(({ state, role }) => state === 'bad' && role !== 'other' && role !== 'clock') ||
    logs.wrong > 0 ||
    down.length > 0 ||
    (body !== null && body.state !== 'running' && body.state !== 'unknown')
  );
}

function claimOf(scene: Scene, suspect: Suspect): Claim {
  const { change } = suspect;
  const { logs } = scene;
  const isConfig = change.kind === 'config';
  const fitting = isConfig
    ? logs.says('config', 'credentials', 'schema', 'code')
    : logs.says('code', 'schema', 'config', 'image', 'crash');
  const canGoBack = Boolean(change.from) || (isConfig && !FIRST.test(change.summary));
  return {
    category: isConfig ? 'config_error' : 'bad_release',
    action: canGoBack ? 'ROLLBACK' : 'NOOP',
    target: change.target,
    version: canGoBack ? change.from || 'what was there before' : null,
    cause: `${tell(change)} at ${change.at}, and ${symptom(scene)} began ${leadOf(suspect)}`,
    cure: canGoBack
      ? `What was there before (${change.from || 'the configuration before it'}) did not have it, and can be put back.`
      : 'Nothing is on record that could be put back, so a person has to.',
    base: 0.32 + 0.28 * suspect.weight,
    pro: forIt(scene, suspect, fitting.share),
    con: [
      ...againstIt(scene, suspect, fitting.share),
      [!canGoBack, 0.1, 'what was there before is not on record'],
    ],
    cites: suspect.evidence,
  };
}

function forIt(scene: Scene, { change, own, evidence }: Suspect, fitting: number): Reason[] {
  const { logs, load, body } = scene;
  const hard = scene.bad(...HARD);
  // Well until hours after the change is not well before it.
  const before = scene.tracks.filter(
    ({ state, onset }) =>
      state === 'bad' && onset !== null && onset.after <= Date.parse(change.at) / 1000 + SOON,
  );
  const words =
    change.kind === 'config' ? 'configuration or of code that does not fit it' : 'code that breaks';
  const leaks = scene.bad('memory', 'files').filter(({ gradual, returns }) => gradual || returns > 0);
  return [
    [before.length > 0, 0.12, 'it was well before the change', evidenceOf(before)],
    shown(0.08, hard),
    [fitting >= 0.3, 0.18, `the logs speak of ${words}`, logs.evidence],
    [fitting > 0 && fitting < 0.3, 0.08, 'some lines of the log fit it', logs.evidence],
    [!own && isNamed(scene, change.target), 0.1, `what is wrong names ${change.target}`, evidence],
    [body?.state === 'looping' && own, 0.12, 'it does not stay up since', [body?.evidence]],
    [
      own && scene.bad('up', 'replicas').length > 0,
      0.1,
      'what was put there does not become ready',
      evidenceOf(scene.bad('up', 'replicas')),
    ],
    [body?.state === 'waiting' && own, 0.1, 'what was put there does not start', [body?.evidence]],
    [leaks.length > 0 && own, 0.1, 'what fills up has filled up since', evidenceOf(leaks)],
    [isCut(scene, change), 0.2, 'its memory was limited by it, and ran out', [body?.evidence]],
    [load.word === 'steady', 0.04, 'there is no more load than before', [load.track?.evidence]],
  ];
}

/** A line that tells of something wrong, a dependency that is not well, or a signal that is bad. */
function isNamed({ logs, down, tracks }: Scene, target: string): boolean {
  return (
    logs.names(target).share > 0 ||
    down.some((e) => isSame(e.data.dependency?.name ?? '', target)) ||
    tracks.some(({ name, state }) => state === 'bad' && isNamedAfter(name, target))
  );
}

const MEMORY = /mem|heap|limit|xmx|\d(mi|gi|mb|gb|m|g)\b/i;

/** The limit was changed, and now there is too little of it. */
function isCut({ body, logs }: Scene, { kind, from, to, summary }: ChangeData): boolean {
  const ranOut =
    body?.oomKilled === true || body?.exitCode === 137 || logs.says('out-of-memory').share >= 0.3;
  return kind === 'config' && ranOut && MEMORY.test([from, to, wordsNotToTheReader(summary)].join(' '));
}

function againstIt(scene: Scene, suspect: Suspect, fitting: number): Reason[] {
  const { load, database } = scene;
  const full = scene.bad('cpu', 'loop', 'threads', 'pool');
  const elsewhere = elsewhereOf(scene, suspect);
  const failed = scene.failedBefore('ROLLBACK');
  const locked = (database?.blockers.length ?? 0) > 0;
  const more = load.word === 'grew';
  const paused = scene.logs.entries.filter(({ signs }) => signs.includes('maintenance'));
  return [
    [elsewhere.weight > 0, elsewhere.weight, elsewhere.words, elsewhere.evidence],
    [
      more && full.length > 0 && fitting < 0.3,
      0.3,
      'there is more load than it can carry',
      [load.track?.evidence],
    ],
    [more && full.length === 0, 0.08, 'load grew as well', [load.track?.evidence]],
    [locked && fitting < 0.3, 0.3, 'sessions wait for a lock', [database?.evidence]],
    [
      !suspect.own && paused.length > 0,
      0.35,
      `${suspect.change.target} is being restarted, and will be back`,
      scene.logs.evidence,
    ],
    [failed !== null, 0.2, 'going back did not help before', [failed]],
    [scene.onset === null || !scene.onset.seen, 0.05, 'when it began is not seen'],
  ];
}

/** What somebody else does is no release's fault, unless the change is to that very one, or code breaks as well. */
function elsewhereOf({ logs, down, dependencies }: Scene, suspect: Suspect) {
  const { change, own } = suspect;
  const outside = logs.says(
    'rate-limit',
    'certificate',
    'quota',
    'disk',
    'dns',
    'node',
    'scheduling',
    'clock',
    'replication',
    'database-limit',
    'lock',
  );
  const reach = logs.says('unreachable', 'dependency-error', 'slow-dependency', 'network');
  const inside = logs.says('code', 'schema', 'config', 'credentials');
  const well = dependencies.length > 0 && down.length === 0;
  const isCulprit = !own && down.some((e) => e.data.dependency?.name === change.target);
  const none = { weight: 0, words: '', evidence: [] };
  // What it was made to is in charge of what is wrong: then that is no excuse for it.
  if (isCulprit || suspect.isInCharge || (!own && reach.share >= outside.share)) return none;
  if (outside.share >= 0.3 && outside.share > inside.share)
    return {
      weight: own && well ? 0.14 : 0.36,
      words: 'the logs speak of something outside',
      evidence: logs.evidence,
    };
  if (down.length > 0 && inside.share < 0.3)
    return {
      weight: 0.3,
      words: `${down.map((e) => e.data.dependency?.name).join(', ')} is not well`,
      evidence: down,
    };
  // A new release may have broken its own way to a dependency that is well.
  if (reach.share >= 0.5 && inside.share < 0.2)
    return {
      weight: well ? 0.08 : 0.2,
      words: 'the logs speak of something that cannot be reached',
      evidence: logs.evidence,
    };
  return none;
}

function tell({ kind, target, from, to }: ChangeData): string {
  const what = kind === 'config' ? 'The configuration of' : 'The release of';
  return `${what} ${target} changed${from ? ` from ${from}` : ''}${to ? ` to ${to}` : ''}`;
}

function leadOf({ lead }: Suspect): string {
  if (lead <= 0) return 'with it';
  return lead < 120 ? `${Math.round(lead)} s later` : `${Math.round(lead / 60)} min later`;
}

function symptom(scene: Scene): string {
  const worst = scene.bad(...HARD)[0] ?? scene.tracks.find(({ state }) => state === 'bad');
  if (worst) return toldOf(worst);
  if (scene.body && scene.body.state !== 'running') return `"${scene.body.told}"`;
  return 'what is wrong in the logs';
}
