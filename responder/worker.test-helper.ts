/** A worker over a queue in memory that keeps what it did. */
import { after } from 'node:test';
import { incidentOf } from '../test/builders.ts';
import type { Done, Run } from './flow.ts';
import type { Incident } from './incident/incident.ts';
import type { Claim, Lease, Step, Store } from './incident/store.ts';
import { makeWorker } from './worker.ts';

export const DONE: Done = {
  result: 'gathered',
  say: '3 pieces',
  step: { next: 'diagnose', events: [{ kind: 'gathered', text: '3 pieces' }] },
};
export type Work = (incident: Incident, run: Run) => Promise<Done>;

// A test that fails leaves its worker at work, which would keep the process alive.
const over = new AbortController();
const workers: { drain: () => Promise<void> }[] = [];
after(async () => {
  over.abort(new Error('the tests are over'));
  await Promise.all(workers.map((one) => one.drain()));
});
function untilOver(): Promise<never> {
  return new Promise((_, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason));
  });
}

interface World {
  incidents?: Incident[];
  flow?: Work;
  slots?: number;
  leaseMs?: number;
  store?: Partial<Store>;
  reread?: (id: string) => Promise<Incident | null>;
}
export function worker({
  incidents = [],
  flow = async () => DONE,
  slots = 4,
  leaseMs = 60_000,
  store,
  reread,
}: World = {}) {
  const queue = [...incidents];
  const finished: { id: string; step: Step }[] = [];
  const released: { id: string; later: number; why: string }[] = [];
  const news: Parameters<Parameters<typeof makeWorker>[0]['announce']>[0][] = [];
  const errors: string[] = [];
  const claimOf = (incident: Incident): Claim => ({
    incident,
    lease: { incidentId: incident.id, owner: 'me', token: '1', until: performance.now() + leaseMs },
  });
  const fake = {
    claim: async () => {
      const next = queue.shift();
      return next ? claimOf(next) : null;
    },
    renew: async () => true,
    finish: async (lease: Lease, _: Incident, step: Step) => {
      finished.push({ id: lease.incidentId, step });
      return step.next === 'closed' ? ('escalated' as const) : ('diagnosing' as const);
    },
    release: async (lease: Lease, later: number, why: string) =>
      void released.push({ id: lease.incidentId, later, why }),
    nextDueInMs: async () => null,
    ...store,
  } as unknown as Store;
  const made = makeWorker({
    store: fake,
    flow: (incident, run) => Promise.race([flow(incident, run), untilOver()]),
    announce: (one) => news.push(one),
    reread: reread ?? (async (id) => incidentOf({ id, conclusion: 'read anew' })),
    owner: 'me',
    leaseMs,
    slots,
    onError: (words) => errors.push(words),
  });
  workers.push(made);
  return { ...made, queue, claimOf, finished, released, news, errors };
}
export const many = (count: number) =>
  Array.from({ length: count }, (_, i) => incidentOf({ id: `inc-${i}` }));
