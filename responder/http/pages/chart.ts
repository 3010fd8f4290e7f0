/** A series as a small drawing (inline SVG), marked where it began, where something was done, and where it was over. */
import type { SignalData } from '../../incident/incident.ts';
import { type Html, html } from './html.ts';

export type MarkKind = 'onset' | 'action' | 'recovery';
export interface Mark {
  kind: MarkKind;
  /** Epoch seconds. */
  at: number;
  /** As it stands beside the line in a large chart. */
  name: string;
}
export interface Chart {
  name: string;
  unit: SignalData['unit'];
  /** [epoch seconds, value]. */
  series: [number, number][];
  /** What is usual, and what it must not pass; null: not known. */
  baseline: number | null;
  limit: number | null;
  marks: Mark[];
  /** Large ones have names at their marks. */
  large?: boolean;
}

const WIDTH = { small: 336, large: 704 };
const HEIGHT = { small: 84, large: 190 };
const LEFT = 52;
const RIGHT = 6;
const BOTTOM = 18;
/** To the right of the last mark there is room for its name. */
const NAME_WIDTH = 80;
/** One line of words for each kind of mark, so that marks close to each other stay readable. */
const WORDS_HEIGHT = 13;
const KINDS: MarkKind[] = ['onset', 'action', 'recovery'];
/** Around what happened, so many times its length is shown, and so many seconds at least. */
const AROUND = 1;
const AROUND_SECONDS = 60;
/** Where nothing was measured for so many usual steps there is a gap in the line. */
const GAP_STEPS = 6;

/** Null where there are too few points for a line. */
export function chart(given: Chart): Html | null {
  const series = inFocus(ordered(given.series), given.marks);
  if (series.length < 2) return null;
  const size = given.large ? 'large' : 'small';
  const area = areaOf(size, series, given);
  const { x, y, from, to, top, bottom, right, high, low } = area;
  const words = (value: number) => inWords(value, given.unit);
  const across = (value: number, kind: string) =>
    html`<line class="${kind}" x1="${LEFT}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/>`;
  return html`<svg class="chart ${size}" viewBox="0 0 ${WIDTH[size]} ${HEIGHT[size]}" role="img" aria-label="${told(given, series)}">
<line class="axis" x1="${LEFT}" x2="${right}" y1="${bottom}" y2="${bottom}"/><line class="axis" x1="${LEFT}" x2="${LEFT}" y1="${top}" y2="${bottom}"/>
<text x="${LEFT - 5}" y="${top + 8}" text-anchor="end">${words(high)}</text><text x="${LEFT - 5}" y="${bottom}" text-anchor="end">${words(low)}</text>
<text x="${LEFT}" y="${bottom + 13}">${timeOf(from)}</text><text x="${x(to)}" y="${bottom + 13}" text-anchor="end">${timeOf(to)}</text>
${given.baseline !== null && across(given.baseline, 'usual')}${given.limit !== null && across(given.limit, 'limit')}
<path class="curve" d="${lineOf(series, x, y)}"/>
${given.marks.filter(({ at }) => at >= from && at <= to).map((mark) => markAt(mark, x(mark.at), area, size === 'large'))}
</svg>`;
}

/** What the lines mean, beside the charts that have no names at their marks. */
export function legend(): Html {
  const entries = [
    ['mark onset', 'it began'],
    ['mark action', 'something was done'],
    ['mark recovery', 'it was over'],
    ['usual', 'as usual'],
    ['limit', 'limit'],
  ].map(
    ([kind, words]) =>
      html`<li><svg viewBox="0 0 24 8" aria-hidden="true"><line class="${kind}" x1="0" x2="24" y1="4" y2="4"/></svg>${words}</li>`,
  );
  return html`<ul class="legend quiet">${entries}</ul>`;
}

/** A value with its unit, short. */
export function inWords(value: number, unit: SignalData['unit']): string {
  switch (unit) {
    case 'ratio':
      return `${Number((value * 100).toPrecision(value >= 0.995 ? 3 : 2))} %`;
    case 'seconds':
      return value < 1 ? `${Number((value * 1000).toPrecision(3))} ms` : `${Number(value.toPrecision(3))} s`;
    case '1/s':
      return `${Number(value.toPrecision(3))}/s`;
    case 'bytes':
      return bytesOf(value);
    case 'count':
      return short(value);
  }
}

