import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf } from './folders.test-helper.ts';
import { sizeProblems } from './size.ts';

test('a file over the limit is named with its length, one at the limit is not', (t) => {
  const root = folderOf(t, {
    'tools/at-the-limit.ts': 'a\nb\nc\n',
    'tools/deep/long.mjs': 'a\nb\nc\nd\n',
    'node_modules/package/long.ts': 'a\nb\nc\nd\n',
    'responder/long.sql': 'a\nb\nc\nd\n',
  });
  assert.deepEqual(sizeProblems(root, 3), ['tools/deep/long.mjs has 4 lines; 3 is the most: divide it']);
});
