/** `npm run demo` as a user types it, for its tests. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FaultName, planOf } from '../tools/demo/faults.ts';
import { until } from '../tools/demo/wait.ts';

export const NPM = ['run', '--silent', 'demo', '--'];

/** One that we repair, and one that a person has to; the others are in the long set. */
export const USUAL_FAULTS: FaultName[] = ['memory', 'db-external'];

/** It ends as the table of the README says, and leaves nothing. */
export function testFault(fault: FaultName): void {
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
}

export interface Demo {
  child: ChildProcess;
  status: Promise<number | null>;
  stdout: () => string;
  stderr: () => string;
  /** Its own TMPDIR: the stack's folder lies in it, and every process that it starts has it in its environment. */
  tmp: string;
}

export function start(command: string, args: readonly string[], stdin: 'ignore' | 'pipe' = 'ignore'): Demo {
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
export async function assertSwept({ tmp }: Demo): Promise<void> {
  await until('the sweep', 30_000, async () => (foldersIn(tmp).length === 0 ? true : null));
  assert.deepEqual(processesOf(tmp), []);
  rmSync(tmp, { recursive: true });
}

export function foldersIn(tmp: string): string[] {
  return readdirSync(tmp).filter((name) => name.startsWith('aegisops-'));
}

/** Command lines of the living processes whose environment names the folder. Linux only: elsewhere there is no /proc. */
export function processesOf(tmp: string): { pid: number; command: string }[] {
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
