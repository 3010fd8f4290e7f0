/** Everything that the general rules look at, read once out of the evidence. */
import type { Blocker, Evidence } from '../../incident/evidence.ts';
import { type Case, type EvidenceOf, ofKind, type Subject } from '../rules/hypothesis.ts';
import { withOwnLines } from './aliases.ts';
import { type LogBook, logBookOf } from './log-book.ts';
import { isBelow, partiesIn, withoutStrangers } from './parties.ts';
import { type Role, roleOf } from './roles.ts';
import { type Onset, type Suspect, suspectsOf } from './suspects.ts';
import { type Load, loadOf, type Track, tracksOf } from './tracks.ts';

/** The container, pod or process, in whoever's words. */
export interface Body {
  state: 'running' | 'exited' | 'looping' | 'waiting' | 'unknown';
  /** Word for word, as told. */
  told: string;
  exitCode: number | null;
  oomKilled: boolean;
  restarts: number;
  /** Epoch seconds. */
  startedAt: number | null;
  evidence: EvidenceOf<'container'>;
}
export interface Scene {
  incident: Case;
  target: string;
  kind: Subject['kind'];
  /** Epoch seconds of the newest that is told. */
  now: number;
  tracks: Track[];
  /** Tracks of these roles that are bad now, the furthest from usual first. */
  bad: (...roles: Role[]) => Track[];
  of: (...roles: Role[]) => Track[];
  load: Load;
  logs: LogBook;
  onset: Onset | null;
  suspects: Suspect[];
  body: Body | null;
  /** Unhealthy ones, and all. */
  down: EvidenceOf<'dependency'>[];
  dependencies: EvidenceOf<'dependency'>[];
  database: { waiting: number; blockers: Blocker[]; evidence: Evidence } | null;
  /** How often an action failed more than it helped, by what the runbook says: it may lower, never raise. */
  failedBefore: (action: string) => EvidenceOf<'runbook'> | null;
  words: string;
  /** What the alert's name is about; `other` where it does not say. */
  alertsOf: Role;
}

const LOOPING = /crash ?loop|back-?off(?!.*pull)|restarting/i;
const WAITING = /pending|waiting|creating|pull|unschedul|init|configerror/i;
const MANY_RESTARTS = 3;
/** A container that was started so long before what is wrong began is none that starts again and again, in seconds. */
const LOOP_SECONDS = 900;

/** The same, by what the target itself uses up: of somebody else's nothing is cured by what is done to the target. */
export function ownOf(scene: Scene): Scene {
  const tracks = scene.tracks.filter(({ owner }) => owner === null);
  return { ...scene, tracks, ...lookups(tracks) };
}

function lookups(tracks: Track[]): Pick<Scene, 'bad' | 'of'> {
  return {
    bad: (...roles) => tracks.filter((t) => t.state === 'bad' && roles.includes(t.role)),
    of: (...roles) => tracks.filter((t) => roles.includes(t.role)),
  };
}

export function sceneOf(given: Case): Scene {
  const whole = withOwnLines(given, isBelow);
  const parties = partiesIn(whole);
  const incident = withoutStrangers(whole, parties);
  const tracks = tracksOf(incident, parties);
  const shifted = onsetOfTracks(tracks);
  const logs = logBookOf(incident, shifted?.by ?? null);
  const onset = onsetOf(incident, shifted, logs);
  const dependencies = ofKind(incident, 'dependency').filter((e) => e.data.dependency);
  const database = ofKind(incident, 'database').find((e) => e.data.database);
  const [body, load] = [bodyOf(incident), loadOf(tracks)];
  return {
    incident,
    target: incident.target,
    kind: incident.subject?.kind ?? 'container',
    now: Date.parse(incident.subject?.now ?? incident.evidence[0]?.at ?? '') / 1000,
    tracks,
    ...lookups(tracks),
    load: isOfStart(body, load) ? { word: 'unseen', track: null } : load,
    logs,
    onset,
    suspects: suspectsOf(incident, { tracks, logs, onset, strangers: parties.strangers }),
    body,
    dependencies,
    down: dependencies.filter((e) => e.data.dependency?.healthy === false),
    database: database?.data.database ? { ...database.data.database, evidence: database } : null,
    failedBefore: (action) => failedOf(incident, action),
    alertsOf: roleOf({ name: incident.subject?.alerts[0]?.name ?? '', unit: 'count' }),
    words: (incident.subject?.alerts ?? []).map(({ name }) => name).join(' '),
  };
}

