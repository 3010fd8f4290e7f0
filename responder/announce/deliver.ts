/**
 * Delivers what waits in the outbox, one loop for each channel, beside the work and never in its way. An outage holds up its
 * channel alone, and grows rarer to ask about; a message that is refused holds up nothing but itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { wordsOf } from '../errors.ts';
import type { FindTold, Outbox, Remote, Waiting } from '../incident/outbox.ts';
import type { Channel, Delivered, Failure } from './channel.ts';

/** Longer than any one call takes: it is kept anew before and after each. */
const LEASE_MS = 30_000;
/** Changes of one incident within this are shown as one. */
const GAP_MS = 1_000;
const POLL_MS = 1_000;
/** Wake-up calls come in bursts, several a stage. */
const BURST_MS = 100;
/** Between two deliveries: a thousand incidents that wait must not keep the database from those that are repaired. */
const BREATH_MS = 20;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** What is refused by itself waits longer and longer: nobody corrects it within minutes. */
const LAST_REFUSED_MS = 900_000;
/** A lost answer may still become a deed; looking for it too soon would find nothing, and it would be done twice. */
const LOST_MS = 5_000;

export interface DeliverOptions {
  outbox: Outbox;
  channels: Channel[];
  find: FindTold;
  count: (channel: string, outcome: 'delivered' | Failure) => void;
  onError: (words: string) => void;
  onInfo: (words: string) => void;
  /** From 0 to 1. */
  random?: () => number;
  gapMs?: number;
  pollMs?: number;
  firstRetryMs?: number;
  lostMs?: number;
}
export interface Deliver {
  start(): void;
  wake(): void;
  /** Takes nothing new, and waits for the call that is under way. */
  stop(): Promise<void>;
}

export function makeDeliver(options: DeliverOptions): Deliver {
  const { outbox, channels, onError, pollMs = POLL_MS } = options;
  const ended = new AbortController();
  const names = channels.map(({ name }) => name);
  const loops = channels.map((channel) => makeLoop(options, channel, ended.signal));
  let running: Promise<void> | null = null;
  let wakeUp = () => {};

  /** Notes first, then each channel's loop. */
  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
      await outbox.collect(names).catch((error) => onError(`outbox: ${wordsOf(error)}`));
      for (const loop of loops) loop.wake();
      const poll = new AbortController();
      await Promise.race([woken, rest(pollMs, AbortSignal.any([ended.signal, poll.signal]))]);
      poll.abort();
      await rest(Math.min(BURST_MS, pollMs), ended.signal);
    }
  }
  return {
    start() {
      running ??= run();
    },
    wake: () => wakeUp(),
    async stop() {
      ended.abort();
      wakeUp();
      await running;
      await Promise.all(loops.map((loop) => loop.idle()));
    },
  };
}

/** Delivers whatever is due in one channel, unless it does so already or rests after a failure. */
function makeLoop(options: DeliverOptions, channel: Channel, ended: AbortSignal) {
  const { outbox, onError } = options;
  const health = makeHealth(options, channel);
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    try {
      while (!ended.aborted && health.mayTry()) {
        const one = await outbox.claim(channel.name, LEASE_MS);
        if (!one) return;
        await deliverOne(options, channel, one, health, ended);
        await rest(BREATH_MS, ended);
      }
    } catch (error) {
      onError(`outbox of ${channel.name}: ${wordsOf(error)}`);
    }
  }
  return {
    wake() {
      working ??= work().finally(() => {
        working = null;
      });
    },
    idle: async () => void (await working),
  };
}

async function deliverOne(
  options: DeliverOptions,
  channel: Channel,
  one: Waiting,
  health: Health,
  ended: AbortSignal,
): Promise<void> {
  const { outbox, find, count, gapMs = GAP_MS } = options;
  const save = async (remote: Remote) => {
    if (!(await outbox.save(one, remote, LEASE_MS))) throw new TakenOver();
    if (ended.aborted) throw new TakenOver();
  };
  let answer: Delivered;
  try {
    const told = await find(one.incidentId);
    answer = told ? await channel.deliver(told, one.remote, save) : { result: 'shown' };
  } catch (error) {
    // Whatever was done is noted, or looked for by whoever comes next.
    if (error instanceof TakenOver) return void (await outbox.later(one, 0));
    answer = { result: 'later', scope: 'incident', outcome: 'lost', why: wordsOf(error) };
  }
  if (answer.result === 'shown') {
    await outbox.shown(one, gapMs);
    count(channel.name, 'delivered');
    return health.well(one);
  }
  count(channel.name, answer.outcome);
  const inMs = health.ill(answer, one);
  await outbox.later(one, inMs);
}

/** Not an error: another replica has it, or we are being stopped. */
class TakenOver extends Error {}

type Health = ReturnType<typeof makeHealth>;

/** What a channel went through lately: when it may be tried again, and what was said of it already. */
function makeHealth(options: DeliverOptions, { title }: Channel) {
  const { onError, onInfo, lostMs = LOST_MS } = options;
  let failures = 0;
  let notBefore = 0;
  /** Kinds of failure that the log was told of since it worked last. */
  let said = new Set<Failure>();
  /** The same of single incidents, the newest of them. */
  const saidOf = new Set<string>();
  return {
    mayTry: () => performance.now() >= notBefore,
    well({ incidentId }: Waiting) {
      for (const kind of FAILURES) saidOf.delete(`${incidentId} ${kind}`);
      if (said.size > 0) onInfo(`${title} takes messages again`);
      [failures, notBefore, said] = [0, 0, new Set()];
    },
    /** @returns in how many ms to come again */
    ill(answer: Extract<Delivered, { result: 'later' }>, one: Waiting): number {
      const { scope, outcome, why, afterMs = 0 } = answer;
      const tries = scope === 'channel' ? failures++ : one.tries;
      const least = Math.max(afterMs, outcome === 'lost' ? lostMs : 0);
      const last = scope === 'channel' ? LAST_RETRY_MS : LAST_REFUSED_MS;
      const inMs = Math.max(least, backoff(options, tries, last));
      if (scope === 'channel') notBefore = performance.now() + inMs;
      const own = `${one.incidentId} ${outcome}`;
      const told = scope === 'channel' ? said.has(outcome) : saidOf.has(own);
      // Once, not each time: an outage of a night would fill the log. A rate limit is no trouble at all.
      if (outcome !== 'rate_limited' && !told) {
        if (scope === 'channel') said.add(outcome);
        else remember(saidOf, own);
        const what = scope === 'channel' ? title : `${one.incidentId} in ${title}`;
        onError(`${what}: ${why}; nothing is lost, it is tried again (this is told once)`);
      }
      return inMs;
    },
  };
}

const FAILURES: Failure[] = ['refused', 'rate_limited', 'down', 'lost'];
const REMEMBERED = 1_000;

/** The oldest are forgotten: then the log is told of them once more. */
function remember(known: Set<string>, one: string): void {
  known.add(one);
  for (const oldest of known) {
    if (known.size <= REMEMBERED) return;
    known.delete(oldest);
  }
}

/** Doubles each time, and half of it is chance: replicas that fail together do not come back together. */
function backoff(
  { random = Math.random, firstRetryMs = FIRST_RETRY_MS }: DeliverOptions,
  tries: number,
  last: number,
): number {
  const whole = Math.min(last, firstRetryMs * 2 ** Math.min(tries, 20));
  return whole / 2 + (whole / 2) * random();
}

/** Ends early when it is aborted. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
