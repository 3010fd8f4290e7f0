/** Whose a signal is: of two that stand side by side, only what the target itself uses up is cured by what is done to the target. */
import type { SignalData } from '../../incident/evidence.ts';
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { isSame } from './log-book.ts';
import { type Role, roleOf, wordsOf } from './roles.ts';

/** What a process has for itself. How long others take, and what waits for them, is measured on the own side as well. */
const OF_A_PROCESS: ReadonlySet<Role> = new Set<Role>(['memory', 'cpu', 'loop', 'files', 'disk']);
/** Servers that others use: a signal of theirs begins with their name. */
const SERVERS =
  /^(shared |main |prod |primary )?(aws )?(redis|valkey|memcached?|rds|aurora|mysql|mariadb|postgres(ql)?|mongo(db)?|elastic(search)?|opensearch|kafka|rabbitmq|cassandra|dynamodb|clickhouse|etcd|zookeeper|oracle|mssql|sqlserver|haproxy|coredns|vault|consul)\b/;
/** A part of the target that speaks with such a server. */
const ON_OUR_SIDE = /\b(clients?|consumers?|producers?|pool|workers?)\b/;

/** Names of everybody in the case but the target. */
export function othersIn(incident: Case): string[] {
  const names = [
    ...ofKind(incident, 'dependency').map(({ data }) => data.dependency?.name ?? ''),
    ...ofKind(incident, 'change').map(({ data }) => data.change?.target ?? ''),
  ];
  return [...new Set(names)].filter((name) => name !== '' && !isSame(name, incident.target));
}

/** Null where it is the target's own, or nobody can tell; else who it belongs to. */
export function ownerOf(
  { name }: Pick<SignalData, 'name'>,
  role: Role,
  { target, others }: { target: string; others: string[] },
): string | null {
  if (!OF_A_PROCESS.has(role)) return null;
  const words = wordsOf(name);
  if (beginsWith(words, target)) return null;
  const named = others.find((other) => beginsWith(words, other));
  if (named) return named;
  const [server] = SERVERS.exec(words) ?? [];
  if (!server || ON_OUR_SIDE.test(words)) return null;
  // The target is that server, or part of it.
  return wordsOf(target).includes(server.split(' ').at(-1) ?? server) ? null : server;
}

/** What it is about, by the words that are left when whose it is has been taken off. */
export function roleOfTheirs(signal: Pick<SignalData, 'name' | 'unit'>, names: string[]): Role {
  const words = wordsOf(signal.name);
  const owner = names.find((name) => beginsWith(words, name));
  const rest = owner ? words.slice(wordsOf(owner).length).trim() : '';
  // Told by its unit alone it would lose what the name has to say.
  const role = rest === '' ? 'other' : roleOf({ name: rest, unit: 'count' });
  return role === 'other' ? roleOf(signal) : role;
}

function beginsWith(words: string, name: string): boolean {
  const own = wordsOf(name);
  return own.length >= 3 && `${words} `.startsWith(`${own} `);
}
