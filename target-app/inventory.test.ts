import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeInventory, urlsOf } from './inventory.ts';

const group = (service: string, url?: string) => ({
  targets: ['127.0.0.1:9464'],
  labels: { service, instance: `${service}-1`, ...(url !== undefined && { 'aegis.url': url }) },
});

test('addresses of one service, without a trailing slash, those without an address left out', () => {
  const text = JSON.stringify([group('shop', 'http://a:1/'), group('other', 'http://b:2'), group('shop')]);
  assert.deepEqual(urlsOf(text, 'shop'), ['http://a:1']);
});

test('a file of another form is named with its place', () => {
  assert.throws(() => urlsOf('[{"labels": 5}]', 'shop'), /0\.labels/);
});

test('nobody has written it yet: no problem; a broken or lost file keeps the last good list and is told once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'inventory-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'inventory.json');
  const problems: string[] = [];
  const urls = makeInventory({ file, service: 'shop', onProblem: (words) => problems.push(words) });
  assert.deepEqual(await urls(), []);
  assert.deepEqual(problems, []);
  await writeFile(file, JSON.stringify([group('shop', 'http://a:1')]));
  assert.deepEqual(await urls(), ['http://a:1']);
  await writeFile(file, '[{"half":');
  assert.deepEqual(await urls(), ['http://a:1']);
  await urls();
  assert.equal(problems.length, 1);
  await rm(file);
  assert.deepEqual(await urls(), ['http://a:1']);
  await urls();
  assert.match(problems[1] ?? '', /ENOENT/);
  assert.equal(problems.length, 2);
  await writeFile(file, JSON.stringify([group('shop', 'http://a:1'), group('shop', 'http://c:3')]));
  assert.deepEqual(await urls(), ['http://a:1', 'http://c:3']);
});
