/** A leak: a cart cache that is never emptied grows through 85 % of the memory limit and on to 120 % of it. */
import type { MemoryReading } from '../memory.ts';
import { Problem } from '../problem.ts';
import type { Fault, FaultContext } from './fault.ts';

/** The alert's threshold: the leak logs `fault.breach` at the step that first measures more. */
const BREACH_AT = 0.85;
/** Held at this share of the limit: clearly over, and still alive where nothing enforces the limit. */
const FULL_AT = 1.2;
const ENTRY_BYTES = 256 * 1024;
/** Filled in one turn of the event loop: a few ms, so that requests and scrapes are still answered. */
const ENTRIES_PER_STEP = 32;
const STEP_BYTES = ENTRIES_PER_STEP * ENTRY_BYTES;
/** From the trigger to 120 %: nobody likes to wait for a demo. */
const LEAK_SECONDS = 2.5;
/** A full cache complains this often, in ms, as a real one would; while growing, each tenth of the limit. */
const REMIND_MS = 1_000;

type Context = Pick<FaultContext, 'log' | 'memory' | 'leakSeconds'>;

/**
 * Filled, because pages that were never written to add no resident memory. Resizable, because such a buffer has pages of
 * its own: the C library may keep those of a freed plain one for itself.
 */
function filledCart(): ArrayBuffer {
  const cart = new ArrayBuffer(ENTRY_BYTES, { maxByteLength: ENTRY_BYTES });
  new Uint8Array(cart).fill(0xa5);
  return cart;
}

export function makeMemoryFault({ log, memory, leakSeconds = LEAK_SECONDS }: Context): Fault {
  const carts: ArrayBuffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  let breached = false;
  let lastTenth = 0;

  const complain = (utilization: number) => {
    const megabytes = Math.round((carts.length * ENTRY_BYTES) / 1_048_576);
    const percent = Math.round(utilization * 100);
    log.warn(
      { event: 'cache.grew', entries: carts.length, megabytes, memory_percent: percent },
      `cart cache grew to ${carts.length} entries, ${megabytes} MB; memory at ${percent} % of its limit, nothing evicted`,
    );
  };

  const tell = ({ utilization, usageBytes, limitBytes }: MemoryReading) => {
    if (!breached && utilization > BREACH_AT) {
      breached = true;
      log.warn(
        {
          event: 'fault.breach',
          fault: 'memory',
          utilization,
          usage_bytes: usageBytes,
          limit_bytes: limitBytes,
        },
        `memory passed ${BREACH_AT * 100} % of its limit`,
      );
    }
    const tenth = Math.floor(utilization * 10);
    if (tenth > lastTenth) complain(utilization);
    lastTenth = Math.max(lastTenth, tenth);
  };

  /** One step, due at `dueMs` on the process' clock; the next one keeps to the schedule even if this one was late. */
  const step = (dueMs: number, everyMs: number) => {
    for (let entry = 0; entry < ENTRIES_PER_STEP; entry += 1) carts.push(filledCart());
    const now = memory.read();
    tell(now);
    if (now.utilization >= FULL_AT) {
      timer = setInterval(() => complain(memory.read().utilization), REMIND_MS);
      return;
    }
    const nextMs = dueMs + everyMs;
    timer = setTimeout(step, Math.max(1, nextMs - performance.now()), nextMs, everyMs);
  };

  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    breached = false;
    lastTenth = 0;
    // Shrinking gives the memory back now; dropping the references alone would wait for a garbage collection.
    for (const cart of carts.splice(0)) cart.resize(0);
  };

  const start = () => {
    const { usageBytes, limitBytes } = memory.read();
    const effect = `memory grows to ${FULL_AT * 100} % of ${limitBytes} bytes`;
    if (timer) return effect;
    if (memory.source === 'machine')
      throw new Problem(
        409,
        'The only memory limit is the whole machine; set MEMORY_LIMIT_BYTES before filling it.',
      );
    const steps = Math.ceil((FULL_AT * limitBytes - usageBytes) / STEP_BYTES);
    const everyMs = Math.max(1, Math.floor((leakSeconds * 1_000) / Math.max(1, steps)));
    timer = setTimeout(step, everyMs, performance.now() + everyMs, everyMs);
    return effect;
  };

  return { name: 'memory', trigger: '/trigger_memory', start, stop };
}
