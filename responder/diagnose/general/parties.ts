/**
 * Who takes part in a case. What is told of a whole cluster tells of services, too, that have nothing to do with the target:
 * that they are ill, or were released, says nothing of it. What counts is whom the target needs, whom it complains of, and who
 * complains of it; that somebody listens to it, serves it well, or needs the same things, is no tie.
 */
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { type Sign, signsIn } from './lexicon.ts';
import { isSame } from './log-book.ts';
import { isServer, likesOf, whoseOf } from './owner.ts';
import { isNamed, linesIn, type Name, nameOf, type Voice, voiceOf, voicesOf } from './voices.ts';

export interface Parties {
  target: string;
  /** Everybody in the case but the target: dependencies, what was changed, whoever wrote a line or is measured. */
  others: string[];
  /** Those of them who have no tie to the target. */
  strangers: string[];
}

/** Speaks of what everybody runs on, or passes on what others said. */
const UNDER_ALL =
  /^(k8s|kube(rnetes|let|d)?|kernel|systemd|docker(d)?|containerd|cri-?o|nodes?|hosts?|machines?|events?|argo(cd)?|flux|helm|terraform|ansible|ci|cd|deploy(er|s|ment)?|ingress|nginx|envoy|istio|linkerd|haproxy|traefik|gateway|proxy|lb|[ean]lb|cdn|dns|coredns|resolver|cert-?manager|prometheus|alertmanager|cadvisor|karpenter|hpa|pgbouncer|cloud(trail|watch|front)?|aws|gcp|azure)\b|\b(auto-?scaler|scheduler|kubelet|events|problem-detector)$/;

/** What everybody runs on, or uses. */
export const isBelow = (name: string) => UNDER_ALL.test(name.toLowerCase()) || isServer(name);

export function partiesIn(incident: Case): Parties {
  const { target } = incident;
  const dependencies = ofKind(incident, 'dependency').map(({ data }) => data.dependency?.name ?? '');
  const changed = ofKind(incident, 'change').map(({ data }) => data.change?.target ?? '');
  const writers = linesIn(incident).map(({ service }) => service);
  const told = [...new Set([...dependencies, ...changed, ...writers])].filter(
    (name) => name !== '' && !isSame(name, target),
  );
  const names = ofKind(incident, 'signal').map(({ data }) => data.signal?.name ?? '');
  const others = [...told, ...likesOf(names, { target, others: told })];
  const tied = tiedTo(incident, others);
  return { target, others, strangers: others.filter((name) => !tied.has(name)) };
}

/**
 * The same case without what is a stranger's alone. Of a stranger's lines those stay that name the target or whom it needs; that
 * something of theirs was changed stays, and is nothing but told.
 */
export function withoutStrangers(incident: Case, parties: Parties): Case {
  const { strangers, others, target } = parties;
  if (strangers.length === 0) return incident;
  const strange = new Set(strangers);
  const isStrange = (name: string) => strange.has(name) || strangers.some((one) => isSame(one, name));
  const circle = circleOf(
    incident,
    others.filter((name) => !strange.has(name)),
  );
  const evidence = incident.evidence.flatMap((one) => {
    const { data } = one;
    if (data.kind === 'signal' && data.signal)
      return isStrange(whoseOf(data.signal, parties) ?? target) ? [] : [one];
    if (data.kind !== 'logs') return [one];
    const lines = data.lines.filter(
      (line) => !isStrange(line.service) || isOfInterest(voiceOf(line, target), circle),
    );
    return [{ ...one, data: { ...data, lines } }];
  });
  return { ...incident, evidence };
}

interface Circle {
  /** The target, and whoever is tied to it. */
  names: Name[];
  /** With whom the target speaks. */
  hosts: Set<string>;
}

function circleOf(incident: Case, tied: string[]): Circle {
  const own = voicesOf(incident).filter(({ of }) => of === null);
  return {
    names: [incident.target, ...tied].map(nameOf),
    hosts: new Set(own.flatMap((voice) => voice.hosts)),
  };
}

function isOfInterest(voice: Voice, { names, hosts }: Circle): boolean {
  const own = nameOf(voice.of ?? '');
  return names.some((who) => isNamed(voice, who, own)) || voice.hosts.some((host) => hosts.has(host));
}

/**
 * Whoever is given as a dependency, or as what all run on; whoever complains of the target; and whom the target or one of
 * these names when it tells of something wrong.
 */
function tiedTo(incident: Case, others: string[]): Set<string> {
  const voices = voicesOf(incident);
  const target = nameOf(incident.target);
  const given = givenIn(incident);
  // A database tells in its daily work what is asked of it, and that is what ails it.
  const isAsked = (name: string | null) =>
    incident.subject?.kind === 'database' && name !== null && isServer(name);
  const isGiven = (name: string) => given.some((one) => isSame(one, name));
  const complains = (name: string) =>
    voices.some((voice) => voice.of === name && voice.isTrouble && isNamed(voice, target, nameOf(name)));
  const tied = new Set(others.filter((name) => isGiven(name) || isBelow(name) || complains(name)));
  const rest = new Map(
    others
      .filter((name) => !tied.has(name))
      .map((name) => [name, { name: nameOf(name), put: putIn(incident, name) }]),
  );
  for (let size = -1; size < tied.size; ) {
    size = tied.size;
    const speakers = voices.filter(
      ({ of, isTrouble }) => (isTrouble && (of === null || tied.has(of))) || isAsked(of),
    );
    for (const [name, { name: named, put }] of rest) {
      const isTied = speakers.some(
        (one) =>
          (one.of === null || !isSame(one.of, name)) &&
          (isNamed(one, named, target) || put.some((text) => one.text.includes(text))),
      );
      if (isTied) {
        tied.add(name);
        rest.delete(name);
      }
    }
  }
  return tied;
}

/** Who depends on whom is told; and of a database whoever uses it complains, without naming it. */
function givenIn(incident: Case): string[] {
  const users = incident.subject?.kind === 'database' ? linesIn(incident) : [];
  return [
    ...ofKind(incident, 'dependency').map(({ data }) => data.dependency?.name ?? ''),
    ...ofKind(incident, 'database').flatMap(({ data }) =>
      (data.database?.blockers ?? []).map(({ service }) => service ?? ''),
    ),
    ...users
      .filter(({ message }) => signsIn(message).some((sign) => OF_A_DATABASE.has(sign)))
      .map(({ service }) => service),
  ].filter((name) => name !== '');
}
const OF_A_DATABASE: ReadonlySet<Sign> = new Set<Sign>([
  'lock',
  'database-limit',
  'replication',
  'schema',
  'disk',
  'pool-empty',
  'slow-dependency',
  'dependency-error',
  'unreachable',
  'network',
]);

/** A shorter one may stand in any line. */
const VERSION_CHARS = 5;

/** What was put there, and what it replaced: whoever names that has to do with it. */
function putIn(incident: Case, name: string): string[] {
  return ofKind(incident, 'change')
    .flatMap(({ data: { change } }) =>
      change && isSame(change.target, name) ? [change.to, change.from ?? ''] : [],
    )
    .map((text) => text.slice(text.indexOf('=') + 1).toLowerCase())
    .filter((text) => text.length >= VERSION_CHARS);
}
