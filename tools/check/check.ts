/** What a check is, and how checks are run: all of them, one after another, whatever the earlier ones found. */
import { run } from '../toolchain/command.ts';

export interface Check {
  name: string;
  /** What is wrong, in words for a person; empty where all is well. A thrown error is a problem too. */
  problems: () => Promise<string[] | Skipped>;
}

/** Why a check cannot be made on this machine; that is no failure. */
export interface Skipped {
  skipped: string;
}

const LIMIT_MS = 300_000;

/** Runs all, with one line each and the problems below it. Returns how many failed. */
export async function runChecks(checks: Check[], say: (line: string) => void): Promise<number> {
  let failed = 0;
  for (const { name, problems } of checks) {
    const began = performance.now();
    const found = await problems().catch((error: Error) => [error.message]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const line = (word: string) => `${word.padEnd(7)} ${name.padEnd(24)} ${seconds.padStart(5)} s`;
    if ('skipped' in found) {
      say(`${line('skipped')}  ${found.skipped}`);
      continue;
    }
    say(line(found.length === 0 ? 'ok' : 'FAILED'));
    for (const line of found.flatMap((problem) => problem.trimEnd().split('\n'))) say(`        ${line}`);
    if (found.length > 0) failed += 1;
  }
  return failed;
}

/** A command that must end with 0: its output is the problem otherwise. */
export async function commandProblems(
  command: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<string[]> {
  const env = { ...process.env, ...options.env };
  const { code, output } = await run(command, args, { cwd: options.cwd, env, timeoutMs: LIMIT_MS });
  return code === 0 ? [] : [`${output.trim()}\n(${command} ended with ${code})`];
}
