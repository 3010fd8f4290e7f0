/**
 * What may be chosen at all: the actions that the evidence does not rule out, each with what it is done to. Whoever diagnoses
 * chooses among these; the guards look again, and more strictly, at the one that was chosen.
 */
import { crashLoopsIn, stoppedIn } from '../incident/crashes.ts';
import type { Action, Category } from '../incident/incident.ts';
import { type Scene, sceneOf } from './general/scene.ts';
import { type Case, type Hypothesis, ofKind } from './rules/hypothesis.ts';

export interface Option {
  action: Action;
  target: string;
  /** Null: the evidence singles none out, or it is the service's. */
  instance: string | null;
  /** For a ROLLBACK: the release to go back to. */
  version: string | null;
  why: string;
}

/** What each action can be right for, by the cause that is named; NOOP for all. */
export const CURES: Record<Exclude<Action, 'NOOP'>, readonly Category[]> = {
  RESTART: ['memory_leak', 'cpu_saturation', 'process_down', 'db_contention', 'resource_exhaustion'],
  ROLLBACK: ['bad_release', 'config_error', 'crash_loop'],
  SCALE_UP: ['traffic_surge'],
};

/** A release so shortly before the onset is more likely the cause than the load, in seconds. */
const SUSPECT_SECONDS = 600;
/** From this share of what is wrong in the logs on, they tell of it. */
const TOLD = 0.3;
const MOSTLY_TOLD = 0.5;
/** Kinds of targets that are processes of ours. */
const PROCESSES = new Set(['container', 'deployment', 'job', 'other']);

/** NOOP is always among them, and so is what the rules would do. @param rules their answer to the same case */
export function allowedActions(incident: Case, rules: Hypothesis): Option[] {
  const scene = sceneOf(incident);
  const options = [...byRules(incident, rules), ...rollbacks(scene), ...scaleUps(scene), ...restarts(scene)];
  const open = options.filter((option) => !wasTried(option, incident));
  const distinct = new Map(open.map((option) => [JSON.stringify({ ...option, why: '' }), option]));
  const nothing = optionOf(incident, 'NOOP', 'always: a person is told what is wrong');
  return [...distinct.values(), nothing];
}

/** The option that an answer chooses; null: there is none like it. An instance that is not named is any of that action. */
export function chosen(
  options: Option[],
  { action, target, instance, version }: Pick<Option, 'action' | 'target' | 'instance' | 'version'>,
): Option | null {
  const alike = options.filter((option) => option.action === action && option.target === target);
  if (action === 'ROLLBACK') return alike.find((option) => option.version === version) ?? null;
  if (action !== 'RESTART' || instance === null) return alike[0] ?? null;
  return alike.find((option) => option.instance === instance) ?? null;
}

const optionOf = (
  { target }: Pick<Case, 'target'>,
  action: Action,
  why: string,
  over: Partial<Option> = {},
): Option => ({
  ...{ action, target, instance: null, version: null, why },
  ...over,
});

/** A previous version on record, and a change before the onset. Of another target only where the case comes from outside. */
function rollbacks({ suspects, incident }: Scene): Option[] {
  return suspects.flatMap(({ change, innocent, own }) => {
    const isReach = own || incident.subject !== undefined;
    if (innocent !== null || change.kind === 'scale' || !change.from || !isReach) return [];
    const why = `${change.to} came at ${change.at}, before it began; ${change.from} ran before`;
    const over = { target: own ? incident.target : change.target, version: change.from };
    return [optionOf(incident, 'ROLLBACK', why, over)];
  });
}

/** Load that grew, and a release that is not to blame. */
function scaleUps({ load, suspects, incident, kind }: Scene): Option[] {
  const isSuspect = suspects.some(
    ({ innocent, own, change, lead }) =>
      innocent === null && own && change.kind !== 'scale' && lead <= SUSPECT_SECONDS,
  );
  if (load.word !== 'grew' || isSuspect || !PROCESSES.has(kind)) return [];
  return [optionOf(incident, 'SCALE_UP', 'the load grew, and no release came shortly before')];
}

