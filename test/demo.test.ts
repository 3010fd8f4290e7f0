/** `npm run demo` as a user types it: the report, the exit status, and that nothing is left behind however it ends. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../tools/demo/wait.ts';
import { assertSwept, foldersIn, NPM, processesOf, start, testFault, USUAL_FAULTS } from './demo.ts';

for (const fault of USUAL_FAULTS) testFault(fault);

const MOMENTS: [moment: string, seen: RegExp, signal: NodeJS.Signals, status: number][] = [
  ['while the parts start', /^starting/m, 'SIGINT', 130],
  ['in the middle of the incident', / diagnose /, 'SIGTERM', 143],
];
for (const [moment, seen, signal, status] of MOMENTS)
  test(`${signal} ${moment} stops everything that it started`, async () => {
    const demo = start('node', ['tools/bootstrap.mjs', 'tools/demo/demo.ts', '--once']);
    await until(moment, 90_000, async () =>
      seen.test(demo.stdout()) && foldersIn(demo.tmp)[0] ? true : null,
    );
    demo.child.kill(signal);
    assert.equal(await demo.status, status, demo.stderr());
    await assertSwept(demo);
  });

test('kill -9 of the demo itself leaves nothing either: the sweeper hears of it', async () => {
  const demo = start('node', ['tools/bootstrap.mjs', 'tools/demo/demo.ts', '--once']);
  await until('traffic', 90_000, async () => (/^traffic/m.test(demo.stdout()) ? true : null));
  const programs = processesOf(demo.tmp).filter(({ command }) => command.includes('tools/demo/demo.ts'));
  for (const { pid } of programs) process.kill(pid, 'SIGKILL');
  await demo.status;
  await assertSwept(demo);
});

const TTY = { skip: spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1) here' };
test('on a terminal everything stays up after the report, until Ctrl-C', TTY, async () => {
  const demo = start('script', ['-qec', 'node tools/bootstrap.mjs tools/demo/demo.ts', '/dev/null'], 'pipe');
  await until('the report', 90_000, async () => (/Everything stays up/.test(demo.stdout()) ? true : null));
  const page = /http:\S+\/incidents\/\S+/.exec(demo.stdout())?.[0] as string;
  await sleep(2_000);
  assert.equal((await fetch(page)).status, 200, 'and still answers a while later');
  demo.child.stdin?.write('\x03');
  assert.equal(await demo.status, 130, demo.stdout());
  await assertSwept(demo);
});

test('wrong options end with 2 and one line that names them', async () => {
  for (const [args, words] of [
    [['--fault', 'gremlins'], /gremlins.*memory, cpu, kill/],
    [['--loud'], /--loud/],
  ] as const) {
    const demo = start('npm', [...NPM, ...args]);
    assert.equal(await demo.status, 2);
    assert.match(demo.stderr(), words);
    assert.equal(demo.stderr().trim().split('\n').length, 1);
    await assertSwept(demo);
  }
});
