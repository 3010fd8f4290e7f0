/** Which test file belongs to which set, and runs where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf } from '../check/folders.test-helper.ts';
import { findTests, turned } from './files.ts';

const FILES = [
  'responder/guard/guard.test.ts',
  'tools/test/files.test.ts',
  'test/loop.test.ts',
  'test/long/parts.test.ts',
  'test/docker/runtime.test.ts',
  'test/docker/images/context.test.ts',
  'test/long/docker/demo.test.ts',
  'test/wait.ts',
  'responder/guard/guard.ts',
  'node_modules/x/y.test.ts',
];

test('what stands beside its source is a unit; a story runs by itself, or on Docker, in the usual set or the long one', (t) => {
  const root = folderOf(t, Object.fromEntries(FILES.map((file) => [file, ''])));
  assert.deepEqual(findTests(root, []), {
    units: [
      'responder/guard/guard.test.ts',
      'test/docker/images/context.test.ts',
      'tools/test/files.test.ts',
    ],
    stories: ['test/loop.test.ts'],
    docker: ['test/docker/runtime.test.ts'],
  });
  assert.deepEqual(findTests(root, [], 'long'), {
    units: [],
    stories: ['test/long/parts.test.ts'],
    docker: ['test/long/docker/demo.test.ts'],
  });
});

test('a filter is part of a path, and one of several is enough', (t) => {
  const root = folderOf(t, Object.fromEntries(FILES.map((file) => [file, ''])));
  assert.deepEqual(findTests(root, ['docker', 'guard']), {
    units: ['responder/guard/guard.test.ts', 'test/docker/images/context.test.ts'],
    stories: [],
    docker: ['test/docker/runtime.test.ts'],
  });
});

test('each day begins with another file, and none is lost', () => {
  const files = ['a', 'b', 'c', 'd', 'e'];
  assert.deepEqual(turned(files, 0), files);
  assert.deepEqual(turned(files, 1), ['c', 'd', 'e', 'a', 'b']);
  assert.equal(new Set(files.map((_, day) => turned(files, day)[0])).size, files.length);
  assert.deepEqual(turned([], 3), []);
});
