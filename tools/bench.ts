/**
 * `npm run bench`: from a breach until a new process of the container answers, by AegisOps and by the plainest thing that
 * people build, in turn on one engine. Exit status 0 when the median ratio is within the limit; 1 if not, or where a turn went
 * wrong; 2 where nothing was measured: wrong options, no engine, something that did not start. Everything that was started is
 * stopped, on Ctrl-C and on failure too. docs/bench.md says what is measured, and how.
 */
import { type Measured, makeMeasure } from './bench/measure.ts';
import { type BenchOptions, parseOptions } from './bench/options.ts';
import { makeProject, startProject } from './bench/project.ts';
import { lineOf, reportOf, textOf } from './bench/report.ts';
import { turnsOf } from './bench/turns.ts';
import { startWebhook, webhookProgram } from './bench/webhook.ts';
import { ROOT } from './stack/context.ts';
import { startSweeper, workingDir } from './stack/folder.ts';
import { watchSignals } from './stack/signals.ts';
import { type DockerHere, describeDocker, dockerHere, whyNoDocker } from './test/docker.ts';
import { onPath } from './toolchain/files.ts';
import { startProgress } from './toolchain/progress.ts';

const NOTHING_MEASURED = 2;
/** Where the engine listens. */
const SOCKET = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

type Say = (line: string) => void;

const complain = (words: string) => void process.stderr.write(`bench: ${words}\n`);

const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  complain(options.problem);
  process.exit(NOTHING_MEASURED);
}
process.exit(await bench(options)); // whatever still waits for something is waited for no longer

/** @returns the exit status */
async function bench(options: BenchOptions): Promise<number> {
  const here = await dockerHere(ROOT);
  const reason = whyNot(here);
  if (reason !== null) {
    complain(`nothing was measured: ${reason}`);
    return NOTHING_MEASURED;
  }
  const say: Say = (line) => void (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  const { interrupted, unless } = watchSignals();
  const dir = await workingDir();
  const stop = await startSweeper(dir, import.meta.resolve('./bench/sweep.ts'));
  let measure: Awaited<ReturnType<typeof start>> | undefined;
  try {
    measure = await unless(start(dir, options, say, interrupted));
    const turns: Measured[] = [];
    for (const turn of turnsOf(options.pairs)) {
      const measured = await unless(measure(turn));
      turns.push(measured);
      say(lineOf(measured, options.pairs));
    }
    const report = reportOf(turns, options, describeDocker(here));
    for (const line of ['', ...textOf(report)]) say(line);
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    return report.within_limit ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return interrupted.reason as number;
    complain(`${measure ? '' : 'nothing was measured: '}${(error as Error).message}`);
    return measure ? 1 : NOTHING_MEASURED;
  } finally {
    say('stopping what was started');
    await stop();
  }
}

/** Null where it can run here. */
function whyNot(here: DockerHere): string | null {
  if (process.platform !== 'linux') return 'it needs Linux, where containers reach a program of this machine';
  if (!SOCKET.startsWith('/')) return 'it needs an engine on this machine: DOCKER_HOST=unix:///path';
  return whyNoDocker(here);
}

/** @returns what measures one turn */
async function start(
  dir: string,
  { graceSeconds, fault }: BenchOptions,
  say: Say,
  interrupted: AbortSignal,
): Promise<ReturnType<typeof makeMeasure>> {
  const program = await webhookProgram((line) => void process.stderr.write(`set-up: ${line}\n`));
  const progress = startProgress(say, 'building and starting docker-compose.yml as a project of its own');
  try {
    interrupted.throwIfAborted();
    const project = await makeProject(dir, { graceSeconds, socket: SOCKET });
    interrupted.throwIfAborted();
    const args = ['restart', '-t', String(graceSeconds), project.container];
    const command = [onPath('docker')[0] ?? 'docker', ...args];
    const hook = await startWebhook({ program, command, dir, host: project.gateway });
    interrupted.throwIfAborted();
    const addresses = await startProject(project);
    say(
      'aegisops: Alertmanager -> responder: reads 20 sources, diagnoses, asks all guards, reads the breach again, keeps the last',
    );
    say(
      '          output, writes its intent -> restart; what follows is not in the time: it proves the recovery, and learns',
    );
    say(`webhook:  Alertmanager -> webhook -> docker ${args.join(' ')}`);
    return makeMeasure({ project, addresses, hook, fault });
  } finally {
    progress.stop();
  }
}
