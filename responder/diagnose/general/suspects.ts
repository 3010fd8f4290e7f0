/** Which change could be to blame: by when it came, and by what it touches. A change after the onset is innocent, and so is one to something else. */
import type { ChangeData, Evidence } from '../../incident/evidence.ts';
import { flagsIn } from '../../incident/text/flags.ts';
import { type Case, type EvidenceOf, ofKind } from '../rules/hypothesis.ts';
import { hostsIn } from './hosts.ts';
import type { Sign } from './lexicon.ts';
import { COMMON, isSame, type LogBook } from './log-book.ts';
import type { Track } from './tracks.ts';

export interface Suspect {
  change: ChangeData;
  /** It was made to what the case is about. */
  own: boolean;
  /** 0 to 1: how well time and reach fit. */
  weight: number;
  /** Seconds from the change to the onset. */
  lead: number;
  /** It is in charge of what the logs complain of. */
  isInCharge: boolean;
  /** Why it is not to blame; null where it may be. */
  innocent: string | null;
  evidence: Evidence[];
}
export interface Onset {
  after: number;
  by: number;
  /** Seen in series or logs, or only the alert's own word, which comes late. */
  seen: boolean;
}
interface Facts {
  /** Names of those who have no tie to the target. */
  strangers: string[];
  tracks: Track[];
  logs: LogBook;
  onset: Onset | null;
}

/** Clocks differ, and a rollout is on record when it ends or when it begins: so many seconds. */
const SKEW = 90;
/** What is wrong has a word of its name: only a change just before makes that a suspicion. */
const HINT = 0.6;
/** It takes part, and nothing more is known: only a change at that very minute makes that a suspicion. */
const HEARD = 0.45;
/** The target depends on it, and it is told to be well. */
const PART = 0.6;
/** At that very minute, in seconds. */
const MINUTES = 180;
/** In seconds, and how much more it is suspected for it. */
const MEETING = 30;
const MET = 1.4;
/** What is wrong, and by what names those go who are in charge of it. */
const KIN: [Sign[], RegExp][] = [
  [['dns'], /dns|resolver|bind|route ?53|zone/i],
  [['certificate'], /cert|\bca\b|tls|ssl|acme|pki/i],
  [
    ['network', 'unreachable'],
    /cni|calico|cilium|firewall|network|mesh|istio|envoy|vpn|route|security-?group|ingress|proxy|policy/i,
  ],
  [['scheduling', 'node'], /node|cluster|autoscal|karpenter|kube|quota|taint/i],
  [['credentials'], /vault|secret|iam|auth|identity|keycloak|policy/i],
  [['disk'], /storage|volume|disk|csi|retention/i],
  [
    ['rate-limit', 'quota'],
    /rate-?_?limit|limiter|throttl|quota|\d ?(\/|per) ?(s|sec|second|m|min|minute|h|hour|day)\b/i,
  ],
];
/** A shorter one may stand in any line. */
const VERSION_CHARS = 5;
/** Of a lead up to so many seconds, so much is left of the suspicion. */
const LEADS: [seconds: number, weight: number][] = [
  [600, 1],
  [1_800, 0.85],
  [3_600, 0.65],
  [10_800, 0.4],
  [43_200, 0.2],
];

export function suspectsOf(incident: Case, facts: Facts): Suspect[] {
  const changes = ofKind(incident, 'change').filter((e) => e.data.change);
  return changes
    .map((e) => suspectOf(e, incident, facts, changes))
    .toSorted((a, b) => b.weight - a.weight || a.lead - b.lead);
}

