import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { cachedFolders, keep, makeScratch } from './cache.ts';
import { PLATFORM, PRODUCT, tempDir } from './products.test-helper.ts';

test('the newest version of this product and platform comes first; nothing else is looked at', (t) => {
  const cache = tempDir(t);
  const names = [
    'prometheus-3.5.3-linux-x64',
    'prometheus-3.10.0-linux-x64',
    'prometheus-3.9.0-linux-arm64',
    'prometheus-node-1.0.0-linux-x64',
    'alertmanager-0.33.1-linux-x64',
    'prometheus.lock',
  ];
  for (const name of names) mkdirSync(join(cache, name));
  const found = cachedFolders(cache, PRODUCT, PLATFORM).map((folder) => basename(folder));
  assert.deepEqual(found, ['prometheus-3.10.0-linux-x64', 'prometheus-3.5.3-linux-x64']);
  assert.deepEqual(cachedFolders(join(cache, 'not-there'), PRODUCT, PLATFORM), []);
});

test('a finished folder takes the place of one of the same name, whole', (t) => {
  const cache = tempDir(t);
  const put = (file: string) => {
    const folder = join(cache, `scratch-${file}`);
    mkdirSync(folder);
    writeFileSync(join(folder, file), file);
    return keep(cache, folder, PRODUCT, '3.5.3', PLATFORM);
  };
  put('old');
  const home = put('new');
  assert.equal(home, join(cache, 'prometheus-3.5.3-linux-x64'));
  assert.deepEqual(readdirSync(home), ['new']);
  assert.equal(readFileSync(join(home, 'new'), 'utf8'), 'new');
  assert.deepEqual(readdirSync(cache), ['prometheus-3.5.3-linux-x64']);
});

test('scratch of dead processes is swept, of living ones kept', (t) => {
  const cache = tempDir(t);
  const { pid: dead } = spawnSync('true');
  mkdirSync(join(cache, `scratch-${dead}-abc`));
  mkdirSync(join(cache, `scratch-${process.ppid}-abc`));
  const scratch = makeScratch(cache);
  assert.deepEqual(readdirSync(cache).sort(), [`scratch-${process.ppid}-abc`, basename(scratch.dir)].sort());
  scratch.remove();
  assert.equal(existsSync(scratch.dir), false);
});
