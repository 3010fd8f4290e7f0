/** One run of remediation over fakes that keep what was done, in order. */
import { after } from 'node:test';
import { actionOf, ago, incidentOf, NOW, stateOf, verdictOf } from '../../test/builders.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import type { ActionRecord, Breach, Incident, InstanceState } from '../incident/incident.ts';
import type { Intent, Lease } from '../incident/store.ts';
import { makeRemediate } from './remediate.ts';

export const CALL_MS = 3_000;
const LEASE_MS = 15_000;
const ALLOWED = { allowed: true, reason: 'all: fine', gone: false, stale: false };
export const HALTED = { allowed: false, reason: 'halt: halted by kim at noon' };
// What bounds a call is a timer that alone does not keep the process alive.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

export interface World {
  state?: InstanceState;
  breach?: Breach['state'];
  /** What the guards say, asked again just before acting. */
  word?: Partial<typeof ALLOWED>;
  renewed?: boolean;
  /** What is left of the lease after it was renewed, in ms. */
  left?: number;
  /** Longest time that a call may take, in ms. */
  callMs?: number;
  restart?: (startId: string, signal: AbortSignal) => Promise<InstanceState>;
  tail?: () => Promise<string>;
  fail?: Partial<Record<'recheck' | 'breach' | 'intend' | 'inspect', Error>>;
  signal?: AbortSignal;
}
/** `did` is what was done, in order. */
export async function run(incident: Incident, world: World = {}) {
  const { state = stateOf(), breach = 'holds', word = {}, fail = {} } = world;
  const { callMs = CALL_MS, left = LEASE_MS, renewed = true, signal = new AbortController().signal } = world;
  const did: string[] = [];
  const records = new Map<string, ActionRecord>();
  const or = <T>(error: Error | undefined, value: T) =>
    error ? Promise.reject(error) : Promise.resolve(value);
  const runtime: Runtime = {
    name: 'process',
    callTimeoutMs: callMs,
    inspect: () => or(fail.inspect, state),
    tail: world.tail ?? (async () => 'last words'),
    async restart(instance, before, startId, given) {
      did.push(`restart ${instance} (was ${before.identity})`);
      if (world.restart) return world.restart(startId, given);
      return stateOf({ pid: 200, identity: '200:9', startId, reason: 'process 200 runs' });
    },
  };
  const lease: Lease = { incidentId: 'inc-1', owner: 'me', token: '1', until: performance.now() + 100 };
  const store = {
    intend: async (_: Lease, intent: Intent) => {
      if (fail.intend) throw fail.intend;
      did.push('intend');
      const record = {
        ...intent,
        state: 'intended',
        detail: '',
        intendedAt: ago(0),
        settledAt: null,
      } as const;
      records.set(intent.id, record);
      return record;
    },
    settle: async (_: Lease, id: string, settled: ActionRecord['state'], detail: string) => {
      did.push(`settle ${settled}`);
      const known = records.get(id) ?? (incident.actions.find((one) => one.id === id) as ActionRecord);
      return { ...known, state: settled, detail, settledAt: ago(0) };
    },
    renew: async (given: Lease) => {
      if (renewed) given.until = performance.now() + left;
      return renewed;
    },
  };
  const remediate = makeRemediate({
    runtime,
    store,
    leaseMs: LEASE_MS,
    recheck: () => or(fail.recheck, { ...ALLOWED, ...word }),
    readBreach: () => or(fail.breach, { state: breach, reading: `it is ${breach}`, windowSeconds: 0 }),
    clock: () => NOW,
  });
  const answer = await remediate(incident, { signal, lease }).catch((error: Error) => error);
  return { answer, did, intents: [...records.values()] };
}
export const allowed = (over: Partial<Incident> = {}) =>
  incidentOf({ stage: 'remediate', state: 'remediating', verdict: verdictOf(), ...over });
/** As after a crash: the intent is there, so many seconds old. */
export const intended = (seconds = 60) =>
  allowed({ actions: [actionOf({ state: 'intended', intendedAt: ago(seconds), settledAt: null })] });