function suspectOf(
  evidence: EvidenceOf<'change'>,
  incident: Case,
  facts: Facts,
  all: EvidenceOf<'change'>[],
): Suspect {
  const change = evidence.data.change as ChangeData;
  const own = isSame(change.target, incident.target);
  const reach: Reach = own ? { weight: 1, evidence: [] } : reachOf(change, incident, facts);
  const at = Date.parse(change.at) / 1000;
  const { onset } = facts;
  const lead = onset ? onset.by - at : 0;
  const timing = timingOf(at, onset);
  const isInCharge =
    isKin(change, own, facts.logs) ||
    (timing.weight === 1 && lead <= MINUTES && isAloneWithIt(change, at, facts));
  const base = { change, own, lead, isInCharge, evidence: [evidence, ...reach.evidence] };
  const innocent =
    change.from !== null && change.from === change.to && change.kind !== 'config'
      ? 'it put the same there again'
      : (undoneBy(change, all) ??
        timing.innocent ??
        (reach.weight === 0 ? 'it touches something else' : null));
  const near = timing.weight === 1 && lead <= MINUTES ? 1 : 0.5;
  const weight = timing.weight * (reach.weight === HEARD ? HEARD * near : reach.weight);
  // Where only news of no weight names it, that it came at the same time may be chance.
  const isNamed = reach.weight > HEARD || facts.logs.names(change.target).count > 0;
  // Between the last ordinary point and the first other one: that is as near as anybody can see.
  const isMet =
    onset !== null &&
    Number.isFinite(onset.after) &&
    at >= onset.after - MEETING &&
    isNamed &&
    reach.weight < 1;
  return { ...base, innocent, weight: innocent ? 0 : isMet ? Math.min(0.9, weight * MET) : weight };
}

function timingOf(at: number, onset: Onset | null): { weight: number; innocent: string | null } {
  if (!Number.isFinite(at)) return { weight: 0.3, innocent: null };
  if (!onset) return { weight: 0.6, innocent: null };
  // Before the first bad point somebody may not have looked: then what came between may be it.
  if (at > onset.by + (onset.seen ? Math.min(SKEW, Math.max(5, (onset.by - onset.after) / 2)) : SKEW))
    return { weight: 0, innocent: 'it came after the trouble had begun' };
  // While it was seen to be well the change was there already; where nobody looked before, the first bad point tells.
  const lead = Math.max(0, (Number.isFinite(onset.after) ? onset.after : onset.by) - at);
  const found = LEADS.find(([seconds]) => lead <= seconds);
  return found ? { weight: found[1], innocent: null } : { weight: 0.05, innocent: null };
}

interface Reach {
  weight: number;
  evidence: Evidence[];
}

/**
 * Nobody but whom it was made to complains, and somebody else is served by the very same host, or it had just told that it has
 * taken up its new configuration: then that is what it complains of, whatever the words are.
 */
function isAloneWithIt({ target, kind }: ChangeData, at: number, { logs, onset }: Facts): boolean {
  const isItsOwn = ({ service }: { service: string | null }) => service !== null && isSame(service, target);
  const wrong = logs.entries.filter(({ weight }) => weight > 0);
  if (wrong.length === 0 || !wrong.every(({ pattern }) => isItsOwn(pattern))) return false;
  const hosts = new Set(wrong.flatMap(({ pattern }) => hostsIn(pattern.example)));
  const fine = logs.entries.filter(
    ({ weight, pattern, told }) => weight === 0 && told.length === 0 && pattern.flags.length === 0,
  );
  if (
    fine.some(({ pattern }) => !isItsOwn(pattern) && hostsIn(pattern.example).some((host) => hosts.has(host)))
  )
    return true;
  return (
    kind === 'config' &&
    fine.some(
      ({ pattern, first }) =>
        isItsOwn(pattern) &&
        TAKEN_UP.test(pattern.example) &&
        first !== null &&
        first >= at - SKEW &&
        first <= (onset?.by ?? first) + SKEW,
    )
  );
}
const TAKEN_UP =
  /\bconfig(uration)?\b.{0,80}\b(applied|loaded|reloaded|activated)\b|\b(applied|loaded|reloaded|activated|using)\b.{0,40}\bconfig(uration)?\b/i;

