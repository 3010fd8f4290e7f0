/**
 * Claims due incidents and runs one stage at a time, renewing the lease meanwhile. Knows nothing of what the stages
 * do. A stage that breaks is tried again, a few times; then a person is told.
 */
import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import type { News } from './announce/announce.ts';
import { AegisError, wordsOf } from './errors.ts';
import type { Done, Flow } from './flow.ts';
import type { Incident } from './incident/incident.ts';
import { isEnd } from './incident/lifecycle.ts';
import type { Claim, Lease, Store } from './incident/store.ts';

const MAX_RETRIES = 5;
const RETRY_MS = 500;
const POLL_MS = 1_000;
const END_MS = 250;

interface Options {
  store: Store;
  flow: Flow;
  announce: (news: News) => void;
  /** Reads the record anew, for the news: actions are written by the stage itself. */
  reread: (id: string) => Promise<Incident | null>;
  owner: string;
  leaseMs: number;
  slots: number;
  onError: (words: string) => void;
}
export interface Worker {
  start(): void;
  /** Looks for due incidents at once. */
  wake(): void;
  /** Takes nothing new and waits for what is under way. */
  drain(): Promise<void>;
}

export function makeWorker(options: Options): Worker {
  const { store, owner, leaseMs, slots, onError } = options;
  const running = new Set<Promise<void>>();
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;
  let lookAgain = false;

  function wake(): void {
    if (stopped) return;
    if (looking) lookAgain = true;
    else looking = look();
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    let wait = POLL_MS;
    try {
      do {
        lookAgain = false;
        await claimAll();
        if (running.size < slots)
          wait = Math.min(POLL_MS, Math.max(1, (await store.nextDueInMs()) ?? POLL_MS));
      } while (lookAgain && !stopped);
    } catch (error) {
      onError(`looking for due incidents: ${wordsOf(error)}`);
    }
    looking = null;
    if (!stopped) timer = setTimeout(wake, wait);
  }

  async function claimAll(): Promise<void> {
    while (!stopped && running.size < slots) {
      const claim = await store.claim(owner, leaseMs);
      if (!claim) return;
      const work = runStage(options, claim).finally(() => {
        running.delete(work);
        wake();
      });
      running.add(work);
    }
  }

  return {
    start() {
      stopped = false;
      wake();
    },
    wake,
    async drain() {
      stopped = true;
      clearTimeout(timer);
      await looking; // a claim under way still starts its stage
      await Promise.allSettled(running);
    },
  };
}

async function runStage(options: Options, { incident, lease }: Claim): Promise<void> {
  const { store, flow, announce, leaseMs, onError } = options;
  const lost = new AbortController();
  const renewal = setInterval(() => void keep(store, lease, leaseMs, lost, onError), leaseMs / 3);
  // A renewal may itself hang on a database that does not answer: the lease ends all the same.
  const end = setInterval(() => {
    if (performance.now() >= lease.until) lost.abort(tooLate(lease));
  }, END_MS);
  const began = performance.now();
  const { stage } = incident;
  try {
    const { step, result, say } =
      incident.retries >= MAX_RETRIES
        ? await giveUp(store, lease, incident)
        : await traced(incident, () => flow(incident, { signal: lost.signal, lease }));
    const ms = performance.now() - began;
    const state = await store.finish(lease, incident, step, ms);
    if (step.events.length === 0) return;
    // The store may have had reason to go on instead of closing.
    const outcome = isEnd(state) ? (step.outcome ?? incident.outcome) : null;
    const after = (await options.reread(incident.id).catch(() => null)) ?? { ...incident, ...step.found };
    announce({ incident: after, stage, result, say, state, outcome, ms });
  } catch (error) {
    if (error instanceof AegisError && error.code === 'AEGIS_LEASE_LOST')
      return onError(`${stage}: ${error.message}`);
    const words = `${stage} broke: ${wordsOf(error)}`;
    onError(`${incident.id}: ${words}`);
    const later = RETRY_MS * 2 ** incident.retries;
    await store
      .release(lease, later, words)
      .catch((failure) => onError(`releasing ${incident.id}: ${wordsOf(failure)}`));
  } finally {
    clearInterval(renewal);
    clearInterval(end);
  }
}

async function keep(
  store: Store,
  lease: Lease,
  leaseMs: number,
  lost: AbortController,
  onError: Options['onError'],
) {
  try {
    if (!(await store.renew(lease, leaseMs)))
      lost.abort(new AegisError('AEGIS_LEASE_LOST', `${lease.incidentId} was taken over`));
  } catch (error) {
    onError(`renewing the lease of ${lease.incidentId}: ${wordsOf(error)}`);
  }
}

function tooLate({ incidentId }: Lease): AegisError {
  return new AegisError('AEGIS_LEASE_LOST', `${incidentId}: not renewed in time`);
}

/**
 * Broken machinery must not turn for ever: into a person's hands, with what is known, and what can still be learned. An
 * action of which nobody knows whether it was made is said to be that.
 */
async function giveUp(store: Store, lease: Lease, incident: Incident): Promise<Done> {
  const open = incident.actions.find((action) => action.state === 'intended');
  const made = open ? `; whether ${open.action} on ${open.instance} was made is not known` : '';
  const say = `A person is needed: ${incident.stage} broke ${incident.retries} times in a row${made}`;
  // An added instance that nobody can tell about is taken away; that is conditional on its id, so it harms nothing else.
  if (open) await store.settle(lease, open.id, 'unknown', say, open.action === 'SCALE_UP' ? 0 : undefined);
  const next = incident.stage === 'learn' ? 'closed' : 'learn';
  const decided = incident.stage === 'learn' ? incident.outcome : null;
  const found = decided ? {} : { conclusion: say };
  const events = [{ kind: 'gave_up', text: say }];
  return { step: { next, outcome: decided ?? 'escalated', found, events }, result: 'gave_up', say };
}

/** One incident is one trace, each stage a span of it. */
async function traced<T>(incident: Incident, work: () => Promise<T>): Promise<T> {
  const parent = propagation.extract(context.active(), { traceparent: incident.traceparent ?? '' });
  const attributes = { 'aegis.incident.id': incident.id, 'aegis.target': incident.target };
  return trace.getTracer('aegisops').startActiveSpan(incident.stage, { attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: wordsOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
