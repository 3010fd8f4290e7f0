import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProcessRuntime, type ProcessRuntime } from './process.ts';
import { parsePs, parseStat, processInfo } from './process-table.ts';

let dir: string;
let runtime: ProcessRuntime;
const signal = new AbortController().signal;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aegis-process-'));
  runtime = makeProcessRuntime({ dir, graceMs: 300 });
  await unit(`echo started; sleep 60`);
});
afterEach(async () => {
  await runtime.stop(await runtime.inspect('a'));
  await rm(dir, { recursive: true });
});
async function unit(script: string) {
  const body = {
    command: ['/bin/sh', '-c', script],
    cwd: dir,
    env: { PATH: process.env.PATH },
    output: join(dir, 'out.log'),
  };
  await writeFile(join(dir, 'a.unit.json'), JSON.stringify(body));
}
/** How often it said that it started, once it said so `atLeast` times (else after 5 s), and a moment for more. */
async function starts(atLeast: number): Promise<number> {
  const said = async () => (await readFile(join(dir, 'out.log'), 'utf8')).split('started').length - 1;
  for (let waited = 0; (await said()) < atLeast && waited < 5_000; waited += 20) await sleep(20);
  await sleep(50);
  return said();
}

test('an instance that never ran is unknown, not exited', async () => {
  assert.equal((await runtime.inspect('a')).state, 'unknown');
});

test('restart ends the old process and starts another with a new identity', async () => {
  const first = await runtime.start('a', 'one');
  await starts(1); // or it would be ended before it said so
  const second = await runtime.restart('a', first, 'two', signal);
  assert.equal(second.state, 'running');
  assert.notEqual(second.identity, first.identity);
  assert.equal(await processInfo(first.pid ?? 0), null);
  assert.equal(await starts(2), 2);
});

test('the same start id starts one process, however often it is asked', async () => {
  const first = await runtime.start('a', 'one');
  await starts(1);
  const [b, c] = await Promise.all([
    runtime.restart('a', first, 'two', signal),
    runtime.restart('a', first, 'two', signal),
  ]);
  const again = await runtime.restart('a', first, 'two', signal);
  assert.equal(b.identity, c.identity);
  assert.equal(again.identity, b.identity);
  assert.equal(await starts(2), 2);
});

test('a process with another identity than the one meant is left alone', async () => {
  const running = await runtime.start('a', 'one');
  await runtime.stop({ ...running, identity: `${running.pid}:1` });
  assert.equal((await runtime.inspect('a')).state, 'running');
});

test('a process that ignores SIGTERM gets SIGKILL after the grace time', async () => {
  await unit(`trap '' TERM; echo started; while :; do sleep 0.05; done`);
  const first = await runtime.start('a', 'one');
  await sleep(100);
  await runtime.stop(first);
  assert.equal((await runtime.inspect('a')).state, 'exited');
});

test('what cannot be started again is not stopped', async () => {
  const running = await runtime.start('a', 'one');
  await writeFile(join(dir, 'a.unit.json'), '{"command": []}');
  await assert.rejects(runtime.restart('a', running, 'two', signal), /unit file .*a\.unit\.json/);
  assert.equal((await runtime.inspect('a')).state, 'running');
});

test('an instance name cannot leave the folder', async () => {
  await assert.rejects(runtime.inspect('../etc/passwd'), /no instance name/);
});

test('tail gives the last characters of the output', async () => {
  await runtime.start('a', 'one');
  await starts(1);
  assert.equal(await runtime.tail('a', 4), 'ted\n');
});

test('a command with spaces and parentheses in its name does not shift the fields of stat', () => {
  const stat = `42 (a b) c) S 1 ${'0 '.repeat(9)}150 25 ${'0 '.repeat(6)}777 0 0`;
  const startedAt = new Date(107_770).toISOString();
  assert.deepEqual(parseStat(stat, 100), { start: '777', startedAt, cpuSeconds: 1.75 });
  assert.equal(parseStat(stat.replace(') S', ') Z'), 100), null);
});

test('ps tells CPU time with and without hours and days', () => {
  const of = (time: string) => parsePs(`S+   ${time} Wed Nov  5 00:32:27 2025\n`)?.cpuSeconds;
  assert.deepEqual([of('0:01.25'), of('01:02:03'), of('2-00:00:01')], [1.25, 3_723, 172_801]);
  assert.equal(parsePs('Ss 0:00 Wed Nov  5 00:32:27 2025')?.start, 'Wed_Nov_5_00:32:27_2025');
  assert.equal(parsePs('Z 0:00 Wed Nov  5 00:32:27 2025'), null);
});

test('the CPU time that a process used is told while it runs', async () => {
  await unit('echo started; while :; do :; done');
  await runtime.start('a', 'one');
  await starts(1);
  await sleep(100);
  const { cpuSeconds } = await runtime.inspect('a');
  assert.ok(cpuSeconds !== null && cpuSeconds > 0 && cpuSeconds < 10, `${cpuSeconds} s`);
  await runtime.stop(await runtime.inspect('a'));
  assert.equal((await runtime.inspect('a')).cpuSeconds, null);
});

test('a unit names the instance and its ports by placeholders', async () => {
  await runtime.define('a', {
    command: ['/bin/sh', '-c', 'echo started "$NAME" {ports.http}; sleep 60'],
    cwd: dir,
    env: { NAME: '{instance}', BRACES: '{"json": true}' },
    output: join(dir, '{instance}.log'),
    version: '1.0.0',
    ports: { http: 8_000 },
  });
  const state = await runtime.start('a', 'one');
  assert.equal(state.version, '1.0.0');
  for (let waited = 0; (await runtime.tail('a', 100)) === '' && waited < 5_000; waited += 20) await sleep(20);
  assert.equal(await readFile(join(dir, 'a.log'), 'utf8'), 'started a 8000\n');
});

test('a placeholder for a port that the unit does not have stops nothing', async () => {
  const running = await runtime.start('a', 'one');
  await unit('echo {ports.http}');
  await assert.rejects(
    runtime.restart('a', running, 'two', signal),
    /names \{ports\.http\}; its ports: none/,
  );
  assert.equal((await runtime.inspect('a')).state, 'running');
});

test('the version told is that of the process, not of a unit file written since', async () => {
  await runtime.start('a', 'one');
  await unit('sleep 60');
  assert.equal((await runtime.inspect('a')).version, null);
  const body = JSON.parse(await readFile(join(dir, 'a.unit.json'), 'utf8'));
  await runtime.define('a', { ...body, version: '2.0.0' });
  assert.equal((await runtime.inspect('a')).version, null);
});
