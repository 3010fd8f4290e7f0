/** Build contexts: what counts for an image's hash, and what is written. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderOf } from '../../../tools/check/folders.test-helper.ts';
import { type Contents, hashOf, layOut } from './context.ts';

test('the hash tells contents, names and modes, and not where they lie or what links there are', (t) => {
  const contents = (dir: string, over: Partial<Contents> = {}): Contents => ({
    dockerfile: 'FROM scratch',
    context: {
      program: { path: join(dir, 'a/program') },
      all: { path: join(dir, 'a') },
      note: { text: 'x' },
    },
    ...over,
  });
  const [one, two] = ['', ''].map(() => folderOf(t, { 'a/program': 'run', 'a/data/file': 'text' }));
  assert.ok(one !== undefined && two !== undefined);
  const hash = hashOf(contents(one));
  symlinkSync('file', join(two, 'a/data/link'));
  assert.equal(hashOf(contents(two)), hash);

  const note = { text: 'x', executable: true };
  const others = [
    contents(one, { dockerfile: 'FROM base' }),
    contents(one, { context: { ...contents(one).context, note: { text: 'y' } } }),
    contents(one, { context: { ...contents(one).context, note } }),
  ];
  const hashes = others.map(hashOf);
  const changes = [
    () => chmodSync(join(two, 'a/program'), 0o755),
    () => writeFileSync(join(two, 'a/data/file'), 'texts'),
    () => writeFileSync(join(two, 'a/data/another'), ''),
  ];
  for (const change of changes) {
    change();
    hashes.push(hashOf(contents(two)));
  }
  assert.equal(new Set([hash, ...hashes]).size, 1 + others.length + changes.length);
});

test('files, folders, texts and archives are written; links are not', async (t) => {
  const dir = folderOf(t, { 'from/bin/program': 'run', 'from/lib/a.so.1': 'lib', 'pack/package/x.js': 'js' });
  chmodSync(join(dir, 'from/bin/program'), 0o755);
  symlinkSync('a.so.1', join(dir, 'from/lib/a.so'));
  execFileSync('tar', ['-czf', join(dir, 'pack.tgz'), '-C', join(dir, 'pack'), 'package']);
  const into = join(dir, 'into');
  mkdirSync(into);
  await layOut(into, {
    dockerfile: 'FROM scratch',
    context: {
      server: { path: join(dir, 'from') },
      'usr/bin/one': { path: join(dir, 'from/bin/program') },
      'etc/start.sh': { text: 'go', executable: true },
      npm: { archive: join(dir, 'pack.tgz') },
    },
  });
  const written = (path: string) => readFileSync(join(into, path), 'utf8');
  assert.deepEqual(
    ['Dockerfile', 'server/lib/a.so.1', 'usr/bin/one', 'etc/start.sh', 'npm/x.js'].map(written),
    ['FROM scratch', 'lib', 'run', 'go', 'js'],
  );
  assert.ok(!existsSync(join(into, 'server/lib/a.so')));
  for (const path of ['server/bin/program', 'usr/bin/one', 'etc/start.sh'])
    assert.equal(statSync(join(into, path)).mode & 0o111, 0o111, path);
});
