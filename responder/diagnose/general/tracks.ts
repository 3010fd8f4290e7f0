/** Signals as an on-call reads them: what each is about, how it was, how it is, and since when it is bad. */
import type { Evidence, SignalData } from '../../incident/evidence.ts';
import type { Points } from '../../incident/series.ts';
import { type Case, type EvidenceOf, ofKind } from '../rules/hypothesis.ts';
import { type Shift, shiftOf } from './change-point.ts';
import { ownerOf, roleOfTheirs } from './owner.ts';
import { partiesIn } from './parties.ts';
import { readingOf } from './readings.ts';
import { FULL, GOOD_HIGH, isScarce, type Role, TIMES, wordsOf } from './roles.ts';

export interface Track extends Shift {
  name: string;
  role: Role;
  unit: SignalData['unit'];
  instance: string | null;
  /** Who it belongs to, where that is not the target: nothing that is done to the target changes it. */
  owner: string | null;
  /**
   * `bad`: at its limit, or far from what is usual, now. `recovered`: it was, and is back. `normal`: neither. `unknown`: a
   * value that nothing can be held against.
   */
  state: 'bad' | 'recovered' | 'normal' | 'unknown';
  /** It tells what is left: less of it is worse. */
  isScarce: boolean;
  /** It stands where it always stood, however high that is. */
  usual: boolean;
  evidence: Evidence;
}

/** A share that stands for errors: from here on it is no noise. */
const ERRORS_FROM = 0.01;
/** Usually below this share of the limit, and now full: that is a change. */
const CLEAR_RISE = 0.08;
/** Errors counted, not as a share: fewer are noise. */
const FEW = 3;

export function tracksOf(incident: Case, names = partiesIn(incident)): Track[] {
  const signals = ofKind(incident, 'signal');
  const all = signals.map(({ data }) => data.signal).filter((signal) => signal !== null);
  return signals.flatMap((evidence) => {
    const track = trackOf(evidence, all, names);
    return track ? [track] : [];
  });
}

function trackOf(
  evidence: EvidenceOf<'signal'>,
  all: SignalData[],
  names: { target: string; others: string[] },
): Track | null {
  const { signal } = evidence.data;
  if (!signal) return null;
  const { name, instance } = signal;
  const roleIn = (one: Pick<SignalData, 'name' | 'unit'>) =>
    roleOfTheirs(one, [names.target, ...names.others]);
  const { points, unit, role, kind } = readingOf(signal, roleIn, all);
  // Of a counter that was read at one moment alone nothing is left.
  if (points.length === 0) return null;
  const usual = kind === 'counter' ? null : (signal.baseline ?? null);
  const shift = kind === 'clock' ? clockOf(points) : shiftOf(points, usual);
  const owner = ownerOf(signal, role, names);
  const base = { name, role, unit, instance, owner, evidence, isScarce: isScarce(name, role), ...shift };
  return { ...base, ...stateOf(base, points) };
}

/** A clock leaves its level when what it counts down to has come. */
function clockOf(points: Points): Shift {
  const past = points.map(([at, value]): [number, number] => [at, value > 0 ? 0 : 1]);
  const [first = Number.NaN, last = Number.NaN] = [points[0]?.[1], points.at(-1)?.[1]];
  return { ...shiftOf(past, null), from: first, to: last, peak: last };
}

const DAY = 86_400;
/** So far from the same time of another day, in seconds, is still that time. */
const SAME_TIME = 1_800;

/** At this time of the day before it was just as far from what is usual: that is the rhythm of the day. */
function isDaily(points: Points, { from, to, role }: Bare): boolean {
  // What fills up every day is none the better for it.
  if (role === 'memory' || role === 'files' || role === 'disk') return false;
  const end = points.at(-1)?.[0] ?? 0;
  const days = [1, 2, 3, 7].map((n) =>
    points
      .filter(([at]) => Math.abs(end - at - n * DAY) <= SAME_TIME)
      .map(([, value]) => (value - from) / (to - from)),
  );
  const seen = days.filter((day) => day.length > 0);
  return seen.length > 0 && seen.every((day) => Math.max(...day) >= 0.7);
}

type Bare = Omit<Track, 'state' | 'usual'>;

function stateOf(track: Bare, points: Points): Pick<Track, 'state' | 'usual'> {
  const bad = isBad(track, track.to) === 'bad' && isDaily(points, track) ? 'usual' : isBad(track, track.to);
  if (bad === 'bad') return { state: 'bad', usual: false };
  if (bad === 'usual') return { state: 'normal', usual: true };
  if (isBad(track, track.peak) === 'bad') return { state: 'recovered', usual: false };
  return { state: bad, usual: false };
}

