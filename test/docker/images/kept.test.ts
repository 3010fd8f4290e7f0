/** What takes long to get is got once, and appears whole. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderOf } from '../../../tools/check/folders.test-helper.ts';
import { makeKept } from './kept.ts';

test('made once; what fails half-way is not there', async (t) => {
  const root = folderOf(t, { 'scratch/x': '' });
  const [dir, scratch] = [join(root, 'cache/kept'), join(root, 'scratch')];
  const kept = makeKept({ dir, scratch });
  let made = 0;
  const make = async (path: string, room: string) => {
    made += 1;
    mkdirSync(join(room, 'aside'));
    writeFileSync(path, 'whole');
    if (made === 1) throw new Error('the network went away');
  };
  await assert.rejects(kept.file('base.tar', make), /went away/);
  assert.ok(!existsSync(join(dir, 'base.tar')));
  const path = await kept.file('base.tar', make);
  assert.equal(readFileSync(path, 'utf8'), 'whole');
  assert.equal(await kept.file('base.tar', make), path);
  assert.equal(made, 2);
  assert.deepEqual(readdirSync(dir), ['base.tar']);
});
