import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeProcessRuntime } from '../../responder/clients/runtimes/process.ts';
import { gone } from '../test/gone.test-helper.ts';
import { isRunning, sweep } from './sweep.ts';

test('an instance that was scaled up is swept with the rest', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'aegis-sweep-'));
  const inventory = join(dir, 'inventory');
  await mkdir(inventory);
  const runtime = makeProcessRuntime({ dir: inventory });
  await runtime.define('app-1', {
    command: ['/bin/sh', '-c', 'exec sleep 60'],
    cwd: dir,
    env: { PATH: process.env.PATH ?? '' },
    output: join(dir, '{instance}.log'),
    ports: { http: 47_500 },
  });
  const group = { targets: ['127.0.0.1:47500'], labels: { service: 'app', instance: 'app-1' } };
  await writeFile(join(inventory, 'inventory.json'), JSON.stringify([group]));
  assert.equal(await isRunning(dir), false);
  const added = await runtime.scaleUp('app-1', 'app-2', 'up', new AbortController().signal);
  assert.equal(await isRunning(dir), true);
  await sweep(dir);
  assert.ok(await gone(added.pid ?? 0));
  assert.ok(!existsSync(dir));
});
