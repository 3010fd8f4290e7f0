import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run, runOk } from './command.ts';

test('output and exit status are handed back, lines as they come', async () => {
  const lines: string[] = [];
  const script = 'echo one; echo two >&2; exit 3';
  const finished = await run('sh', ['-c', script], { onLine: (line) => lines.push(line) });
  assert.equal(finished.code, 3);
  assert.deepEqual(lines.sort(), ['one', 'two']);
  await assert.rejects(runOk('sh', ['-c', script]), /sh -c ended with 3: .*two/);
});

test('a command that is not there says so', async () => {
  await assert.rejects(run('/no/such/program', []), /no\/such\/program could not be started/);
});

test('one that takes too long is ended, with its children', { timeout: 60_000 }, async () => {
  // The child holds the output open: as long as it lives, `run` waits.
  const slow = run('sh', ['-c', 'sleep 600 & wait'], { timeoutMs: 200 });
  await assert.rejects(slow, /sh was stopped by SIGKILL after 200 ms/);
});
