/**
 * What is measured, as a level that can be held against what is usual: a counter always rises, and so does a clock, and neither
 * says that anything is wrong.
 */
import type { SignalData } from '../../incident/evidence.ts';
import type { Points } from '../../incident/series.ts';
import { type Role, wordsOf } from './roles.ts';

export interface Reading {
  /** Oldest first, all finite. */
  points: Points;
  unit: SignalData['unit'];
  role: Role;
  /** `counter`: its growth a second, or what each took. `clock`: it tells a time, or how long ago or ahead one is. */
  kind: 'level' | 'counter' | 'clock';
}
type Signal = Pick<SignalData, 'name' | 'unit' | 'series'>;

/**
 * @param roleOf what a signal is about, by its name and, where that does not tell, its unit
 * @param others all that are measured: a sum is told by the count that goes with it
 */
export function readingOf(
  signal: Signal,
  roleOf: (signal: Pick<SignalData, 'name' | 'unit'>) => Role,
  others: Signal[],
): Reading {
  const { name, unit } = signal;
  const points = pointsOf(signal);
  const role = roleOf(signal);
  const words = wordsOf(withoutLabels(name));
  if (isClock(words, unit, role, points)) return { points, unit, role: 'clock', kind: 'clock' };
  if (!isCounter(words, unit, role, points)) return { points, unit, role, kind: 'level' };
  if (SUM.test(words)) return sumOf(signal, points, others);
  const growth = { points: growthOf(points), unit: '1/s', kind: 'counter' } as const;
  // What a counter is about its name tells, and not its unit.
  if (OFFSET.test(words)) return { ...growth, role: 'traffic' };
  return { ...growth, role: words.endsWith(' bucket') ? 'other' : roleOf({ name, unit: 'count' }) };
}

const withoutLabels = (name: string) => name.replace(/\{.*$/s, '');

/** @returns oldest first, without what is no number */
function pointsOf({ series }: Pick<SignalData, 'series'>): Points {
  return series.filter(([, value]) => Number.isFinite(value)).toSorted(([a], [b]) => a - b);
}

const SUM = /\bsum$/;

/** How much came to one, since the look before: a sum alone grows with how many there are. */
function sumOf({ name, unit }: Signal, points: Points, others: Signal[]): Reading {
  const labels = name.slice(withoutLabels(name).length);
  const counted = `${withoutLabels(name).replace(/sum$/i, 'count')}${labels}`;
  const count = others.find((one) => one.name === counted);
  const many = new Map(count ? growthOf(pointsOf(count)) : []);
  const each = growthOf(points).flatMap(([at, much]): Points => {
    const calls = many.get(at) ?? 0;
    return calls > 0 ? [[at, much / calls]] : [];
  });
  const isTime = unit === 'seconds' || /\b(seconds|duration|latency)\b/.test(wordsOf(name));
  if (each.length > 0) return { points: each, unit, role: isTime ? 'latency' : 'other', kind: 'counter' };
  return { points: growthOf(points), unit: '1/s', role: 'other', kind: 'counter' };
}

/** How far somebody has come in a stream: its growth is what gets done. */
const OFFSET = /\boffset$/;
const COUNTER = /\b(total|sum|counter|bucket)$/;
/** Counts what has happened, or what there is: what has happened only ever grows. */
const COUNT = /\bcount$/;
/** There is so much of it just now, whatever its name ends with. */
const JUST_NOW =
  /\b(depth|backlog|ready|pending|waiting|size|lag|open|active|in ?flight|current|used|idle|free)\b/;
/** Of these a count tells how many there are. */
const STOCKS: ReadonlySet<Role> = new Set<Role>([
  'memory',
  'files',
  'threads',
  'pool',
  'queue',
  'replicas',
  'disk',
  'up',
  'restarts',
  'machine',
]);
/** So few points do not tell what always rises. */
const FEWEST = 3;
/** That it never falls says more the more often it was looked at. */
const MANY = 6;

function isCounter(words: string, unit: SignalData['unit'], role: Role, points: Points): boolean {
  if (role === 'restarts' || unit === 'ratio' || unit === '1/s' || points.length < FEWEST) return false;
  if (!neverFalls(points)) return false;
  if (OFFSET.test(words)) return true;
  if (COUNTER.test(words)) return !JUST_NOW.test(words);
  if (COUNT.test(words)) return !STOCKS.has(role) && !JUST_NOW.test(words);
  return role === 'traffic' && unit === 'count' && points.length >= MANY;
}

/** It begins anew when its process does: a fall to less than half of it. */
function neverFalls(points: Points): boolean {
  const values = points.map(([, value]) => value);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const falls = values.filter((value, i) => i > 0 && value < (values[i - 1] as number));
  const isAnew = values.every(
    (value, i) => i === 0 || value >= (values[i - 1] as number) || value < (values[i - 1] as number) / 2,
  );
  return isAnew && falls.length <= values.length / 5 && (last > first || falls.length > 0);
}

/** A second, between each two points, told at the later. */
function growthOf(points: Points): Points {
  return points.slice(1).flatMap(([at, value], i): Points => {
    const [before, was] = points[i] as [number, number];
    if (at <= before) return [];
    return [[at, (value >= was ? value - was : value) / (at - before)]];
  });
}

/** Later than 1973 as a time in seconds, and more than three years as a time between. */
const EPOCH = 1e8;
const TIME = /\b(seconds?|secs?|timestamp|time|age|uptime|expir\w*|boot|created)\b/;
/** What waits for its turn grows as old as a clock, and that is what is wrong with it. */
const WAITS: ReadonlySet<Role> = new Set<Role>(['queue', 'lag']);

function isClock(words: string, unit: SignalData['unit'], role: Role, points: Points): boolean {
  if (WAITS.has(role) || !(unit === 'seconds' || TIME.test(words)) || COUNTER.test(words)) return false;
  if (points.every(([, value]) => value > EPOCH)) return true;
  const steps = points.slice(1).map(([at, value], i) => {
    const [before, was] = points[i] as [number, number];
    return Math.abs(Math.abs(value - was) - (at - before)) <= 1 + 0.03 * (at - before);
  });
  return steps.length >= 2 && steps.filter(Boolean).length >= 0.7 * steps.length;
}