/** An instance that is there, and a cause which starting it anew clears: its own, and not somebody else's. */
function restarts(scene: Scene): Option[] {
  const { incident, kind, body } = scene;
  if (!PROCESSES.has(kind) || body?.state === 'looping' || body?.state === 'waiting') return [];
  const { evidence } = incident;
  const known = ofKind(incident, 'container').flatMap(({ data }) => data.container?.instance ?? []);
  if (known.length === 0 && !incident.subject) return [];
  const barred = [...crashLoopsIn(evidence), ...stoppedIn(evidence)].map(({ instance }) => instance);
  const causes = [...ownCauses(scene), ...(isSomebodyElses(scene) ? [] : softCauses(scene))];
  return causes
    .filter(({ instance }) => instance === null || (known.includes(instance) && !barred.includes(instance)))
    .filter(({ instance }) => instance !== null || known.every((one) => !barred.includes(one)))
    .map(({ instance, why }) => optionOf(incident, 'RESTART', why, { instance }));
}

interface Cause {
  instance: string | null;
  why: string;
}

/** Its own beyond doubt: memory, computing, being gone, a lock that it holds itself. */
function ownCauses({ bad, logs, database, incident }: Scene): Cause[] {
  const named = new Set(ofKind(incident, 'container').map(({ data }) => data.container?.instance));
  const instanceOf = (name: string | null) => (name !== null && named.has(name) ? name : null);
  return [
    ...bad('memory', 'cpu', 'loop').map(({ instance, name }) => ({
      instance: instanceOf(instance),
      why: `${name} is high`,
    })),
    ...ofKind(incident, 'container').flatMap(({ data: { container } }) =>
      container?.state === 'exited' ? [{ instance: container.instance, why: 'it is down' }] : [],
    ),
    ...(database?.blockers ?? []).flatMap(({ service, instance }) =>
      service === incident.target
        ? [{ instance: instanceOf(instance), why: 'it holds the lock itself' }]
        : [],
    ),
    ...(logs.says('out-of-memory', 'memory-pressure', 'stuck').share >= TOLD
      ? [{ instance: null, why: 'the logs tell of memory that runs out, or of standing still' }]
      : []),
  ];
}

/** Its own unless somebody else keeps it waiting: what is used up, and silence. */
function softCauses({ bad, logs, incident }: Scene): Cause[] {
  const told = logs.says('pool-empty', 'files-used-up', 'threads-used-up', 'busy');
  return [
    ...bad('pool', 'threads', 'files', 'queue').map(({ instance, name }) => ({
      instance,
      why: `${name} is used up`,
    })),
    ...ofKind(incident, 'health').flatMap(({ data }) =>
      data.status === null ? [{ instance: data.instance, why: 'it does not answer' }] : [],
    ),
    ...(told.share >= TOLD ? [{ instance: null, why: 'the logs tell of something that is used up' }] : []),
  ];
}

function isSomebodyElses({ down, database, logs, incident }: Scene): boolean {
  const blockers = database?.blockers ?? [];
  const outside = logs.says(
    ...([
      'lock',
      'database-limit',
      'credentials',
      'rate-limit',
      'certificate',
      'quota',
      'disk',
      'dns',
    ] as const),
    ...(['unreachable', 'dependency-error', 'slow-dependency', 'scheduling', 'image', 'node'] as const),
  );
  return (
    down.length > 0 ||
    (blockers.length > 0 && blockers.every(({ service }) => service !== incident.target)) ||
    outside.share >= MOSTLY_TOLD
  );
}

function byRules(incident: Case, { action, target, instance, version }: Hypothesis): Option[] {
  if (action === 'NOOP') return [];
  const over = { target: target ?? incident.target, instance, version };
  return [optionOf(incident, action, 'the rules would do it', over)];
}

function wasTried({ action, instance }: Option, { tried }: Case): boolean {
  return tried.some(
    (one) =>
      one.action === action && (action !== 'RESTART' || instance === null || one.instance === instance),
  );
}
