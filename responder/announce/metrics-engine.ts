/** The responder's own work as metrics: queue and leases, log lines, money saved, and the process itself. */
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { wordsOf } from '../errors.ts';
import type { Engine } from '../incident/engine.ts';
import type { Prices, Savings } from '../incident/savings.ts';

interface EngineOptions {
  registry: Registry;
  /** Read at every scrape, so that all replicas agree. */
  engine: Engine;
  savings: Savings;
  /** What a minute is worth just now, of the targets in the inventory; any other becomes `other`. */
  prices: () => Promise<Prices & { targets: string[] }>;
  onError: (words: string) => void;
}

/** What cannot be read now is left out, not told as it was last, and said in the log; the others are served all the same. */
export function registerEngine({ registry, engine, savings, prices, onError }: EngineOptions): void {
  const registers = [registry];
  const or = (forget: () => void, work: () => Promise<void>) =>
    work().catch((error) => {
      forget();
      onError(`metrics: ${wordsOf(error)}`);
    });
  collectDefaultMetrics({ register: registry, prefix: 'aegis_' });
  const queue = atOnce(engine.queue);
  const logWindow = atOnce(engine.logWindow);
  const gauge = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        return or(
          () => this.remove(), // a reset would say 0
          async () => this.set(await read()),
        );
      },
    });
  new Gauge({
    name: 'aegis_queue_incidents',
    help: 'Open incidents: due, worked on (leased), waits (for its time), lease ran out (its worker is gone).',
    labelNames: ['standing'],
    registers,
    async collect() {
      const forget = () => this.reset();
      await or(forget, async () => {
        const { incidents } = await queue();
        for (const [standing, count] of Object.entries(incidents)) this.set({ standing }, count);
      });
    },
  });
  gauge(
    'aegis_queue_late_seconds',
    'How long the incident that is due longest has waited for a worker.',
    async () => (await queue()).lateSeconds,
  );
  gauge(
    'aegis_log_window_lines',
    'Log lines in the window, over all services.',
    async () => (await logWindow()).lines,
  );
  gauge(
    'aegis_log_window_reach_seconds',
    'Age of the oldest line in the window of log lines.',
    async () => (await logWindow()).reachSeconds,
  );
  new Counter({
    name: 'aegis_savings_usd_total',
    help: 'US dollars saved by incidents that an action cured: minutes of a person less those it took, at the price of the target.',
    labelNames: ['target'],
    registers,
    async collect() {
      const forget = () => this.reset();
      await or(forget, async () => {
        const { targets, ...now } = await prices();
        const totals = await savings.total(now);
        this.reset(); // all is read: two scrapes at once must not add up
        for (const target of targets) this.inc({ target }, totals[target] ?? 0);
        for (const [target, usd] of Object.entries(totals))
          if (!targets.includes(target)) this.inc({ target: 'other' }, usd);
      });
    },
  });
}

/** Metrics of one scrape are collected side by side; those that are read together are read once. */
function atOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let under: Promise<T> | null = null;
  return () => {
    under ??= read().finally(() => {
      under = null;
    });
    return under;
  };
}

/** Counts log lines on their way into the window. @returns the same offer */
export function countLogLines<Line>(
  registry: Registry,
  offer: (lines: Line[]) => number,
): (lines: Line[]) => number {
  const counter = new Counter({
    name: 'aegis_log_lines_total',
    help: 'Log lines that came in: taken, or dropped because too many waited.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['taken', 'dropped']) counter.inc({ outcome }, 0);
  return (lines) => {
    const dropped = offer(lines);
    counter.inc({ outcome: 'taken' }, lines.length - dropped);
    counter.inc({ outcome: 'dropped' }, dropped);
    return dropped;
  };
}