/** A series that begins so near to a start, in seconds, has no before. */
const START_SECONDS = 120;

/** Everything that is seen of the load came after the process began: nobody knows what is usual. */
function isOfStart(body: Body | null, { word, track }: Load): boolean {
  if (word !== 'grew' || body?.startedAt == null || track?.evidence.data.kind !== 'signal') return false;
  const first = track.evidence.data.signal?.series[0]?.[0] ?? 0;
  return track.evidence.data.signal?.baseline == null && Math.abs(first - body.startedAt) < START_SECONDS;
}

const VAGUE: ReadonlySet<Role> = new Set<Role>(['other', 'cache', 'lag', 'clock']);

/** The earliest that left its usual level to stay, or to come back; load is a cause of its own and counts where nothing else moved. */
function onsetOfTracks(tracks: Track[]): { after: number; by: number } | null {
  const all = tracks.filter(
    ({ state, onset }) => (state === 'bad' || state === 'recovered') && onset !== null,
  );
  // What nobody knows the meaning of tells of no beginning where anything else does.
  const told = all.filter(({ role }) => !VAGUE.has(role));
  const moved = told.length > 0 ? told : all;
  const now = moved.filter(({ state }) => state === 'bad');
  const leaks = ({ role, gradual }: Track) =>
    gradual && (role === 'memory' || role === 'files' || role === 'threads' || role === 'pool');
  const counted = (now.length > 0 ? now : moved).map(
    (track) => (leaks(track) ? track.first : track.onset) as { after: number; by: number },
  );
  return counted.toSorted((a, b) => a.by - b.by)[0] ?? null;
}

function onsetOf(
  { subject }: Case,
  shifted: { after: number; by: number } | null,
  logs: LogBook,
): Onset | null {
  if (shifted) return { ...shifted, seen: true };
  if (logs.onset) return { ...logs.onset, seen: true };
  const starts = (subject?.alerts ?? [])
    .map(({ startsAt }) => Date.parse(startsAt ?? '') / 1000)
    .filter(Number.isFinite);
  return starts.length > 0 ? { after: Number.NEGATIVE_INFINITY, by: Math.min(...starts), seen: false } : null;
}

function bodyOf(incident: Case): Body | null {
  const all = ofKind(incident, 'container');
  // The one that is worst off tells of the rest.
  const bodies = all.map(bodyOfOne).filter((body) => body !== null);
  const rank = { looping: 0, exited: 1, waiting: 2, running: 3, unknown: 4 };
  return bodies.toSorted((a, b) => rank[a.state] - rank[b.state])[0] ?? null;
}

function bodyOfOne(evidence: EvidenceOf<'container'>): Body | null {
  const { container, facts } = evidence.data;
  if (!container) return null;
  const told = facts?.state ?? container.state;
  const restarts = facts?.restarts ?? 0;
  const startedAt = container.startedAt ? Date.parse(container.startedAt) / 1000 : null;
  const young = startedAt !== null && Date.parse(evidence.at) / 1000 - startedAt < LOOP_SECONDS;
  const looping = LOOPING.test(told) || (restarts >= MANY_RESTARTS && young);
  const state = looping ? 'looping' : WAITING.test(told) ? 'waiting' : container.state;
  const { exitCode = null, oomKilled = null } = facts ?? {};
  return {
    state,
    told,
    exitCode,
    oomKilled: oomKilled === true || /oom/i.test(told),
    restarts,
    startedAt,
    evidence,
  };
}

function failedOf(incident: Case, action: string): EvidenceOf<'runbook'> | null {
  return (
    ofKind(incident, 'runbook').find(
      ({ data: { entry } }) =>
        entry?.action === action && entry.failed > 0 && entry.failed >= entry.succeeded,
    ) ?? null
  );
}
