/**
 * What the ends of instances mean: killed for memory, or a loop of crashes. Read by the rules and, whatever a diagnosis says,
 * by the guards. Pure; what somebody asked for is no crash.
 */
import type { Evidence, EvidenceData, ExitData } from './evidence.ts';
import { startOf, valueNow } from './freshness.ts';
import { MEMORY_NEAR_LIMIT } from './sli.ts';

/** Killed for memory, and so many ends within the hour: a case for a person. */
const TOO_OFTEN = 3;
/** So many crashes within LOOP_SECONDS are a loop, as TargetCrashLooping has it (which looks at five minutes). */
const LOOP_CRASHES = 3;
const LOOP_SECONDS = 600;
/** Three crashes within five minutes are no further apart than this. One that has run for longer has left the loop. */
const SHORT_LIFE_SECONDS = 150;
/** A kill longer ago than this, in seconds, is not what an alert of now is about: TargetOomKilled looks at one minute. */
const RECENT_KILL_SECONDS = 180;
/** What a process that was killed leaves behind for a moment in these is no trouble of its own. */
const SLIS_OF_A_KILL = ['memory_utilization', 'up'];

export type ExitEvidence = Evidence & { data: Extract<EvidenceData, { kind: 'exit' }> };

export interface Loop {
  instance: string;
  /** Newest first. */
  crashes: ExitData[];
  /** With those of the hour that are no part of the loop, newest first. */
  ofTheHour: ExitData[];
  evidence: ExitEvidence;
}
export interface Kill {
  instance: string;
  /** The kill. */
  last: ExitData;
  /** How often within the hour it was killed for memory, and how often it ended for whatever reason. */
  kills: number;
  ends: number;
  evidence: ExitEvidence;
}

/** An end that somebody asked for. */
export interface Stop {
  instance: string;
  last: ExitData;
  evidence: ExitEvidence;
}

/** The one finding of ends that were seen, if there is one. */
export function exitsIn(evidence: Evidence[]): ExitEvidence | null {
  return evidence.find((e): e is ExitEvidence => e.data.kind === 'exit' && e.status === 'ok') ?? null;
}

/** Instances that end again and again, though not for memory, those with the most crashes first. */
export function crashLoopsIn(evidence: Evidence[]): Loop[] {
  const found = exitsIn(evidence);
  if (!found) return [];
  const loops = [...crashesByInstance(found)].flatMap(([instance, ofTheHour]): Loop[] => {
    const errors = ofTheHour.filter((exit) => !exit.oomKilled);
    const crashes = errors.filter((exit) => secondsSince(found, exit) <= LOOP_SECONDS);
    const isLoop = crashes.length >= LOOP_CRASHES && (isDown(evidence, instance) || isShort(found, crashes));
    return isLoop ? [{ instance, crashes, ofTheHour: errors, evidence: found }] : [];
  });
  return loops.toSorted((a, b) => b.crashes.length - a.crashes.length);
}

/** Instances that are down because somebody stopped them: their last end was asked for, and nobody started them since. */
export function stoppedIn(evidence: Evidence[]): Stop[] {
  const found = exitsIn(evidence);
  if (!found) return [];
  return [...Map.groupBy(found.data.exits, ({ instance }) => instance)].flatMap(
    ([instance, [last]]): Stop[] =>
      last?.requested && isDown(evidence, instance) ? [{ instance, last, evidence: found }] : [],
  );
}

/** Every life was short, and so is the one since the last crash. */
function isShort(found: Evidence, crashes: ExitData[]): boolean {
  const lives = crashes.map(({ livedMs }) => (livedMs ?? 0) / 1000);
  const now = Math.min(...crashes.map((exit) => secondsSince(found, exit)));
  return [...lives, now].every((life) => life <= SHORT_LIFE_SECONDS);
}

/** Instances whose last crash, a moment ago, was a kill for memory. */
function killsIn(evidence: Evidence[]): Kill[] {
  const found = exitsIn(evidence);
  if (!found) return [];
  return [...crashesByInstance(found)].flatMap(([instance, crashes]): Kill[] => {
    const [last] = crashes;
    if (!last?.oomKilled || secondsSince(found, last) > RECENT_KILL_SECONDS) return [];
    const kills = crashes.filter((exit) => exit.oomKilled).length;
    return [{ instance, last, kills, ends: crashes.length, evidence: found }];
  });
}