/** By its name; of the target's own configuration by what was changed in it. */
function isKin(change: ChangeData, own: boolean, logs: LogBook): boolean {
  if (own && change.kind !== 'config') return false;
  const words = own ? [change.from, change.to, wordsNotToTheReader(change.summary)].join(' ') : change.target;
  return KIN.some(([signs, names]) => logs.complains(...signs).share >= 0.4 && names.test(words));
}

/** What it was made to shows up in what is wrong: a dependency that is not well, lines that name it, signals of its own. */
function reachOf(change: ChangeData, incident: Case, { tracks, logs, strangers }: Facts): Reach {
  const { target } = change;
  // That a stranger is ill itself, or listens to the target, ties its change to nothing.
  const isStrange = strangers.some((one) => isSame(one, target));
  const dependency = ofKind(incident, 'dependency').find((e) =>
    isSame(e.data.dependency?.name ?? '', target),
  );
  if (dependency?.data.dependency && !dependency.data.dependency.healthy)
    return { weight: 1, evidence: [dependency] };
  const named = logs.names(target, isStrange);
  // Of `NAME=value` the value is what shows. Whoever used what was there before uses what has come.
  const versions = [change.to, change.from ?? ''].map((text) => text.slice(text.indexOf('=') + 1));
  if (versions.some((put) => put.length >= VERSION_CHARS && logs.mentions(put)))
    return { weight: 0.85, evidence: logs.evidence };
  const bad = tracks.find(({ name, state }) => state === 'bad' && isNamedAfter(name, target));
  if (bad) return { weight: 0.9, evidence: [bad.evidence] };
  if (named.count >= 2 && named.share >= 0.2) return { weight: 0.9, evidence: logs.evidence };
  if (named.count >= 1 && named.share >= 0.3) return { weight: 0.7, evidence: logs.evidence };
  if (isKin(change, false, logs)) return { weight: 0.9, evidence: logs.evidence };
  const word = tracks.find(({ name, state }) => state === 'bad' && sharesWord(name, target, incident.target));
  if (word) return { weight: 0.8, evidence: [word.evidence] };
  const hinted = logs.hints(target);
  if (hinted.share >= 0.3) return { weight: HINT, evidence: logs.evidence };
  if (dependency) return { weight: PART, evidence: [dependency] };
  if (!isStrange && logs.hears(target)) return { weight: HEARD, evidence: logs.evidence };
  return { weight: 0, evidence: [] };
}

/** A telling word of its name is one of the signal's, and none of what the case is about. */
function sharesWord(name: string, changed: string, target: string): boolean {
  const [words, own] = [partsOf(name), partsOf(target)];
  return partsOf(changed).some(
    (word) => word.length >= 3 && !COMMON.test(word) && words.includes(word) && !own.includes(word),
  );
}

const partsOf = (name: string) => name.toLowerCase().split(/[^a-z0-9]+/);

export function isNamedAfter(name: string, target: string): boolean {
  const core = target.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  return core.length >= 3 && `_${name.toLowerCase()}_`.includes(`_${core}_`);
}

/** Somebody has put back what was there before it, so it is gone; the way back itself is none to blame either. */
function undoneBy(change: ChangeData, all: EvidenceOf<'change'>[]): string | null {
  const others = all
    .map((e) => e.data.change as ChangeData)
    .filter((one) => one !== change && isSame(one.target, change.target) && one.kind === change.kind);
  const later = others.some(
    (one) => one.at > change.at && change.from !== null && one.to === change.from && one.from === change.to,
  );
  if (later) return 'it was taken back';
  const back = others.some(
    (one) => one.at < change.at && one.from !== null && one.from === change.to && one.to === change.from,
  );
  return back ? 'it is itself the way back' : null;
}

/** What speaks to the reader is no part of what was changed. */
export function wordsNotToTheReader(summary: string): string {
  return summary
    .split(/[.;\n]/)
    .filter((part) => flagsIn(part).length === 0)
    .join(' ');
}

/** Fewer instances than before. */
export function isScaleDown({ kind, from, to }: ChangeData): boolean {
  return kind === 'scale' && Number.parseFloat(from ?? '') > Number.parseFloat(to);
}
