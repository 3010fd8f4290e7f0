/** Signals as an on-call reads them: what each is about, how it was, how it is, and since when it is bad. */
import type { Evidence, SignalData } from '../../incident/evidence.ts';
import type { Points } from '../../incident/series.ts';
import { type Case, type EvidenceOf, ofKind } from '../rules/hypothesis.ts';
import { type Shift, shiftOf } from './change-point.ts';
import { othersIn, ownerOf, roleOfTheirs } from './owner.ts';
import { FULL, GOOD_HIGH, type Role, TIMES } from './roles.ts';

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

export function tracksOf(incident: Case): Track[] {
  const names = { target: incident.target, others: othersIn(incident) };
  return ofKind(incident, 'signal').flatMap((evidence) => {
    const track = trackOf(evidence, names);
    return track ? [track] : [];
  });
}

function trackOf(evidence: EvidenceOf<'signal'>, names: { target: string; others: string[] }): Track | null {
  const { signal } = evidence.data;
  if (!signal) return null;
  const points: Points = signal.series
    .filter(([, value]) => Number.isFinite(value))
    .toSorted(([a], [b]) => a - b);
  if (points.length === 0) return null;
  const role = roleOfTheirs(signal, [names.target, ...names.others]);
  const shift = shiftOf(points, signal.baseline ?? null);
  const { name, unit, instance } = signal;
  const owner = ownerOf(signal, role, names);
  const base = { name, role, unit, instance, owner, evidence, ...shift };
  return { ...base, ...stateOf(base, points) };
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

function isBad({ role, unit, from, name }: Bare, value: number): 'bad' | 'normal' | 'usual' | 'unknown' {
  const known = !Number.isNaN(from);
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
  /per_|token|call|provider|upstream|origin|downstream|\bdb|quer|sql|internal|retr|written|rows/i;

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