function bytesOf(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${Number((value / 1024 ** step).toPrecision(3))} ${units[step]}`;
}

function short(value: number): string {
  return Math.abs(value) >= 10_000 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

function areaOf(
  size: 'small' | 'large',
  series: [number, number][],
  { marks, baseline, limit, unit, large }: Chart,
) {
  const values = [...series.map(([, value]) => value), baseline, limit].filter((one) => one !== null);
  const low = Math.min(0, ...values);
  const most = Math.max(...values);
  // A ratio is seen against all of it.
  const high = unit === 'ratio' ? Math.max(1, most) : most > low ? most : low + 1;
  const [first, last] = [series[0]?.[0] ?? 0, series.at(-1)?.[0] ?? 0];
  // What came just after the last measurement belongs to it.
  const near = marks.map(({ at }) => at).filter((at) => at >= first && at <= last + (last - first) / 4);
  const [from, to] = [first, Math.max(last, ...near)];
  const right = WIDTH[size] - RIGHT;
  const [top, bottom] = [large ? WORDS_HEIGHT * KINDS.length + 4 : 4, HEIGHT[size] - BOTTOM];
  const width = right - LEFT - (large ? NAME_WIDTH : 0);
  const x = (at: number) => rounded(LEFT + ((at - from) / (to - from || 1)) * width);
  const y = (value: number) => rounded(bottom - ((value - low) / (high - low)) * (bottom - top));
  return { x, y, from, to, top, bottom, right, high, low };
}

function markAt({ kind, name }: Mark, x: number, area: ReturnType<typeof areaOf>, isNamed: boolean): Html {
  const { bottom, top } = area;
  const baseline = WORDS_HEIGHT * (KINDS.indexOf(kind) + 1) - 3;
  const begin = isNamed ? baseline - 8 : top;
  return html`<line class="mark ${kind}" x1="${x}" x2="${x}" y1="${begin}" y2="${bottom}"/>${isNamed && html`<text x="${x + 4}" y="${baseline}">${name}</text>`}`;
}

function lineOf(series: [number, number][], x: (at: number) => number, y: (value: number) => number): string {
  const steps = series.slice(1).map(([at], i) => at - (series[i]?.[0] ?? at));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  return series
    .map(([at, value], i) => {
      const isGap = i > 0 && usual > 0 && (steps[i - 1] ?? 0) > usual * GAP_STEPS;
      return `${i === 0 || isGap ? 'M' : 'L'}${x(at)} ${y(value)}`;
    })
    .join('');
}

/** What a chart shows, for whoever does not see it. */
function told({ name, unit, marks }: Chart, series: [number, number][]): string {
  const values = series.map(([, value]) => value);
  const words = (value = 0) => inWords(value, unit);
  const range = `between ${words(Math.min(...values))} and ${words(Math.max(...values))}`;
  const [first, last] = [values[0], values.at(-1)];
  const when = marks.map((mark) => `${mark.name} at ${timeOf(mark.at)}`).join(', ');
  return `${name}: from ${words(first)} to ${words(last)}, ${range}, ${timeOf(series[0]?.[0] ?? 0)} to ${timeOf(series.at(-1)?.[0] ?? 0)} UTC${when && `; ${when}`}`;
}

function ordered(series: [number, number][]): [number, number][] {
  return series
    .filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value))
    .sort(([a], [b]) => a - b);
}

/** What lies long before or after is left away, as long as something is left to see. */
function inFocus(series: [number, number][], marks: Mark[]): [number, number][] {
  const times = marks.map(({ at }) => at);
  if (times.length === 0) return series;
  const [begin, end] = [Math.min(...times), Math.max(...times)];
  const around = Math.max(AROUND_SECONDS, (end - begin) * AROUND);
  const near = series.filter(([at]) => at >= begin - around && at <= end + around);
  return near.length < 2 ? series : near;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
