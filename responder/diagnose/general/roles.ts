/** What a signal of any name is about, and from where on it is bad. */
import type { SignalData } from '../../incident/evidence.ts';

export type Role =
  | 'memory'
  | 'cpu'
  | 'machine'
  | 'loop'
  | 'errors'
  | 'latency'
  | 'traffic'
  | 'pool'
  | 'threads'
  | 'files'
  | 'disk'
  | 'queue'
  | 'restarts'
  | 'up'
  | 'replicas'
  | 'cache'
  | 'lag'
  | 'clock'
  | 'other';

/** The first that fits, so the more telling words come first. Names are taken apart at every joint: `heapUsed` is `heap used`. */
const NAMES: [Role, RegExp][] = [
  [
    'machine',
    /\bsteal\b|\biowait\b|\b(node|host|machine|vm|hypervisor) .*\b(cpu|mem(ory)?|load|pressure|io)\b|\b(psi|pressure)\b/,
  ],
  // What is read and written fills nothing.
  ['other', /\b(disk|volume|fs|filesystem|storage) (read|write|written|io|throughput)\b/],
  ['restarts', /\brestarts?\b|\bcrash(es|count)?\b|\boom( kills?)?\b/],
  ['cache', /\b(hit|miss) (ratio|rate|percent|pct)\b|\bhits?\b|\bevict/],
  [
    'lag',
    /\breplica(tion|s)? (lag|delay)\b|\bseconds behind\b|\b(replica|standby) lag\b|\bclock|\bntp|\bskew|\boffset ms\b/,
  ],
  [
    'errors',
    /\berrors?\b|\b[45](xx|\d\d)s?\b|\bunauthori[sz]ed\b|\bdenied\b|\bfail(ed|ures?|ing)?\b|\bexceptions?\b|\bburn\b|\brejected\b|\bdropped\b|\baborted?\b|\btimeouts?\b|\bthrottled requests\b|\b429s?\b|\bdead ?letter|\bdlq\b/,
  ],
  // What is left of something is about that something.
  ['machine', /\bnode .*\b(mem|memory) ?(available|avail|free)\b/],
  ['memory', /\b(mem|memory|heap) .*\b(available|avail|free)\b|\b(available|avail|free) (mem|memory|heap)\b/],
  ['disk', /\b(disk|filesystem|fs|volume|storage|pvc?)\b.*\b(available|avail|free)\b/],
  [
    'files',
    /\b(inodes?|fds?|files?|file (descriptors?|handles?)|sockets?|ports?) (available|avail|free)\b|\b(available|free) (inodes?|fds?|file (descriptors?|handles?)|sockets?)\b/,
  ],
  [
    'threads',
    /\b(threads?|workers?|slots?) (available|idle|free)\b|\b(available|idle|free) (threads?|workers?|slots?)\b/,
  ],
  [
    'pool',
    /\b(pool|connections?|conns?)\b.*\b(available|idle|free)\b|\b(available|idle|free) (pool|connections?|conns?)\b/,
  ],
  ['queue', /\bmessages? (ready|available)\b/],
  // What went through a queue is what is asked and what gets done.
  ['traffic', /\bmessages? (published|acked|delivered|consumed|processed)\b/],
  ['other', /\b(quota|budget|tokens?|credits?) .*\b(remaining|available|left)\b/],
  ['up', /^up$|\bavailab|\bhealthy\b|\bready\b|\bsuccess|\buptime\b|\bprobe\b|\balive\b|\bcoverage\b/],
  [
    'queue',
    /\bqueue|\bbacklog\b|\b(consumer|group|kafka|topic|records?) lag\b|\blag\b|\bpending (messages|jobs|tasks)\b|\bmessages? (visible|waiting|unacked|delayed|queued)\b|\boldest (message|job)|\bunacked\b|\bdepth\b|\b(jobs|tasks|builds|requests) (waiting|pending|queued)\b|\binflight messages\b/,
  ],
  [
    'latency',
    /\blatency\b|\bduration\b|\bp(50|75|90|95|99|999)\b|\b(response|request|query|wait|read|write|commit|connect|round ?trip|gc pause) time\b|\brtt\b|\bttfb\b|\bslow\b|\bpause/,
  ],
  [
    'pool',
    /\bpool\b|\b(db|database|sql|postgres|pg|mysql|jdbc|hikari|redis|client)? ?(connections?|conns?|sessions?)\b/,
  ],
  [
    'files',
    /\bfds?\b|\bfile (descriptors?|handles?)\b|\bopen (files|sockets|fds|handles)\b|\bhandles?\b|\binodes?\b/,
  ],
  [
    'disk',
    /\bdisk|\bfilesystem\b|\bfs\b|\bvolume\b|\bstorage\b|\bpvc?\b|\bwal\b|\biops?\b|\bio (util|wait|credits?)|\bburst balance\b/,
  ],

  ['loop', /\bevent ?loop\b|\bloop (utili[sz]ation|lag|delay)\b/],
  [
    'memory',
    /\bmem(ory)?\b|\bheap\b|\brss\b|\bworking set\b|\bold ?gen\b|\bswap\b|\btenured\b|\bmetaspace\b/,
  ],
  ['cpu', /\bcpus?\b|\bload ?(avg|average|1|5|15)\b|\bprocessor\b/],
  [
    'threads',
    /\bthreads?\b|\bgoroutines?\b|\bworkers?\b|\bslots?\b|\bconcurren|\bbusy\b|\bin ?flight\b|\bactive requests\b|\b(requests|jobs|tasks|queries) (running|active|under way)\b|\brunning (requests|jobs|tasks|queries)\b/,
  ],
  ['replicas', /\breplicas?\b|\bpods?\b|\binstances?\b|\bnodes?\b|\btasks running\b/],
  [
    'traffic',
    /\brequests?\b|\b[rqt]p[sm]\b|\bthroughput\b|\btraffic\b|\brate\b|\bhits per\b|\bcalls\b|\bops\b|\blogins?\b|\borders?\b|\bcheckouts?\b|\bmessages\b|\bvisitors\b|\bper (second|sec|min|minute|s)\b|\bingest|\bprocessed\b|\bconsumed\b|\bpublished\b/,
  ],
];

