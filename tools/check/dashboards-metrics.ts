/** Which metrics there are, by what emits them: the responder's own registry, the rules, and what the rules read. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram, Registry } from 'prom-client';
import { parse } from 'yaml';
import {
  makeAlertCounter,
  makeMetricsSink,
  makeModelMeter,
  registerStanding,
} from '../../responder/announce/metrics.ts';
import { countLogLines, registerEngine } from '../../responder/announce/metrics-engine.ts';
import { timeRequests } from '../../responder/announce/metrics-http.ts';
import { makeNotificationMetrics } from '../../responder/announce/notifications-metrics.ts';
import { selectorsIn } from './promql.ts';

/** Labels by metric; null where it is not known from here which there are. */
export type Emitted = Map<string, Set<string> | null>;

/** What Prometheus makes itself, and what it and the exporters tell of each source. */
const OWN = ['up', 'ALERTS', 'target_info'];
/** Set by a scrape; `exported_` stands before those that it already has. */
const OF_A_SCRAPE = ['job', 'instance', 'exported_instance'];

interface Rule {
  record?: string;
  expr: string;
}

/**
 * What a rule reads counts as emitted, since a test asks a real shop and the responder for each of those
 * (prometheus/contract.test.ts).
 */
export function emittedMetrics(root: string): Emitted {
  const rules = globSync('prometheus/rules/*.yml', { cwd: root }).flatMap((file) => {
    const { groups } = parse(readFileSync(join(root, file), 'utf8')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
  const emitted: Emitted = new Map();
  for (const { expr } of rules) for (const { name } of selectorsIn(expr)) emitted.set(name, null);
  for (const name of OWN) emitted.set(name, null);
  for (const { record, expr } of rules) if (record) emitted.set(record, new Set(labelsOfResult(expr)));
  for (const [name, labels] of responderMetrics()) emitted.set(name, labels);
  return emitted;
}

/** Labels that the outermost aggregation keeps. */
export function labelsOfResult(expr: string): string[] {
  const [, list = ''] = /\bby\s*\(([^)]*)\)/.exec(expr) ?? [];
  return list.split(',').flatMap((label) => label.trim() || []);
}

function responderMetrics(): [string, Set<string>][] {
  const registry = new Registry();
  const none = async () => [];
  makeMetricsSink({ registry, knownTargets: none, knownAlerts: none });
  makeAlertCounter(registry);
  makeModelMeter(registry);
  registerStanding({
    registry,
    ...{
      openStates: none,
      targets: none,
      lastWatchdog: async () => null,
      exits: none,
      onError: () => undefined,
    },
  });
  const empty = { incidents: { due: 0, 'worked on': 0, waits: 0, 'lease ran out': 0 }, lateSeconds: 0 };
  registerEngine({
    registry,
    engine: { queue: async () => empty, logWindow: async () => ({ lines: 0, reachSeconds: 0 }) },
    savings: { total: async () => ({}) },
    prices: async () => ({ targets: [], usdPerMinute: {}, otherUsdPerMinute: 0, personMinutes: 0 }),
    onError: () => undefined,
  });
  makeNotificationMetrics({ registry, channels: [], waiting: none, onError: () => undefined });
  countLogLines(registry, () => 0);
  timeRequests(registry, () => undefined);
  return registry.getMetricsAsArray().flatMap((metric) => {
    // `labelNames` is not in its types, and the only place that knows them before there is a sample.
    const { name, labelNames = [] } = metric as unknown as { name: string; labelNames?: string[] };
    const labels = [...labelNames, ...OF_A_SCRAPE];
    const series = metric instanceof Histogram ? ['_bucket', '_sum', '_count'] : [''];
    return series.map((end): [string, Set<string>] => [name + end, new Set([...labels, ...(LE[end] ?? [])])]);
  });
}

/** Only the buckets of a histogram have it. */
const LE: Record<string, string[]> = { _bucket: ['le'] };
