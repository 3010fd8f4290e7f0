/**
 * `npm run pictures`: the pictures of docs/pictures/, of a real run: the demo's stack, two faults, one that the responder
 * ends and one that a person must; then the storefront and the responder's pages in Chromium, on a desktop, dark, and on a
 * phone. `npm run pictures -- storefront` takes only those that are named. Everything that was started is stopped.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type FaultName, planOf } from './demo/faults.ts';
import { type IncidentView, newestIncident, oneIncident, promql } from './demo/observe.ts';
import { until } from './demo/wait.ts';
import { startChromium } from './pictures/chromium.ts';
import { orderOne, SHOTS, type Shot, type ShotName, take } from './pictures/shots.ts';
import { ROOT } from './stack/context.ts';
import { watchSignals } from './stack/signals.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { toolchain } from './toolchain/toolchain.ts';

const FOLDER = join(ROOT, 'docs', 'pictures');
/** Who reads of an incident sees what a healthy service looks like before it, in samples (one a second). */
const BASELINE_SAMPLES = 30;
const PATIENCE_MS = 120_000;
const MEMORY = 'service:memory_utilization:max{service="target-app"}';

const say = (line: string) => void process.stdout.write(`${line}\n`);
process.exit(await main(process.argv.slice(2)));

/** @returns the exit status */
async function main(args: string[]): Promise<number> {
  const unknown = args.filter((arg) => !SHOTS.some((name) => name === arg));
  if (unknown.length > 0) {
    process.stderr.write(`pictures: there is no ${unknown.join(', no ')}; there are ${SHOTS.join(', ')}\n`);
    return 2;
  }
  const wanted = SHOTS.filter((name) => args.length === 0 || args.includes(name));
  const { interrupted, unless } = watchSignals();
  let stack: Stack | undefined;
  try {
    const programs = await unless(toolchain({ say }));
    stack = await startStack({
      programs,
      say,
      signal: interrupted,
      env: { responder: { AEGIS_COOLDOWN_SECONDS: '0' } },
    });
    await unless(takeAll(stack, wanted));
    return 0;
  } catch (error) {
    if (interrupted.aborted) return interrupted.reason as number;
    process.stderr.write(`pictures: ${(error as Error).message}\n`);
    return 1;
  } finally {
    await stack?.stop();
  }
}

async function takeAll(stack: Stack, wanted: ShotName[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const browser = await startChromium();
  const picture = async (shot: Shot) => {
    if (!wanted.includes(shot.name)) return;
    for (const path of await take(browser, shot, FOLDER)) say(relative(ROOT, path));
  };
  const { responder, 'target-app-1': shop } = stack.addresses;
  try {
    await picture({ name: 'storefront', url: `${shop}/`, first: orderOne });
    if (wanted.every((name) => name === 'storefront')) return;
    const ended = await cause(stack, 'memory');
    await cause(stack, 'db-external');
    await picture({ name: 'incidents', url: `${responder}/` });
    await picture({ name: 'incident', url: `${responder}/incidents/${ended.id}` });
    await picture({ name: 'runbook', url: `${responder}/runbook` });
  } finally {
    await browser.close();
  }
}

/** Causes a fault and waits for the end of its incident. */
async function cause(stack: Stack, fault: FaultName): Promise<IncidentView> {
  const known = (await newestIncident(stack))?.id;
  await until('a baseline', PATIENCE_MS, async () => {
    const samples = await promql(stack, `min(count_over_time(${MEMORY}[1m]))`);
    return samples !== null && samples >= BASELINE_SAMPLES ? true : null;
  });
  const { title, cause: make } = planOf(fault);
  say(`fault: ${title}`);
  const breach = await make(stack);
  try {
    const incident = await until('the end of the incident', PATIENCE_MS, async () => {
      const newest = await newestIncident(stack);
      return newest?.closedAt && newest.id !== known ? oneIncident(stack, newest.id) : null;
    });
    say(`${incident.outcome}: ${incident.conclusion}`);
    return incident;
  } finally {
    await breach.end?.();
  }
}