/** Names of our own and of convention, whose parts would mislead. */
const EXACT: Record<string, Role> = {
  event_loop_utilization: 'loop',
  concurrency_utilization: 'threads',
  db_pool_utilization: 'pool',
  db_pool_pending: 'pool',
  burn_rate: 'errors',
};

export function roleOf({ name, unit }: Pick<SignalData, 'name' | 'unit'>): Role {
  const exact = Object.hasOwn(EXACT, name) ? EXACT[name] : undefined;
  if (exact) return exact;
  const words = wordsOf(name);
  const found = NAMES.find(([, pattern]) => pattern.test(words))?.[0];
  if (found) return found;
  return unit === 'seconds' ? 'latency' : unit === '1/s' ? 'traffic' : unit === 'bytes' ? 'memory' : 'other';
}

/** A name taken apart at every joint, in small letters: `heapUsed_bytes` is `heap used bytes`. */
export function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^a-zA-Z0-9]+/g, ' ')
    .toLowerCase()
    .trim();
}

const LEFT = /\b(free|available|avail|idle|remaining|unused|headroom)\b/;
/** Of these something can be left. */
const LIMITED: ReadonlySet<Role> = new Set<Role>([
  'memory',
  'machine',
  'disk',
  'files',
  'threads',
  'pool',
  'cpu',
  'other',
]);

/** It tells what is left of something instead of what is taken. */
export function isScarce(name: string, role: Role): boolean {
  return LIMITED.has(role) && LEFT.test(wordsOf(name));
}

/** What is good when it is high. */
export const GOOD_HIGH: ReadonlySet<Role> = new Set<Role>(['up', 'replicas', 'cache']);

/** From this share of a limit on there is next to no room; only for signals that are told as a ratio of a limit. */
export const FULL: Partial<Record<Role, number>> = {
  memory: 0.85,
  cpu: 0.85,
  loop: 0.9,
  pool: 0.9,
  threads: 0.9,
  files: 0.85,
  disk: 0.88,
  machine: 0.9,
};

/** So many times the usual is clearly more than the day's ups and downs, for signals that no limit tells about. */
export const TIMES: Record<Role, number> = {
  memory: 1.4,
  cpu: 1.6,
  machine: 1.6,
  loop: 2,
  errors: 2.5,
  latency: 1.8,
  traffic: 1.5,
  pool: 1.6,
  threads: 1.8,
  files: 2,
  disk: 1.3,
  queue: 2.5,
  restarts: 2,
  up: 1.05,
  replicas: 1.25,
  cache: 1.25,
  lag: 3,
  clock: 1,
  other: 2.5,
};