function isBad(track: Bare, value: number): 'bad' | 'normal' | 'usual' | 'unknown' {
  const { role, unit, from, name } = track;
  const known = !Number.isNaN(from);
  if (role === 'clock') return EXPIRES.test(wordsOf(name)) && from > 0 && value <= 0 ? 'bad' : 'unknown';
  if (track.isScarce) return isUsedUp(track, value);
  if (role === 'errors') return isErroneous(unit, name, from, value);
  const full = FULL[role];
  if (full !== undefined && unit === 'ratio') {
    const share = shareOf(value);
    if (share < full) return 'normal';
    return known && share - shareOf(from) < CLEAR_RISE && shareOf(from) >= full - CLEAR_RISE
      ? 'usual'
      : 'bad';
  }
  if (GOOD_HIGH.has(role)) return isMissing(unit, from, value);
  if (role === 'traffic') return 'normal'; // more of it is a cause, less of it a consequence: asked for by name
  if (!known) return 'unknown';
  const times = TIMES[role];
  if (from <= 0) return value > 0 && (role !== 'queue' || value > FEW) ? 'bad' : 'normal';
  return value >= times * from ? 'bad' : 'normal';
}

/** When what they count down to has come, something is no longer valid. */
const EXPIRES = /\b(cert\w*|ssl|tls|expir\w*|valid\w*|lease)\b/;

/** Of what is left: next to nothing of a limit, or less than a quarter of what is usual. */
function isUsedUp({ role, unit, from }: Bare, value: number): 'bad' | 'normal' | 'usual' | 'unknown' {
  const full = FULL[role];
  if (unit === 'ratio' && full !== undefined) {
    const left = shareOf(value);
    if (left > 1 - full) return 'normal';
    return shareOf(from) - left < CLEAR_RISE && shareOf(from) <= 1 - full + CLEAR_RISE ? 'usual' : 'bad';
  }
  if (Number.isNaN(from)) return 'unknown';
  return from > 0 && value <= from / SCARCE ? 'bad' : 'normal';
}
const SCARCE = 4;

/** Told in percent by some. */
function shareOf(value: number): number {
  return value > 1.5 ? value / 100 : value;
}

function isErroneous(unit: SignalData['unit'], name: string, from: number, value: number) {
  const known = !Number.isNaN(from);
  if (/burn/i.test(name)) return value >= 1 && !(known && value < TIMES.errors * from) ? 'bad' : 'normal';
  const least = unit === 'ratio' ? ERRORS_FROM : unit === '1/s' ? 0.05 : FEW;
  const share = unit === 'ratio' && value > 1 ? value / 100 : value;
  if (share < least) return known || unit === 'ratio' ? 'normal' : 'unknown';
  if (!known) return unit === 'ratio' ? 'bad' : 'unknown';
  const before = unit === 'ratio' && value > 1 ? from / 100 : from;
  return share >= TIMES.errors * before ? 'bad' : 'usual';
}

function isMissing(unit: SignalData['unit'], from: number, value: number) {
  if (Number.isNaN(from))
    return unit === 'ratio' ? (shareOf(value) < 0.9 ? 'bad' : 'normal') : value === 0 ? 'bad' : 'unknown';
  if (from <= 0) return value <= 0 ? 'usual' : 'normal';
  return value <= from / TIMES.up && (value === 0 || value <= from / 1.2 || unit === 'ratio')
    ? 'bad'
    : 'normal';
}

/** Load on the service: grew, fell, steady; unseen where no signal tells. */
export interface Load {
  word: 'grew' | 'fell' | 'steady' | 'unseen';
  track: Track | null;
}
const FELL = 0.6;
const DERIVED =
  /per_(?!s|m|hour)|token|call|provider|upstream|origin|downstream|\bdb|quer|sql|internal|retr|written|rows/i;

export function loadOf(tracks: Track[]): Load {
  const told = tracks.filter(({ role, from }) => role === 'traffic' && !Number.isNaN(from));
  // The one that moved most is the one that tells.
  // What one request makes of itself further down is no load of its own.
  const direct = told.filter(({ name }) => !DERIVED.test(name));
  const moved = (direct.length > 0 ? direct : told).toSorted((a, b) => ratioOf(b) - ratioOf(a));
  const up = moved[0];
  if (!up) return { word: 'unseen', track: null };
  if (ratioOf(up) >= TIMES.traffic) return { word: 'grew', track: up };
  const down = moved.at(-1) as Track;
  return ratioOf(down) <= FELL ? { word: 'fell', track: down } : { word: 'steady', track: up };
}

/** How many times what it was; what began from nothing counts as a lot. */
export function ratioOf({ from, to }: Pick<Track, 'from' | 'to'>): number {
  if (from <= 0) return to > 0 ? 10 : 1;
  return to / from;
}

/** Work that came to a standstill: next to nothing of what it was. */
export function standstills(tracks: Track[]): Track[] {
  return tracks.filter(({ role, from, to }) => role === 'traffic' && from > 0 && to <= STANDSTILL * from);
}
const STANDSTILL = 0.05;
