import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheDir, onPath, readJson, writeWhole } from './files.ts';
import { tempDir, writeProgram } from './products.test-helper.ts';

test('the cache is where AEGIS_CACHE_DIR says, else XDG_CACHE_HOME, else in the home folder', () => {
  assert.equal(cacheDir({ AEGIS_CACHE_DIR: '/a', XDG_CACHE_HOME: '/x' }), '/a');
  assert.equal(cacheDir({ AEGIS_CACHE_DIR: '', XDG_CACHE_HOME: '/x' }), '/x/aegisops');
  assert.equal(cacheDir({}), join(homedir(), '.cache/aegisops'));
});

test('programs on PATH come in its order; folders and files that do not run are none', (t) => {
  const dir = tempDir(t);
  const [one, two] = ['one', 'two'].map((name) => writeProgram(join(dir, name, 'tool'), 'true'));
  mkdirSync(join(dir, 'folder/tool'), { recursive: true });
  mkdirSync(join(dir, 'text'));
  writeFileSync(join(dir, 'text/tool'), '');
  chmodSync(join(dir, 'text/tool'), 0o644);
  const path = ['two', 'folder', 'text', 'missing', 'one'].map((name) => join(dir, name)).join(':');
  assert.deepEqual(onPath('tool', `:${path}:`), [two, one]);
  assert.deepEqual(onPath('other', path), []);
});

test('a file is written whole, and read back; a broken or missing one reads as nothing', (t) => {
  const dir = tempDir(t);
  const file = join(dir, 'sub/known.json');
  writeWhole(file, '{"a":1}');
  assert.deepEqual(readJson(file), { a: 1 });
  assert.deepEqual(readdirSync(join(dir, 'sub')), ['known.json']);
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 4));
  assert.equal(readJson(file), undefined);
  assert.equal(readJson(join(dir, 'missing.json')), undefined);
});
