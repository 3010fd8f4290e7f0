/** One look at a world in which the action helped, but for what a test says otherwise. */
import {
  alertOf,
  actionOf as anyAction,
  incidentOf as anyIncident,
  instanceOf,
  stateOf,
  targetOf,
} from '../../test/builders.ts';
import type { Series } from '../clients/prometheus.ts';
import type { ActionRecord, Breach, ExitData, Incident, InstanceState } from '../incident/incident.ts';
import { makeVerify } from './verify.ts';

export const ACTED = Date.parse('2026-01-01T00:00:10Z');
export const after = (seconds: number) => ACTED / 1000 + seconds;
const { signal } = new AbortController();

export const actionOf = (over: Partial<ActionRecord> = {}) =>
  anyAction({ settledAt: new Date(ACTED).toISOString(), ...over });
export const action = actionOf();
export const alert = alertOf({ annotations: { sli: 'memory_utilization', threshold: '0.85' } });
export const incidentOf = (over: Partial<Incident> = {}) =>
  anyIncident({ attempts: 1, alerts: [alert], actions: [action], ...over });
export const seriesOf = (...points: [number, number][]): Series => ({
  labels: { service: 'shop', instance: 'shop-1' },
  points,
});

export interface World {
  /** Of the only instance, where nothing else is said. */
  identity?: string;
  states?: Record<string, InstanceState>;
  /** Instances whose health endpoint does not answer well. */
  sick?: string[];
  series?: Series[] | Error;
  breach?: Partial<Breach>;
  /** Ends since the action; null: the runtime tells none. */
  ends?: ExitData[] | Error | null;
  /** Seconds since the action. */
  now?: number;
  incident?: Incident;
}
const GOOD_SERIES = [seriesOf([after(-1), 0.99], [after(1), 0.4])];

/** One look at a world that is good but for what is given. */
export async function look(world: World = {}) {
  const { identity = '2:200', states, sick = [], series = GOOD_SERIES } = world;
  const { breach, ends = null, now = 2, incident = incidentOf() } = world;
  const fits: (number | undefined)[] = [];
  const asked: string[] = [];
  const proved: string[] = [];
  const verify = makeVerify({
    runtime: {
      inspect: async (instance) => states?.[instance] ?? stateOf({ instance, identity }),
      proved: async (instance) => void proved.push(instance),
      toLast: (version) => `pin ${version}`,
    },
    checkHealth: async (url) => {
      asked.push(url);
      const healthy = !sick.some((id) => url.includes(id));
      return { healthy, status: healthy ? 200 : 503, version: null, dependencies: [] };
    },
    prometheus: { raw: async () => (series instanceof Error ? Promise.reject(series) : series) },
    readBreach: async (_incident, _signal, fitSeconds) => {
      fits.push(fitSeconds);
      return { state: 'gone', reading: 'gives nothing', lookingBack: null, ...breach };
    },
    inventory: async () => [
      targetOf({ instances: ['shop-1', 'shop-2', 'shop-3'].map(instanceOf) }),
      targetOf({ name: 'bank', instances: [instanceOf('bank-1')] }),
    ],
    exits: ends && (async () => (ends instanceof Error ? Promise.reject(ends) : ends)),
    timeoutMs: 30_000,
    maxAttempts: 2,
    clock: () => new Date(ACTED + now * 1000),
  });
  return { ...(await verify(incident, { signal })), fits, asked, proved };
}

export const resultOf = async (world: World) => (await look(world)).result;

export const lookingBack = { reading: 'Slow may hold on', windowSeconds: 3_600, provable: true };
