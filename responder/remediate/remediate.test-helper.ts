/** One run of remediation over fakes that keep what was done, in order. */
import { after } from 'node:test';
import {
  actionOf,
  ago,
  incidentOf,
  instanceOf,
  NOW,
  pictureOf,
  stateOf,
  targetOf,
  verdictOf,
} from '../../test/builders.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import type { Action, ActionRecord, Breach, Incident, InstanceState } from '../incident/incident.ts';
import type { Intent, Lease } from '../incident/store.ts';
import type { PlannedAction } from '../incident/verdict.ts';
import { makeRemediate } from './remediate.ts';

export const CALL_MS = 3_000;
const LEASE_MS = 15_000;
export const TAKE_BACK_MS = 900_000;
const ALLOWED = { allowed: true, reason: 'all: fine', gone: false, stale: false };
export const HALTED = { allowed: false, reason: 'halt: halted by kim at noon' };
// What bounds a call is a timer that alone does not keep the process alive.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

/** What is there before one more instance is started. */
export const notThere = (instance = 'shop-2'): InstanceState => ({
  ...{ instance, pid: null, startedAt: null, identity: null, startId: null, version: null },
  ...{ state: 'unknown', cpuSeconds: null, reason: 'no start of it is on record' },
});
/** What an action started. */
export const started = (over: Partial<InstanceState> = {}) =>
  stateOf({ pid: 200, identity: '200:9', startId: 'act-1', reason: 'process 200 runs', ...over });

export interface RuntimeWorld {
  /** Of `shop-1`; of others by their name. */
  state?: InstanceState;
  others?: Record<string, InstanceState>;
  /** What ran as an instance, oldest first; two releases where nothing is said. */
  releases?: Record<string, string[]>;
  /** Longest time that a call may take, in ms. */
  callMs?: number;
  /** In the place of every call that changes something. */
  call?: (startId: string, signal: AbortSignal) => Promise<InstanceState>;
  inspectFails?: Error | undefined;
  tail?: () => Promise<string>;
}
/** Keeps every call that changes something. */
export function fakeRuntime(world: RuntimeWorld = {}) {
  const did: string[] = [];
  const states: Record<string, InstanceState> = {
    'shop-1': world.state ?? stateOf({ version: '2.0.0' }),
    ...world.others,
  };
  const inspect = async (instance: string) => {
    if (world.inspectFails) throw world.inspectFails;
    return states[instance] ?? notThere(instance);
  };
  const start = async (instance: string, startId: string, signal: AbortSignal, version = '2.0.0') => {
    if (world.call) return world.call(startId, signal);
    states[instance] = started({ instance, startId, version });
    return states[instance];
  };
  const runtime: Runtime = {
    ...{ name: 'process', callTimeoutMs: world.callMs ?? CALL_MS, scaleDownTimeoutMs: world.callMs ?? 9_000 },
    inspect,
    tail: world.tail ?? (async (instance) => `last words of ${instance}`),
    releases: async (instance) =>
      (world.releases?.[instance] ?? ['1.0.0', '2.0.0']).map((version) => ({ version, at: ago(99), by: '' })),
    proved: async () => undefined,
    toLast: () => null,
    nextInstance: async () => 'shop-2',
    async restart(instance, before, startId, signal) {
      did.push(`restart ${instance} (was ${before.identity})`);
      return start(instance, startId, signal);
    },
    async roll(instance, before, version, startId, signal) {
      did.push(`roll ${instance} to ${version} (was ${before.identity}) as ${startId}`);
      return start(instance, startId, signal, version);
    },
    async scaleUp(like, instance, startId, signal) {
      did.push(`scale up to ${instance} like ${like}`);
      return start(instance, startId, signal);
    },
    async scaleDown(instance, startId, signal) {
      did.push(`scale down ${instance} of ${startId}`);
      await world.call?.(startId, signal);
    },
  };
  return { runtime, did };
}

