/**
 * `npm run demo`: the whole loop on real parts, without Docker. Exit status 0 only if the incident ended as it should;
 * 1 if not, 2 for wrong options. Everything that was started is stopped, on Ctrl-C and on failure too.
 */
import { readFile } from 'node:fs/promises';
import { watchSignals } from '../stack/signals.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { toolchain } from '../toolchain/toolchain.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { reportOf, textOf } from './report.ts';
import { runFault } from './run.ts';

const LAST_LINES = 15;
const STAYS_UP =
  'Everything stays up: look around, or cause another fault after 20 s of cooldown (README.md, "Look around"). Ctrl-C ends it.';

const options = parseOptions(process.argv.slice(2));
if ('problem' in options) {
  process.stderr.write(`demo: ${options.problem}\n`);
  process.exit(2);
}
process.exit(await demo(options)); // whatever still waits for something (a download, a poll) is waited for no longer

/** @returns the exit status. */
async function demo({ fault, once: endAfterwards, json }: DemoOptions): Promise<number> {
  const say = (line: string) => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const staysUp = !json && !endAfterwards && process.stdout.isTTY;
  const { interrupted, unless } = watchSignals();
  let stack: Stack | undefined;
  try {
    const programs = await unless(toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) }));
    say('starting (real parts, on loopback, all in one temporary folder)');
    stack = await startStack({ programs, say: (line) => say(`  ${line}`), signal: interrupted });
    const told = await unless(runFault(stack, fault, say));
    const report = reportOf(told);
    const apiToken = staysUp ? stack.tokens.api : null;
    for (const line of textOf(told, report, stack.addresses, apiToken)) say(line);
    if (!report.as_expected)
      say(`\nThis is not how it should end: ${JSON.stringify(report.expected)} was expected.`);
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    if (staysUp) {
      say(`\n${STAYS_UP}`);
      await unless(forEver());
    }
    return report.as_expected ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return interrupted.reason as number;
    say(`\nThe demo failed: ${(error as Error).message}`);
    if (stack) for (const line of await lastWordsOf(stack)) say(line);
    return 1;
  } finally {
    if (interrupted.aborted) say('stopping');
    await stack?.stop();
  }
}

/** The folder with the logs is gone afterwards, so what the responder said last is shown here. */
async function lastWordsOf(stack: Stack): Promise<string[]> {
  const text = await readFile(stack.logOf('responder'), 'utf8').catch(() => '');
  const lines = text.trim().split('\n').slice(-LAST_LINES);
  return ['The responder said last:', ...lines.map((line) => `  ${line}`)];
}

/** A promise alone would not keep this process alive. */
function forEver(): Promise<never> {
  return new Promise(() => setInterval(() => undefined, 60_000));
}
