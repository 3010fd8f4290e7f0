import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEXICON, type Sign, signsIn } from './lexicon.ts';

/** Lines as programs write them, and what each has to be heard as; others may be heard as well. */
const LINES: [Sign, string][] = [
  ['out-of-memory', 'java.lang.OutOfMemoryError: Java heap space'],
  ['out-of-memory', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'],
  ['out-of-memory', 'Memory cgroup out of memory: Killed process 4821 (python3)'],
  ['memory-pressure', 'GC pause 4120ms, heap usage 97% after full GC'],
  ['stuck', 'Found one Java-level deadlock:'],
  ['stuck', 'fatal error: all goroutines are asleep - deadlock!'],
  ['stuck', 'watchdog: main loop has not advanced for 360 s'],
  ['stuck', 'tick 5512 still holds the run lock after 720 s; skipping tick 5513'],
  ['stuck', 'leader election lost, waiting for caches'],
  ['slow-dependency', 'rates.vendor.example answered in 4870ms'],
  ['slow-dependency', 'payments responded after 12.5 s'],
  ['node', 'NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.'],
  ['pool-empty', 'HikariPool-1 - Connection is not available, request timed out after 30000ms.'],
  ['pool-empty', 'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached'],
  ['pool-empty', 'timeout exceeded when trying to connect: acquire connection from pool'],
  ['files-used-up', 'accept4() failed (24: Too many open files)'],
  ['threads-used-up', 'java.lang.OutOfMemoryError: unable to create new native thread'],
  ['overload', 'request queue full, shedding load'],
  ['code', "TypeError: Cannot read properties of undefined (reading 'total')"],
  ['code', 'panic: runtime error: invalid memory address or nil pointer dereference'],
  ['schema', 'ERROR: column "discount_v2" does not exist'],
  ['config', 'Error: environment variable STRIPE_KEY is not set'],
  ['config', 'nginx: [emerg] unknown directive "proxy_cach" in /etc/nginx/nginx.conf:14'],
  ['crash', 'Back-off restarting failed container api in pod api-6d5'],
  ['lock', 'ERROR 1205 (HY000): Lock wait timeout exceeded; try restarting transaction'],
  ['database-limit', 'FATAL: sorry, too many clients already'],
  ['credentials', 'FATAL: password authentication failed for user "billing"'],
  ['rate-limit', '429 Too Many Requests: rate limit reached for gpt-4o'],
  ['certificate', 'x509: certificate has expired or is not yet valid'],
  ['quota', 'You exceeded your current quota, please check your plan and billing details'],
  ['disk', 'write /var/lib/data/seg: no space left on device'],
  ['dns', 'getaddrinfo ENOTFOUND orders.internal'],
  ['dns', 'dial tcp: lookup payments on 10.0.0.10:53: server misbehaving'],
  ['network', 'read tcp 10.1.2.3:443: connection reset by peer'],
  ['unreachable', 'connect ECONNREFUSED 10.2.0.7:6379'],
  ['slow-dependency', 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'],
  ['dependency-error', 'upstream inventory returned 503'],
  ['scheduling', '0/6 nodes are available: 6 Insufficient memory.'],
  ['image', 'Failed to pull image "shop:2.1": manifest unknown'],
  ['node', 'Node ip-10-0-1-7 status is now: NodeNotReady'],
  ['clock', 'clock skew detected: local time is 312s ahead'],
  ['replication', 'replication lag is 412 s, standby behind primary'],
  ['recovery', 'connection to redis re-established'],
];

for (const [sign, line] of LINES)
  test(`${sign}: ${line.slice(0, 60)}`, () => assert.ok(signsIn(line).includes(sign), String(signsIn(line))));

/** What a healthy service says all day. */
const CALM = [
  'GET /api/products 200 12ms',
  'user 4711 logged in',
  'scheduled job cleanup finished in 812 ms',
  'listening on 0.0.0.0:8080',
  'order 99812 created, total 42.10 EUR',
  'loaded configuration from /etc/app/config.yaml',
  'connected to postgres at db:5432',
  'checkpoint complete: wrote 412 buffers',
  'flushed 1200 events to the sink',
];
for (const line of CALM) test(`nothing is wrong: ${line}`, () => assert.deepEqual(signsIn(line), []));

test('a line of any length is read in time that grows with nothing but its beginning', () => {
  const nasty = `connection ${'could not obtain '.repeat(60_000)}`;
  const began = performance.now();
  for (const [, pattern] of LEXICON) assert.equal(pattern.global, false);
  signsIn(nasty);
  assert.ok(performance.now() - began < 1_000);
});
