/** Whose a signal is: of two that stand side by side, only what the target itself uses up is cured by what is done to the target. */
import type { SignalData } from '../../incident/evidence.ts';
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { COMMON, coreOf, isSame } from './log-book.ts';
import { type Role, roleOf, wordsOf } from './roles.ts';

/** What a process has for itself. How long others take, and what waits for them, is measured on the own side as well. */
const OF_A_PROCESS: ReadonlySet<Role> = new Set<Role>(['memory', 'cpu', 'loop', 'files', 'disk']);
/** Servers that others use: a signal of theirs begins with their name. */
const SERVERS =
  /^(shared |main |prod |primary )?(aws )?(redis|valkey|memcached?|rds|aurora|mysql|mariadb|postgres(ql)?|mongo(db)?|elastic(search)?|opensearch|kafka|rabbitmq|cassandra|dynamodb|clickhouse|etcd|zookeeper|oracle|mssql|sqlserver|haproxy|coredns|vault|consul)\b/;
/** May follow the name of a server that is one. */
const OF_A_SERVER =
  '( (cache|db|database|store|cluster|primary|replica|standby|main|master|node|broker|server|prod|\\d+))*';
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
  const named = namedIn(words, [target, ...others]);
  if (named) return named.name === target ? null : named.name;
  const [server] = SERVERS.exec(words) ?? [];
  if (!server || ON_OUR_SIDE.test(words)) return null;
  // `orders-redis` and `redis-2` are that server; `redis-session-api` and `postgres-exporter` only speak with it.
  const isThatServer = new RegExp(`\\b${server.split(' ').at(-1)}${OF_A_SERVER}$`).test(wordsOf(target));
  return isThatServer ? null : server;
}

/** What it is about, by the words that are left when whose it is has been taken off. */
export function roleOfTheirs(signal: Pick<SignalData, 'name' | 'unit'>, names: string[]): Role {
  const words = wordsOf(signal.name);
  const whose = namedIn(words, names);
  // Told by its unit alone it would lose what the name has to say.
  const role = roleOf({ name: words.slice(whose?.prefix.length ?? 0), unit: 'count' });
  return role === 'other' ? roleOf(signal) : role;
}

/** Of those with whose name it begins the one who is told most exactly: `orders_db_cpu` is of `orders-db`, not of `orders`. */
function namedIn(words: string, names: string[]): { name: string; prefix: string } | null {
  const found = names.flatMap((name) => {
    const prefix = prefixOf(words, name);
    return prefix === null ? [] : [{ name, prefix }];
  });
  return found.toSorted((a, b) => b.prefix.length - a.prefix.length)[0] ?? null;
}

/** With what it begins of a name: all of it, or what tells it from others (`pricing_cpu` is of `pricing-api`); null where it does not. */
function prefixOf(words: string, name: string): string | null {
  const core = wordsOf(coreOf(name));
  const isTelling = !COMMON.test(core) && roleOf({ name: core, unit: 'count' }) === 'other';
  const found = [wordsOf(name), ...(isTelling ? [core] : [])].find(
    (own) => own.length >= 3 && !ANYBODY.test(own) && `${words} `.startsWith(`${own} `),
  );
  return found ?? null;
}
/** Names of signals begin with these, whoever they are about. */
const ANYBODY =
  /^(process|container|pod|kube|system|jvm|java|go|nodejs|python|dotnet|ruby|php|runtime|service|target|app)$/;
