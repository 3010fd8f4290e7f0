/** The release archive, fetched from a real server on this machine that does what servers do wrong. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checksumOf, makeArchiveSource, releaseOf } from './archive.ts';
import { ask } from './examine.ts';
import { platformOf } from './platform.ts';
import { PLATFORM, PRODUCT, tempDir, writePrograms } from './products.test-helper.ts';
import { PRODUCTS } from './products.ts';

const LIMITS = { connectMs: 5_000, stallMs: 300 };
const ARCHIVE = '/3.5.3/prometheus-3.5.3.linux-amd64.tar.gz';
const CHECKSUMS = '/3.5.3/sha256sums.txt';

/** The bytes of an archive as the project publishes it. */
function archive(t: TestContext): Buffer {
  const dir = tempDir(t);
  writePrograms(join(dir, 'prometheus-3.5.3.linux-amd64'), '3.5.3');
  const packed = spawnSync('tar', ['-czf', 'a.tar.gz', 'prometheus-3.5.3.linux-amd64'], { cwd: dir });
  assert.equal(packed.status, 0, String(packed.stderr));
  return readFileSync(join(dir, 'a.tar.gz'));
}

const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const listOf = (bytes: Buffer) => `${sumOf(bytes)}  prometheus-3.5.3.linux-amd64.tar.gz\n`;

type Answer = Buffer | string | RequestListener;

/** A server with these pages (404 for others), and how to fetch the product from it into an empty folder. */
async function serve(t: TestContext, pages: Record<string, Answer>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const page = pages[request.url ?? ''];
    if (typeof page === 'function') page(request, response);
    else response.writeHead(page === undefined ? 404 : 200).end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const product = { ...PRODUCT, release: { ...PRODUCT.release, base: `${origin}/{version}/` } };
  const home = tempDir(t);
  const into = join(home, 'prometheus-x');
  mkdirSync(into);
  const source = makeArchiveSource({ platform: PLATFORM, limits: LIMITS });
  const fetch = () => source.fetch(product, into, () => undefined);
  return { asked, fetch, into, home, source, product };
}

/** Nothing was unpacked, and nothing half-done lies about. */
function assertNothing({ home, into }: { home: string; into: string }): void {
  assert.deepEqual(readdirSync(into), []);
  assert.deepEqual(readdirSync(home), ['prometheus-x']);
}

test('a release with the right checksum is unpacked, and its programs run', async (t) => {
  const bytes = archive(t);
  const server = await serve(t, { [ARCHIVE]: bytes, [CHECKSUMS]: listOf(bytes) });
  await server.fetch();
  assert.deepEqual(readdirSync(server.into).sort(), ['prometheus', 'promtool']);
  assert.equal((await ask(join(server.into, 'promtool'), PRODUCT)).version, '3.5.3');
  assert.deepEqual(readdirSync(server.home), ['prometheus-x'], 'the archive itself is gone');
});

test('an archive that is not what its release says is not unpacked', async (t) => {
  const bytes = archive(t);
  const other = Buffer.concat([bytes, Buffer.from('x')]);
  const server = await serve(t, { [ARCHIVE]: bytes, [CHECKSUMS]: listOf(other) });
  await assert.rejects(server.fetch(), {
    message: new RegExp(`SHA-256 is ${sumOf(bytes)}, its release says ${sumOf(other)}`),
  });
  assertNothing(server);
});

test('a release whose checksums do not name the archive is not fetched', async (t) => {
  const bytes = archive(t);
  const list = listOf(bytes).replace('amd64', 'arm64');
  const server = await serve(t, { [ARCHIVE]: bytes, [CHECKSUMS]: list });
  await assert.rejects(server.fetch(), /names no SHA-256 for prometheus-3.5.3.linux-amd64/);
  assert.ok(!server.asked.includes(`GET ${ARCHIVE}`));
  assertNothing(server);
});

