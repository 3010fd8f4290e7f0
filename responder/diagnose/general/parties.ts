/**
 * Who takes part in a case. What is told of a whole cluster tells of services, too, that have nothing to do with the target:
 * that they are ill, or were released, says nothing of it.
 */
import type { LogLine } from '../../incident/evidence.ts';
import { flagsIn } from '../../incident/text/flags.ts';
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { hostsIn } from './hosts.ts';
import { type Sign, signsIn } from './lexicon.ts';
import { COMMON, coreOf, hasWord, isSame } from './log-book.ts';
import { isServer, likesOf, whoseOf } from './owner.ts';

export interface Parties {
  target: string;
  /** Everybody in the case but the target: dependencies, what was changed, whoever wrote a line. */
  others: string[];
  /** Those of them who have no tie to the target. */
  strangers: string[];
}

/** Speaks of what everybody runs on, or passes on what others said. */
const UNDER_ALL =
  /^(k8s|kube(rnetes|let|d)?|kernel|systemd|docker(d)?|containerd|cri-?o|nodes?|hosts?|machines?|events?|argo(cd)?|flux|helm|terraform|ansible|ci|cd|deploy(er|s|ment)?|ingress|nginx|envoy|istio|linkerd|haproxy|traefik|gateway|proxy|lb|[ean]lb|cdn|dns|coredns|resolver|cert-?manager|prometheus|alertmanager|cadvisor|karpenter|hpa|pgbouncer|cloud(trail|watch|front)?|aws|gcp|azure)\b|\b(auto-?scaler|scheduler|kubelet|events|problem-detector)$/;

export function partiesIn(incident: Case): Parties {
  const { target } = incident;
  const dependencies = ofKind(incident, 'dependency').map(({ data }) => data.dependency?.name ?? '');
  const changed = ofKind(incident, 'change').map(({ data }) => data.change?.target ?? '');
  const lines = ofKind(incident, 'logs').flatMap(({ data }) => data.lines);
  const writers = lines.map(({ service }) => service);
  const told = [...new Set([...dependencies, ...changed, ...writers])].filter(
    (name) => name !== '' && !isSame(name, target),
  );
  const names = ofKind(incident, 'signal').map(({ data }) => data.signal?.name ?? '');
  const others = [...told, ...likesOf(names, { target, others: told })];
  const linked = linkedTo(incident, others, lines);
  return { target, others, strangers: others.filter((name) => !linked.has(name)) };
}

/** The same case without what is a stranger's alone. That something of theirs was changed stays, and is nothing but told. */
export function withoutStrangers(incident: Case, parties: Parties): Case {
  const { strangers } = parties;
  if (strangers.length === 0) return incident;
  const isStrange = (name: string) => strangers.some((one) => isSame(one, name));
  const evidence = incident.evidence.flatMap((one) => {
    const { data } = one;
    if (data.kind === 'signal' && data.signal)
      return isStrange(whoseOf(data.signal, parties) ?? parties.target) ? [] : [one];
    if (data.kind !== 'logs') return [one];
    return [{ ...one, data: { ...data, lines: data.lines.filter(({ service }) => !isStrange(service)) } }];
  });
  return { ...incident, evidence };
}

/** Words, and whose they are: null where they are the target's, or nobody's in particular. */
interface Voice {
  of: string | null;
  text: string;
  /** Each once, without the ending of a plural. */
  words: Set<string>;
  hosts: string[];
}

function voicesOf(incident: Case, lines: LogLine[]): Voice[] {
  const { target, subject } = incident;
  const voice = (of: string, text: string): Voice => {
    const head = text.slice(0, 2_000);
    const lower = head.toLowerCase();
    return {
      of: of === '' || isSame(of, target) ? null : of,
      text: lower,
      words: new Set(lower.split(/[^a-z0-9]+/).map(stem)),
      hosts: hostsIn(head),
    };
  };
  return [
    ...lines.map(({ service, message }) => voice(service, message)),
    ...(subject?.alerts ?? []).map(({ name, summary, labels }) =>
      voice('', [name, summary, ...Object.values(labels)].join(' ')),
    ),
    ...ofKind(incident, 'change').map(({ data: { change } }) =>
      voice(change?.target ?? '', change?.summary ?? ''),
    ),
  ].filter(({ text }) => flagsIn(text).length === 0);
}

/** Everybody who is reached from the target over who names whom, either way. */
function linkedTo(incident: Case, others: string[], lines: LogLine[]): Set<string> {
  const voices = voicesOf(incident, lines);
  const given = givenIn(incident, lines);
  const linked = new Set(
    others.filter(
      (name) =>
        given.some((one) => isSame(one, name)) || UNDER_ALL.test(name.toLowerCase()) || isServer(name),
    ),
  );
  const names = new Map([incident.target, ...others].map((name) => [name, nameOf(name)]));
  const known = (name: string) => names.get(name) as Name;
  const target = known(incident.target);
  const hosts = new Set(voices.filter(({ of }) => of === null).flatMap((voice) => voice.hosts));
  for (let size = -1; size < linked.size; ) {
    size = linked.size;
    const inCase = [target, ...[...linked].map(known)];
    const inside = voices.filter(({ of }) => of === null || linked.has(of));
    for (const name of others.filter((one) => !linked.has(one))) {
      const put = putIn(incident, name);
      const own = voices.filter(({ of }) => of !== null && isSame(of, name));
      const isTied =
        inside.some(
          (one) => isNamed(one, known(name), target) || put.some((text) => one.text.includes(text)),
        ) ||
        own.some(
          (one) =>
            inCase.some((who) => isNamed(one, who, known(name))) || one.hosts.some((host) => hosts.has(host)),
        );
      if (isTied) linked.add(name);
    }
  }
  return linked;
}

/** Who depends on whom is told; and of a database whoever uses it complains, without naming it. */
function givenIn(incident: Case, lines: LogLine[]): string[] {
  const users = incident.subject?.kind === 'database' ? lines : [];
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

/** A name, and the words of it that tell whose it is. */
interface Name {
  full: string;
  words: string[];
  isCommon: boolean;
}

function nameOf(name: string): Name {
  const core = coreOf(name);
  const words = core.split('-').filter(Boolean).map(stem);
  return { full: name.toLowerCase(), words, isCommon: COMMON.test(core) };
}

const stem = (word: string) => word.replace(/s$/, '');

/** The name as it stands, or a telling word of it that is none of `own`, the other's. */
function isNamed({ text, words: said }: Voice, { full, words, isCommon }: Name, own: Name): boolean {
  const isWhole = words.length > 0 && words.every((word) => said.has(word));
  if (isWhole && !COMMON.test(full) && hasWord(text, full)) return true;
  if (isCommon) return false;
  if (isWhole && words.every((word) => word.length >= 3)) return true;
  return words.some(
    (word) => word.length >= 5 && said.has(word) && !COMMON.test(word) && !own.words.includes(word),
  );
}
