/** `npm run demo` as a user types it: the report, the exit status, and that nothing is left behind however it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAULTS, type FaultName, planOf } from '../tools/demo/faults.ts';
import { until } from '../tools/demo/wait.ts';

const NPM = ['run', '--silent', 'demo', '--'];

for (const fault of Object.keys(FAULTS) as FaultName[])
  test(`--once --json --fault ${fault}: the last line of stdout is the report, the status 0`, async () => {
    const demo = start('npm', [...NPM, '--once', '--json', '--fault', fault]);
    assert.equal(await demo.status, 0, `${demo.stdout()}\n${demo.stderr()}`);
    const lines = demo.stdout().trim().split('\n');
    assert.equal(lines.length, 1, 'everything else is on stderr');
    const report = JSON.parse(lines[0] as string);
    const { expected, takenBack } = planOf(fault);
    const { category, action, outcome } = expected;
    assert.deepEqual([report.category, report.action, report.outcome], [category, action, outcome]);
    assert.equal(report.target, 'target-app');
    assert.match(report.incident_id, /^inc-/);
    const acts = action !== 'NOOP';
    const { detected_s, acted_s, recovered_s, taken_back_s } = report;
    if (acts) assert.ok(detected_s < acted_s && acted_s < recovered_s);
    else assert.deepEqual([acted_s, recovered_s], [null, null]);
    assert.equal(taken_back_s !== null, takenBack === true);
    for (const part of [
      'breach',
      'gather',
      'diagnose',
      'guard',
      ...(acts ? ['remediate', 'verify'] : []),
      'learn',
    ])
      assert.match(demo.stderr(), new RegExp(`^ +-?\\d+\\.\\d\\d s  ${part} `, 'm'));
    await assertSwept(demo);
  });

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

interface Demo {
  child: ChildProcess;
  status: Promise<number | null>;
  stdout: () => string;
  stderr: () => string;
  /** Its own TMPDIR: the stack's folder lies in it, and every process that it starts has it in its environment. */
  tmp: string;
}

function start(command: string, args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): Demo {
  const tmp = mkdtempSync(join(tmpdir(), 'aegis-demo-test-'));
  chmodSync(tmp, 0o755); // as root, PostgreSQL runs as another user in there
  const child = spawn(command, args, {
    stdio: [stdin, 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: tmp },
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  const status = once(child, 'close').then(([code]) => code as number | null);
  return { child, status, stdout: () => said.stdout, stderr: () => said.stderr, tmp };
}

/** Folders and processes: none. */
async function assertSwept({ tmp }: Demo): Promise<void> {
  await until('the sweep', 30_000, async () => (foldersIn(tmp).length === 0 ? true : null));
  assert.deepEqual(processesOf(tmp), []);
  rmSync(tmp, { recursive: true });
}

function foldersIn(tmp: string): string[] {
  return readdirSync(tmp).filter((name) => name.startsWith('aegisops-'));
}

/** Command lines of the living processes whose environment names the folder. Linux only: elsewhere there is no /proc. */
function processesOf(tmp: string): { pid: number; command: string }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return environment.includes(`TMPDIR=${tmp}`) ? [{ pid: Number(pid), command }] : [];
    } catch {
      return []; // ended meanwhile, or somebody else's
    }
  });
}
