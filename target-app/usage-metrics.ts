/**
 * What the process uses: memory against its limit, CPU, event loop, its slots and database connections.
 *
 * CPU and event loop replace those of host-metrics and runtime-node. Theirs measure since the last collection, whoever
 * collected; with two readers (OTLP and the scrape) a few ms apart, one of them would read a window of a few ms and
 * show a saturation that is not there. The connections replace those of instrumentation-pg, which are counted when the
 * pool emits an event: requests that queue for an exhausted pool emit none, so that it shows nobody waiting.
 */
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';
import type { Capacity } from './capacity.ts';
import type { Pool } from './database.ts';
import type { Memory } from './memory.ts';

/** Readers that come sooner than this after the last measurement are given that one, in ms. */
const MIN_WINDOW_MS = 500;

/** Instruments of the packages that this file measures in their place, to be dropped there. */
export const REPLACED = [
  {
    meterName: '@opentelemetry/instrumentation-runtime-node',
    instrumentName: 'nodejs.eventloop.utilization',
  },
  { meterName: '@opentelemetry/host-metrics', instrumentName: 'process.cpu.utilization' },
  { meterName: '@opentelemetry/instrumentation-pg', instrumentName: 'db.client.connection.*' },
];

export interface Usage {
  /** Share of the window in which the event loop was busy, 0 to 1. */
  eventLoop: number;
  /** CPU seconds per second and CPU of the machine, 0 to 1 (semantic conventions, `process.cpu.utilization`). */
  user: number;
  system: number;
}

/** Running totals since the process began, all in ms. */
export interface Totals {
  atMs: number;
  busyMs: number;
  idleMs: number;
  userMs: number;
  systemMs: number;
}

export interface UsageOptions {
  meter: Meter;
  memory: Memory;
  pool: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'>;
  capacity: Pick<Capacity, 'takePeak'>;
}

/** Names, units and attributes are those of the packages they replace; memory and concurrency are our own. */
export function registerUsageMetrics({ meter, memory, pool, capacity }: UsageOptions): void {
  const usage = makeWindowed(readTotals, availableParallelism());
  const concurrency = makePeakWindow(capacity.takePeak);

  meter
    .createObservableGauge('process.memory.limit_utilization', {
      description: 'Memory in use against its limit (setting, cgroup or machine)',
      unit: '1',
    })
    .addCallback((result) => result.observe(memory.read().utilization));

  meter
    .createObservableGauge('nodejs.eventloop.utilization', {
      description: 'Event loop utilization',
      unit: '1',
    })
    .addCallback((result) => result.observe(usage().eventLoop));

  // Named, described and without a unit as host-metrics emits it.
  meter
    .createObservableGauge('process.cpu.utilization', { description: 'Process Cpu usage time 0-1' })
    .addCallback((result) => {
      const { user, system } = usage();
      result.observe(user, { 'process.cpu.state': 'user' });
      result.observe(system, { 'process.cpu.state': 'system' });
    });

  meter
    .createObservableGauge('http.server.concurrency.utilization', {
      description: 'Peak of requests under way and waiting against the slots for them; above 1 some wait',
      unit: '1',
    })
    .addCallback((result) => result.observe(concurrency()));

  registerPoolMetrics({ meter, pool });
}

function registerPoolMetrics({ meter, pool }: Pick<UsageOptions, 'meter' | 'pool'>): void {
  const { host, port, database, max } = pool.options;
  const name = { 'db.client.connection.pool.name': `${host}:${port}/${database}` };
  const count = (instrument: string, description: string) =>
    meter.createObservableUpDownCounter(`db.client.connection.${instrument}`, {
      description,
      unit: '{connection}',
    });

  count('count', 'Connections of the pool by state').addCallback((result) => {
    result.observe(pool.totalCount - pool.idleCount, { ...name, 'db.client.connection.state': 'used' });
    result.observe(pool.idleCount, { ...name, 'db.client.connection.state': 'idle' });
  });
  count('pending_requests', 'Requests that wait for a connection').addCallback((result) =>
    result.observe(pool.waitingCount, name),
  );
  count('max', 'Connections the pool may open').addCallback((result) => result.observe(max, name));
}

/** Usage since the last measurement that is at least `minWindowMs` old; none in the first moments, when all is still being loaded. */
export function makeWindowed(read: () => Totals, cpus: number, minWindowMs = MIN_WINDOW_MS): () => Usage {
  let last = read();
  let usage: Usage = { eventLoop: 0, user: 0, system: 0 };
  return () => {
    const now = read();
    if (now.atMs - last.atMs < minWindowMs) return usage;
    usage = usageBetween(last, now, cpus);
    last = now;
    return usage;
  };
}

/** Peak since the last reading that is at least `minWindowMs` old, so that neither of two readers takes it from the other. */
export function makePeakWindow(
  takePeak: () => number,
  now = () => performance.now(),
  minWindowMs = MIN_WINDOW_MS,
): () => number {
  let readMs = Number.NEGATIVE_INFINITY;
  let peak = 0;
  return () => {
    if (now() - readMs < minWindowMs) return peak;
    readMs = now();
    peak = takePeak();
    return peak;
  };
}

/** Busy over busy plus idle, and CPU time over elapsed time and CPUs; zero for an empty window. */
export function usageBetween(from: Totals, to: Totals, cpus: number): Usage {
  const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const busy = to.busyMs - from.busyMs;
  const cpuTime = (to.atMs - from.atMs) * cpus;
  return {
    eventLoop: share(busy, busy + to.idleMs - from.idleMs),
    user: share(to.userMs - from.userMs, cpuTime),
    system: share(to.systemMs - from.systemMs, cpuTime),
  };
}

function readTotals(): Totals {
  const loop = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  return {
    atMs: performance.now(),
    busyMs: loop.active,
    idleMs: loop.idle,
    userMs: cpu.user / 1_000,
    systemMs: cpu.system / 1_000,
  };
}
