/** Which programs run in an image that holds nothing else. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderOf } from '../../../tools/check/folders.test-helper.ts';
import { isStatic } from './elf.ts';

const [PT_LOAD, PT_INTERP] = [1, 3];

/** A header, and after it a table of segments of these types. */
function elf(...segments: number[]): Buffer {
  const header = Buffer.alloc(64 + segments.length * 56);
  header.write('\x7fELF\x02\x01', 'latin1');
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(segments.length, 56);
  segments.forEach((type, index) => void header.writeUInt32LE(type, 64 + index * 56));
  return header;
}

test('a program that names no loader is static', (t) => {
  const dir = folderOf(t, { script: '#!/bin/sh\n', short: 'x' });
  const write = (name: string, contents: Buffer) => {
    writeFileSync(join(dir, name), contents);
    return join(dir, name);
  };
  assert.equal(isStatic(write('static', elf(PT_LOAD, PT_LOAD))), true);
  assert.equal(isStatic(write('dynamic', elf(PT_LOAD, PT_INTERP))), false);
  for (const name of ['script', 'short']) assert.throws(() => isStatic(join(dir, name)), /no 64-bit ELF/);
});

test('Node needs a loader', { skip: process.platform !== 'linux' }, () => {
  assert.equal(isStatic(process.execPath), false);
});
