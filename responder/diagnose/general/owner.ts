/** Whose a signal is: of two that stand side by side, only what the target itself uses up is cured by what is done to the target. */
import type { SignalData } from '../../incident/evidence.ts';
import { COMMON, coreOf, isSame } from './log-book.ts';
import { type Role, roleOf, wordsOf } from './roles.ts';

/** What a process has for itself. How long others take, and what waits for them, is measured on the own side as well. */
const OF_A_PROCESS: ReadonlySet<Role> = new Set<Role>(['memory', 'cpu', 'loop', 'files', 'disk', 'machine']);
/** Servers that others use: a signal of theirs begins with their name. */
const SERVERS =
  /^(shared |main |prod |primary )?(aws )?(redis|valkey|memcached?|rds|aurora|mysqld?|mariadb|postgres(ql)?|mongo(d|db)?|elastic(search)?|opensearch|kafka|rabbitmq|cassandra|dynamodb|clickhouse|etcd|zookeeper|oracle|mssql|sqlserver|haproxy|coredns|vault|consul)\b/;
/** May follow the name of a server that is one. */
const OF_A_SERVER =
  '( (cache|db|database|store|cluster|primary|replica|standby|main|master|node|broker|server|prod|\\d+))*';
/** A part of the target that speaks with such a server. */
const ON_OUR_SIDE = /\b(clients?|consumers?|producers?|pool|workers?)\b/;

/** Whether it is a server that others use, by its name. */
export const isServer = (name: string) => SERVERS.test(wordsOf(name));

/** In whose name it is told, whatever it is about; null where it names nobody. */
export function whoseOf(
  { name, instance }: Pick<SignalData, 'name' | 'instance'>,
  { target, others }: { target: string; others: string[] },
): string | null {
  const named = namedIn(name, [target, ...others]);
  return named?.name ?? others.find((other) => instance !== null && isSame(instance, other)) ?? null;
}

/**
 * Who is measured as the target is: beside `cart_error_ratio` of the target `cart` there is `search_error_ratio`. Only names that
 * say nothing of what is measured are taken for those of services. `cart_login_error_ratio` is a part of the cart, but
 * `cart_history_memory` is not: no part of a service has a memory for itself.
 */
export function likesOf(signals: string[], names: { target: string; others: string[] }): string[] {
  const everybody = [names.target, ...names.others];
  const whose = signals.map((signal) => ({ words: wordsOf(signal), found: namedIn(signal, everybody) }));
  const measures = whose.flatMap(({ found }) => (found?.name === names.target ? [found.rest.trim()] : []));
  const likes = whose.flatMap(({ words, found }) => {
    const isOwn = found?.name === names.target;
    if (found !== null && !isOwn) return [];
    return measures.flatMap((measure) => {
      if (measure === '' || (isOwn && !OF_A_PROCESS.has(roleOf({ name: measure, unit: 'count' })))) return [];
      const rest = withoutMeasure(isOwn ? found.rest.trim() : words, measure);
      return rest !== '' && isService(rest) ? [isOwn ? `${names.target} ${rest}` : rest] : [];
    });
  });
  return [...new Set(likes.map((words) => words.replaceAll(' ', '-')))];
}

/** What stands before or behind it; empty where neither, or nothing, does. */
function withoutMeasure(words: string, measure: string): string {
  if (words.endsWith(` ${measure}`)) return words.slice(0, -measure.length).trim();
  return words.startsWith(`${measure} `) ? words.slice(measure.length).trim() : '';
}

function isService(words: string): boolean {
  return (
    words.length >= 3 &&
    roleOf({ name: words, unit: 'count' }) === 'other' &&
    !words.split(' ').some((word) => COMMON.test(word) || ANYBODY.test(word) || OF_A_MEASURE.test(word)) &&
    !SERVERS.test(words)
  );
}
const OF_A_MEASURE =
  /^(https?|grpc|tcp|tls|dns|upstream|downstream|external|internal|inbound|outbound|ingress|egress|vendor|provider|partner|total|max|min|avg|mean|read|write|get|post|user|public|private|edge|probe|synthetic|blackbox|browser|mobile|business|all|other|old|new|current|previous|slow|fast|first|last|end|per|p\d+|v?\d+)$/;

/** Null where it is the target's own, or nobody can tell; else who it belongs to. */
export function ownerOf(
  { name }: Pick<SignalData, 'name'>,
  role: Role,
  { target, others }: { target: string; others: string[] },
): string | null {
  if (!OF_A_PROCESS.has(role)) return null;
  const named = namedIn(name, [target, ...others]);
  if (named) return named.name === target ? null : named.name;
  const words = wordsOf(name);
  const [server] = SERVERS.exec(words) ?? [];
  if (!server || ON_OUR_SIDE.test(words)) return null;
  // `orders-redis` and `redis-2` are that server; `redis-session-api` and `postgres-exporter` only speak with it.
  const isThatServer = new RegExp(`\\b${server.split(' ').at(-1)}${OF_A_SERVER}$`).test(wordsOf(target));
  return isThatServer ? null : server;
}

/** What it is about, by the words that are left when whose it is has been taken off. */
export function roleOfTheirs(signal: Pick<SignalData, 'name' | 'unit'>, names: string[]): Role {
  const whose = namedIn(signal.name, names);
  // Told by its unit alone it would lose what the name has to say.
  const role = roleOf({ name: whose?.rest ?? signal.name, unit: 'count' });
  return role === 'other' ? roleOf(signal) : role;
}

/** `http_requests_total{service="cart"}`: what its labels say. */
const LABELS = /\{[^}]{0,500}\}/;

/**
 * Of those with whose name it begins or ends, or who stand in its labels, the one who is told most exactly: `orders_db_cpu` is
 * of `orders-db`, not of `orders`.
 */
function namedIn(signal: string, names: string[]): { name: string; rest: string } | null {
  const [labels = ''] = LABELS.exec(signal) ?? [];
  const words = wordsOf(signal.replace(labels, ''));
  const values = [...labels.matchAll(/"([^"]{1,200})"/g)].map(([, value]) => value ?? '');
  const labelled = names.find((name) => values.some((value) => isSame(value, name)));
  if (labelled !== undefined) return { name: labelled, rest: words };
  const found = names.flatMap((name) => {
    const own = partOf(words, name);
    return own === null ? [] : [{ name, own }];
  });
  const [first] = found.toSorted((a, b) => b.own.length - a.own.length);
  if (!first) return null;
  const { name, own } = first;
  return { name, rest: words.startsWith(own) ? words.slice(own.length) : words.slice(0, -own.length) };
}

/** With what it begins or ends of a name: all of it, or what tells it from others (`pricing_cpu` is of `pricing-api`); null where it does not. */
function partOf(words: string, name: string): string | null {
  const core = wordsOf(coreOf(name));
  const isTelling = !COMMON.test(core) && roleOf({ name: core, unit: 'count' }) === 'other';
  const found = [wordsOf(name), ...(isTelling ? [core] : [])].find(
    (own) =>
      own.length >= 2 &&
      !ANYBODY.test(own) &&
      words !== own &&
      (`${words} `.startsWith(`${own} `) || ` ${words}`.endsWith(` ${own}`)),
  );
  return found ?? null;
}
/** Names of signals begin with these, whoever they are about. */
const ANYBODY =
  /^(process|container|pod|kube|system|jvm|java|go|nodejs|python|dotnet|ruby|php|runtime|service|target|app)$/;
