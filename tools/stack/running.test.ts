import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { forgetRunning, notedRunning, noteRunning } from './running.ts';

test('a stack says where it is until it is swept; a broken note is none', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'aegis-running-'));
  assert.deepEqual(await notedRunning(cache), []);
  await noteRunning('/tmp/aegisops-a', cache);
  await noteRunning('/tmp/aegisops-b', cache);
  await writeFile(join(cache, 'running', 'c.json'), '{');
  assert.deepEqual((await notedRunning(cache)).sort(), ['/tmp/aegisops-a', '/tmp/aegisops-b']);
  await forgetRunning('/tmp/aegisops-a', cache);
  await forgetRunning('/tmp/aegisops-a', cache);
  assert.deepEqual(await notedRunning(cache), ['/tmp/aegisops-b']);
  await rm(cache, { recursive: true });
});