/** An instance that was killed for its memory and ends again and again, and whose memory is not near its limit just now. */
export function killedTooOftenIn(evidence: Evidence[]): Kill | null {
  const often = killsIn(evidence).filter(({ ends }) => ends >= TOO_OFTEN);
  return often.find(({ instance }) => !isFull(evidence, instance)) ?? null;
}

/**
 * An instance that the kernel killed for its memory, not often, and that runs and is well again, as all others are: over, though
 * the alert may look back at it. Null too where that cannot be told, or where an alert complains of anything else.
 */
export function survivedKillIn(evidence: Evidence[]): Kill | null {
  const kills = killsIn(evidence);
  const isOver =
    kills.every(({ instance, ends }) => ends < TOO_OFTEN && runsWell(evidence, instance)) &&
    evidence.every((e) => !isTrouble(e)) &&
    instancesOf(evidence).every((instance) => signal(evidence, 'up', instance) !== 0);
  return isOver ? (kills[0] ?? null) : null;
}

/** Running, with memory to spare, and by the word of its health endpoint or of a scrape from after its start. */
function runsWell(evidence: Evidence[], instance: string): boolean {
  const answers = evidence.some(
    ({ data }) => data.kind === 'health' && data.instance === instance && data.healthy,
  );
  const memory = signal(evidence, 'memory_utilization', instance);
  return (
    stateIn(evidence, instance) === 'running' &&
    (memory === null || memory <= MEMORY_NEAR_LIMIT) &&
    (answers || signal(evidence, 'up', instance) === 1)
  );
}

/** An endpoint that is not well; an alert that could not be read, or holds and is not about what a kill leaves behind. */
function isTrouble({ source, data }: Evidence): boolean {
  if (data.kind === 'health') return !data.healthy;
  if (data.kind !== 'alert') return source === 'alert';
  return data.holds !== false && !(data.holds && SLIS_OF_A_KILL.includes(data.objective?.sli ?? ''));
}

function isFull(evidence: Evidence[], instance: string): boolean {
  return (signal(evidence, 'memory_utilization', instance) ?? 0) > MEMORY_NEAR_LIMIT;
}

/** What the process that runs now tells; NaN where only its predecessor did, null where none ever did. */
function signal(evidence: Evidence[], name: string, instance: string): number | null {
  const told = evidence.filter(
    ({ data, status }) =>
      status === 'ok' &&
      data.kind === 'signal' &&
      data.signal?.name === name &&
      data.signal.instance === instance &&
      data.signal.series.length > 0,
  );
  if (told.length === 0) return null;
  return Math.max(...told.map((e) => valueNow(e, startOf(evidence, instance))));
}

function instancesOf(evidence: Evidence[]): string[] {
  return evidence.flatMap(({ data }) =>
    data.kind === 'container' && data.container ? [data.container.instance] : [],
  );
}

function stateIn(evidence: Evidence[], instance: string): string | null {
  for (const { data, status } of evidence)
    if (status === 'ok' && data.kind === 'container' && data.container?.instance === instance)
      return data.container.state;
  return null;
}

const isDown = (evidence: Evidence[], instance: string) => stateIn(evidence, instance) === 'exited';

function crashesByInstance({ data }: ExitEvidence): Map<string, ExitData[]> {
  return Map.groupBy(
    data.exits.filter((exit) => !exit.requested),
    (exit) => exit.instance,
  );
}

function secondsSince({ at }: Evidence, exit: ExitData): number {
  return (Date.parse(at) - Date.parse(exit.at)) / 1000;
}

/** What happened to it, for people: `was killed by the kernel for its memory limit (exit code 137) at 03:04:05Z after 41 s`. */
export function tellExit({ at, exitCode, oomKilled, requested, livedMs }: ExitData): string {
  const by = oomKilled ? 'was killed by the kernel for its memory limit' : 'ended by itself';
  const code = exitCode === null ? 'exit code not told' : `exit code ${exitCode}`;
  const after = livedMs === null ? '' : ` after ${tellLength(livedMs / 1000)}`;
  return `${requested ? 'was ended on request' : by} (${code}) at ${at.slice(11, 19)}Z${after}`;
}

/** A length of time in one unit: 0.4 s, 41 s, 12 min, 5 h. */
export function tellLength(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
