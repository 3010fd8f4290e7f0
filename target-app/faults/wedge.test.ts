import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const HELPER = fileURLToPath(new URL('./wedge.test-helper.ts', import.meta.url));

test('answers the trigger, says its breach, then nothing any more; only SIGKILL ends it', async (t) => {
  const child = spawn(process.execPath, [HELPER], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const port = await until(() => /^port (\d+)$/m.exec(output)?.[1]);
  const base = `http://127.0.0.1:${port}`;

  const response = await fetch(`${base}/trigger_wedge`, { method: 'POST' });
  assert.equal(response.status, 202);
  assert.equal(((await response.json()) as { fault: string }).fault, 'wedge');
  const breach = await until(() => output.split('\n').find((line) => line.includes('"fault.breach"')));
  assert.equal(JSON.parse(breach).fault, 'wedge');
  await assert.rejects(fetch(`${base}/trigger_reset`, { signal: AbortSignal.timeout(300) }), /timeout/);
  child.kill('SIGTERM');
  await sleep(200);
  assert.equal(child.exitCode, null);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  assert.equal(output.match(/fault\.breach/g)?.length, 1);
});

async function until<T>(look: () => T | undefined): Promise<T> {
  for (let waited = 0; waited < 10_000; waited += 10) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(10);
  }
  return assert.fail('not seen within 10 s');
}
