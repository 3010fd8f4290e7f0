/** Runs other programs; none of them outlives this process. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Finished {
  code: number;
  /** stdout and stderr, as they came. */
  output: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
  /** Called with each line of the output. */
  onLine?: (line: string) => void;
}

const running = new Set<ChildProcess>();

/** Each child leads a process group, so that its own children (`go` has many) end with it. */
function killAll(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // no such group (any more)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function onSignal(signal: NodeJS.Signals): void {
  killAll();
  unwatch();
  // Somebody else's handler decides what happens next; without one, the signal does what it always does.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function watch(): void {
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('exit', killAll);
}

function unwatch(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
  process.off('exit', killAll);
}

/**
 * Runs a command to its end, whatever its exit status.
 * @throws Error when it cannot be started, or is stopped at `timeoutMs`
 */
export function run(command: string, args: string[], options: CommandOptions = {}): Promise<Finished> {
  const { cwd, env = process.env, timeoutMs, onLine } = options;
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    if (running.size === 0) watch();
    running.add(child);
    const timer = timeoutMs && setTimeout(() => killGroup(child), timeoutMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        for (const line of chunk.split('\n')) if (line.trim() !== '') onLine?.(line.trim());
      });
    }
    const ended = (): void => {
      clearTimeout(timer);
      running.delete(child);
      if (running.size === 0) unwatch();
    };
    child.on('error', (error) => {
      ended();
      fail(new Error(`${command} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      ended();
      if (code !== null) done({ code, output });
      else
        fail(new Error(`${command} was stopped by ${signal} after ${timeoutMs ?? '?'} ms: ${tail(output)}`));
    });
  });
}

/**
 * Runs a command that must succeed.
 * @returns its output
 * @throws Error with the end of its output otherwise
 */
export async function runOk(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${tail(output)}`);
  return output;
}

/** The last lines of an output, as one line of an error message. */
function tail(output: string, lines = 4): string {
  return output.trim().split('\n').slice(-lines).join(' | ').slice(-600) || 'no output';
}
