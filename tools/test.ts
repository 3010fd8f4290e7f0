/**
 * `npm test`: the tests beside the sources, two files at a time, then the stories of test/, one at a time, since each
 * starts the whole system, then those of test/docker/ where a container engine answers. `npm run test:long` (`--long`)
 * runs the stories of test/long/ instead, which take longer.
 * `npm test -- guard kill` runs the files whose path contains one of the words. `--again`: a file that fails is run once
 * more, and said to have passed only then; for a machine that is shared, where seconds are not what they seem.
 * `--minutes N`: so long after its start no further story is begun, and those left out are named; each day begins with
 * another one. For a server that ends a build at a fixed time.
 * Exit status 0 only if there were tests and none failed; AEGIS_DOCKER=required takes it for a failure to leave out
 * those on Docker. Ctrl-C ends what runs, and waits until it has swept up.
 */
import { constants } from 'node:os';
import { ROOT } from './stack/context.ts';
import { describeDocker, dockerHere, whyNoDocker } from './test/docker.ts';
import { findTests, type TestFiles, turned } from './test/files.ts';
import { type FileResult, makeTestProcesses } from './test/run-file.ts';
import { toolchain } from './toolchain/toolchain.ts';

const AT_ONCE = 2;
const SAME_MS = 1_000;
const DAY_MS = 86_400_000;
const NOTHING = { passed: 0, failed: 0, skipped: 0, ms: 0 };
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const processes = makeTestProcesses({ root: ROOT });
let again = false;
/** On the clock of `performance`. */
let lastStart = Number.POSITIVE_INFINITY;
const leftOut: string[] = [];
let interrupted: { signal: NodeJS.Signals; at: number } | undefined;

process.exitCode = await main(process.argv.slice(2));

/** @returns the exit status */
async function main(args: string[]): Promise<number> {
  const set = args.includes('--long') ? 'long' : 'usual';
  const minutes = args.includes('--minutes') ? Number(args[args.indexOf('--minutes') + 1]) : null;
  if (minutes !== null && !(minutes > 0)) {
    process.stderr.write('test: --minutes takes a number of minutes above 0, as in --minutes 45\n');
    return 2;
  }
  const filters = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--minutes');
  again = args.includes('--again');
  if (minutes !== null) lastStart = performance.now() + minutes * 60_000;
  const files = findTests(ROOT, filters, set);
  if (Object.values(files).every((some) => some.length === 0)) {
    const which = filters.length > 0 ? `whose path contains ${filters.join(' or ')}` : 'at all';
    process.stderr.write(`test: there is no test file in the ${set} set ${which}\n`);
    return 1;
  }
  try {
    const programs = await toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) });
    process.env.AEGIS_PROGRAMS = JSON.stringify(programs);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const began = performance.now();
  const results = [...(await runAll(files)), ...(await runOnDocker(files.docker))];
  summarise(results, performance.now() - began);
  if (interrupted) return 128 + constants.signals[interrupted.signal];
  return results.some(({ problem }) => problem !== null) ? 1 : 0;
}

/** The second time without mercy. One Ctrl-C may come twice, from the terminal and from npm. */
function interrupt(signal: NodeJS.Signals): void {
  if (interrupted && performance.now() - interrupted.at < SAME_MS) return;
  say(`${signal}: ending what runs`);
  processes.signal(interrupted ? 'SIGKILL' : 'SIGTERM');
  interrupted = { signal, at: performance.now() };
}

async function runAll({ units, stories }: TestFiles): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const queue = [...units];
  const worker = async () => {
    for (let file = queue.shift(); file && !interrupted; file = queue.shift()) {
      const result = await runUnit(file);
      results.push(result);
      say(`unit ${results.length}/${units.length}: ${lineOf(result)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return [...results, ...(await runInTurn('test', stories))];
}

/** One line tells what they run on, or why they are left out. */
async function runOnDocker(files: string[]): Promise<FileResult[]> {
  if (files.length === 0 || interrupted) return [];
  const here = await dockerHere(ROOT);
  const reason = whyNoDocker(here);
  if (reason === null) {
    say(`docker: ${describeDocker(here)}`);
    return runInTurn('docker', files);
  }
  const left = `${files.length} ${files.length === 1 ? 'file' : 'files'} of tests on Docker left out: ${reason}`;
  if (process.env.AEGIS_DOCKER === 'required') return [{ ...NOTHING, file: 'test/docker/', problem: left }];
  say(left);
  return [];
}

async function runInTurn(what: string, files: string[]): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const limited = Number.isFinite(lastStart);
  const ordered = limited ? turned(files, Math.floor(Date.now() / DAY_MS)) : files;
  for (const [index, file] of ordered.entries()) {
    if (interrupted) break;
    if (performance.now() > lastStart) {
      leftOut.push(file);
      continue;
    }
    say(`${what} ${index + 1}/${files.length}: ${file} ...`);
    const result = await runFile(file, (chunk) => process.stdout.write(chunk));
    results.push(result);
    say(`${what} ${index + 1}/${files.length}: ${lineOf(result)}`);
  }
  return results;
}

async function runFile(file: string, show: (chunk: Buffer) => void): Promise<FileResult> {
  const first = await processes.run(file, show);
  if (first.problem === null || !again || interrupted) return first;
  say(`${lineOf(first)}; once more`);
  const second = await processes.run(file, show);
  return second.problem === null ? { ...second, before: first.problem } : second;
}

/** Two run at once, so the output is held back; of a file in which all is well nobody needs it. */
async function runUnit(file: string): Promise<FileResult> {
  const output: Buffer[] = [];
  const result = await runFile(file, (chunk) => output.push(chunk));
  if (result.problem !== null) process.stdout.write(Buffer.concat(output));
  return result;
}

function lineOf({ file, passed, skipped, problem, before, ms }: FileResult): string {
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  const ok = before === undefined ? 'ok' : `ok only the second time (first: ${before})`;
  const state = problem === null ? ok : `FAILED (${problem})`;
  return `${file} ${state}, ${passed} passed${skips}, ${seconds(ms)}`;
}

function summarise(results: FileResult[], ms: number): void {
  const total = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((sum, result) => sum + result[key], 0);
  const bad = results.filter(({ problem }) => problem !== null);
  say('');
  if (leftOut.length > 0) say(`left out, since the time was up: ${leftOut.join(', ')}`);
  for (const { file, problem } of bad) say(`FAILED ${file}: ${problem}`);
  for (const { file, before } of results)
    if (before !== undefined) say(`passed only the second time: ${file} (first: ${before})`);
  const counts = `${total('passed')} tests passed, ${total('failed')} failed, ${total('skipped')} skipped`;
  say(`${results.length} files, ${bad.length} of them failed: ${counts}, ${seconds(ms)}`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
