/** An incident on its way through the stages, in a real database: opened by an alert, walked by a worker, ended. */
import assert from 'node:assert/strict';
import { alertOf, plannedOf } from '../../test/builders.ts';
import type { Database } from './database.ts';
import { type ActionRecord, type Alert, episodeOf, type Outcome } from './incident.ts';
import { ingest } from './ingest.ts';
import type { Stage } from './lifecycle.ts';
import { type Claim, type Intent, makeStore, type Step } from './store.ts';
import { decide, type PlannedAction, type Verdict } from './verdict.ts';

const LEASE_MS = 60_000;

export function makeWalk(database: Database) {
  const store = makeStore(database);

  async function open(target = 'shop', over: Partial<Alert> = {}): Promise<string> {
    const alert = alertOf({ fingerprint: `f-${target}`, ...over });
    const [stored] = await ingest(database, [{ alert, target, traceparent: null }], []);
    return stored?.incidentId ?? assert.fail('nothing was opened');
  }
  async function claimed(): Promise<Claim> {
    // One that is just being written to is passed over, as a worker does, which comes again.
    for (let i = 0; i < 50; i++) {
      const claim = await store.claim('me', LEASE_MS);
      if (claim) return claim;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return assert.fail('nothing is due');
  }
  async function go(next: Stage, over: Partial<Step> = {}): Promise<Claim> {
    const claim = await claimed();
    const found = { seen: claim.incident.alerts.map(episodeOf) };
    await store.finish(
      claim.lease,
      claim.incident,
      { next, events: [], ...over, found: { ...found, ...over.found } },
      1,
    );
    return claim;
  }
  /** The incident that is due asks a person about what it plans. @returns the verdict that asks. */
  async function ask(
    incidentId: string,
    over: Partial<PlannedAction> = {},
    ttlMs = 60_000,
  ): Promise<Verdict> {
    const planned = plannedOf({ incidentId, ...over });
    const no = { guard: 'autonomy', allowed: false, reason: 'a person is asked' };
    const verdict = decide(planned, [no], new Date().toISOString(), true);
    await go('diagnose');
    await go('guard');
    const question = { hash: verdict.hash, planned, ttlMs };
    await go('approve', { found: { verdict }, question });
    return verdict;
  }
  /** Does an action in the incident that is due, and leaves it due to be verified. */
  async function act(over: Partial<Intent> = {}, undoInMs?: number): Promise<ActionRecord> {
    for (const next of ['diagnose', 'guard', 'remediate'] as const) await go(next);
    const { lease, incident } = await claimed();
    const id = `act-${incident.id}`;
    const before = { instances: [], like: null, from: null, to: null, lastOutput: '' };
    const what = { action: 'SCALE_UP', target: incident.target, instance: 'shop-2' } as const;
    const given = { id, incidentId: incident.id, attempt: 1, runtime: 'process', verdictHash: id, before };
    await store.intend(lease, { ...given, ...what, ...over });
    const done = await store.settle(lease, over.id ?? id, 'done', 'it runs', undoInMs);
    await store.finish(lease, incident, { next: 'verify', events: [], attempts: 1 }, 1);
    return done;
  }
  /** Ends the incident that is due after an action; where none was made it can only be `escalated` or `no_action`. */
  async function end(outcome: Outcome, over: Partial<Step> = {}): Promise<void> {
    await go('learn', { outcome, ...over });
    await go('closed');
  }
  return { store, open, claimed, go, ask, act, end };
}