export interface World extends RuntimeWorld {
  instances?: string[];
  breach?: Breach['state'];
  /** What the guards say, asked again just before acting. */
  word?: Partial<typeof ALLOWED>;
  /** What they say of taking something back. */
  undoWord?: Partial<typeof ALLOWED>;
  renewed?: boolean;
  /** What is left of the lease after it was renewed, in ms. */
  left?: number;
  fail?: Partial<Record<'recheck' | 'breach' | 'intend' | 'inspect' | 'undone', Error>>;
  signal?: AbortSignal;
}
/** `did` is what was done, in order; `calls` are those of them that changed something at the runtime. */
export async function run(incident: Incident, world: World = {}) {
  const { breach = 'holds', word = {}, undoWord = {}, fail = {}, instances = ['shop-1'] } = world;
  const { left = LEASE_MS, renewed = true, signal = new AbortController().signal } = world;
  const { runtime, did } = fakeRuntime({ ...world, inspectFails: fail.inspect });
  const records = new Map<string, ActionRecord>();
  const or = <T>(error: Error | undefined, value: T) =>
    error ? Promise.reject(error) : Promise.resolve(value);
  const known = (id: string) =>
    records.get(id) ?? (incident.actions.find((one) => one.id === id) as ActionRecord);
  const store = {
    intend: async (_: Lease, intent: Intent) => {
      if (fail.intend) throw fail.intend;
      did.push('intend');
      const open = {
        state: 'intended',
        detail: '',
        intendedAt: ago(0),
        settledAt: null,
        undo: null,
      } as const;
      records.set(intent.id, { ...intent, ...open });
      return { ...intent, ...open };
    },
    settle: async (
      _: Lease,
      id: string,
      state: ActionRecord['state'],
      detail: string,
      undoInMs?: number,
    ): Promise<ActionRecord> => {
      did.push(`settle ${state}${undoInMs === undefined ? '' : `, back in ${undoInMs}`}`);
      return { ...known(id), state, detail, settledAt: ago(0) };
    },
    undone: async (_: Lease, id: string, state: 'done' | 'failed', detail: string): Promise<ActionRecord> => {
      if (fail.undone) throw fail.undone;
      did.push(`undone ${state}: ${detail}`);
      return known(id);
    },
    renew: async (given: Lease) => {
      if (renewed) given.until = performance.now() + left;
      return renewed;
    },
  };
  const remediate = makeRemediate({
    ...{ runtime, store, leaseMs: LEASE_MS, takeBackMs: TAKE_BACK_MS, maxAttempts: 2 },
    inventory: async () => [targetOf({ instances: instances.map(instanceOf) })],
    recheck: () => or(fail.recheck, { ...ALLOWED, ...word }),
    recheckUndo: async () => ({ ...ALLOWED, ...undoWord }),
    readBreach: () => or(fail.breach, { state: breach, reading: `it is ${breach}`, lookingBack: null }),
    clock: () => NOW,
  });
  const lease: Lease = { incidentId: 'inc-1', owner: 'me', token: '1', until: performance.now() + 100 };
  const answer = await remediate(incident, { signal, lease }).catch((error: Error) => error);
  const calls = did.filter((one) => !/^(intend|settle|undone)/.test(one));
  return { answer, did, calls, intents: [...records.values()] };
}

export const allowed = (over: Partial<Incident> = {}) =>
  incidentOf({ stage: 'remediate', state: 'remediating', verdict: verdictOf(), ...over });

const PLANS: Record<Exclude<Action, 'NOOP'>, Partial<PlannedAction>> = {
  RESTART: {},
  SCALE_UP: { action: 'SCALE_UP', instance: null },
  ROLLBACK: { action: 'ROLLBACK', instance: null, version: '1.0.0' },
};
export type Acting = keyof typeof PLANS;
export const ACTING = Object.keys(PLANS) as Acting[];
export const allowedTo = (action: Acting, over: Partial<Incident> = {}) =>
  allowed({ verdict: verdictOf(PLANS[action]), ...over });

/** The record of an action that was made, or is to be. */
export function recordOf(action: Acting, over: Partial<ActionRecord> = {}): ActionRecord {
  const pictures = {
    RESTART: pictureOf(),
    SCALE_UP: pictureOf({ instances: [notThere()], like: 'shop-1' }),
    ROLLBACK: pictureOf({ instances: [stateOf({ version: '2.0.0' })], from: '2.0.0', to: '1.0.0' }),
  };
  const instance = action === 'SCALE_UP' ? 'shop-2' : 'shop-1';
  const { hash } = verdictOf(PLANS[action]);
  return actionOf({ action, instance, before: pictures[action], verdictHash: hash, ...over });
}
/** As after a crash: the intent is there, a minute old. */
export const intendedTo = (action: Acting, over: Partial<ActionRecord> = {}) =>
  allowedTo(action, {
    actions: [recordOf(action, { state: 'intended', intendedAt: ago(60), settledAt: null, ...over })],
  });
export const intended = (seconds = 60) => intendedTo('RESTART', { intendedAt: ago(seconds) });
