import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hooksOf } from './webhook.ts';

test('one hook, which runs the command with its arguments as they are', () => {
  assert.deepEqual(hooksOf('secret', ['/usr/bin/docker', 'restart', '-t', '1', 'shop-1']), [
    {
      id: 'secret',
      'execute-command': '/usr/bin/docker',
      'pass-arguments-to-command': ['restart', '-t', '1', 'shop-1'].map((name) => ({
        source: 'string',
        name,
      })),
    },
  ]);
});