test('a body that is cut off is an error, also where its length was not told', async (t) => {
  const bytes = archive(t);
  for (const headers of [{ 'content-length': bytes.length }, {}]) {
    const server = await serve(t, {
      [CHECKSUMS]: listOf(bytes),
      [ARCHIVE]: (_, response) => {
        response.writeHead(200, headers).write(bytes.subarray(0, 100));
        setTimeout(() => response.destroy(), 20);
      },
    });
    await assert.rejects(server.fetch(), (error: Error) => error.message.includes(ARCHIVE));
    assertNothing(server);
  }
});

test('a body that stands still is given up', async (t) => {
  const bytes = archive(t);
  const server = await serve(t, {
    [CHECKSUMS]: listOf(bytes),
    [ARCHIVE]: (_, response) =>
      void response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100)),
  });
  await assert.rejects(server.fetch(), /stood still for 0.3 s/);
  assertNothing(server);
});

test('404 is told with its address', async (t) => {
  const bytes = archive(t);
  const noChecksums = await serve(t, {});
  await assert.rejects(noChecksums.fetch(), /sha256sums.txt: answered 404/);
  const noArchive = await serve(t, { [CHECKSUMS]: listOf(bytes) });
  await assert.rejects(noArchive.fetch(), /linux-amd64.tar.gz: answered 404/);
  assertNothing(noArchive);
});

test('an archive without the program is refused', async (t) => {
  const bytes = archive(t);
  const server = await serve(t, { [ARCHIVE]: bytes, [CHECKSUMS]: listOf(bytes) });
  const more = { ...server.product, programs: ['prometheus' as const, 'amtool' as const] };
  await assert.rejects(
    server.source.fetch(more, server.into, () => undefined),
    /tar .*amtool/,
  );
});

test('a host that cannot be reached is knocked at once, whatever is wanted from it', async (t) => {
  const server = await serve(t, {});
  const nowhere = { ...PRODUCT, release: { ...PRODUCT.release, base: 'http://127.0.0.1:1/' } };
  for (const product of [nowhere, { ...nowhere, title: 'another' }])
    await assert.rejects(
      server.source.fetch(product, server.into, assert.fail),
      /127.0.0.1:1 is not reachable/,
    );
  await assert.rejects(server.fetch(), /404/);
  await assert.rejects(server.fetch(), /404/);
  assert.equal(server.asked.filter((line) => line.startsWith('HEAD')).length, 1);
});

test('a checksum is found in a list as sha256sum writes it', () => {
  const [a, b] = ['a'.repeat(64), 'B'.repeat(64)];
  const list = `${a}  one.tar.gz\n${b} *two.tar.gz\nnot a line\n`;
  assert.equal(checksumOf('one.tar.gz', list, 'the list'), a);
  assert.equal(checksumOf('two.tar.gz', list, 'the list'), 'b'.repeat(64));
  assert.throws(() => checksumOf('tar.gz', list, 'the list'), /the list names no SHA-256 for tar.gz/);
});

test('each platform has its own archive, named as the projects publish them', () => {
  const named = (os: string, arch: string) =>
    PRODUCTS.map((product) => releaseOf(product, platformOf(os, arch)).archive);
  for (const [os, arch, words] of [
    ['linux', 'x64', ['linux', 'amd64']],
    ['linux', 'arm64', ['linux', 'arm64']],
    ['darwin', 'x64', ['darwin', 'amd64']],
    ['darwin', 'arm64', ['darwin', 'arm64']],
  ] as const)
    assert.deepEqual(named(os, arch), [
      `prometheus-3.5.3.${words.join('-')}.tar.gz`,
      `alertmanager-0.33.1.${words.join('-')}.tar.gz`,
      `otelcol_0.155.0_${words.join('_')}.tar.gz`,
    ]);
  assert.throws(() => platformOf('win32', 'x64'), /win32-x64 is not supported/);
});
