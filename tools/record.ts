/**
 * `npm run record [-- FAULT...]`: makes each fault of the demo once, on real parts, and keeps the evidence of its incident as a
 * scenario, test/scenarios/recorded-FAULT, so that `npm run eval` knows how our own incidents look, too. Exit status 0 only
 * if each incident ended as it should.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FAULTS, type FaultName } from './demo/faults.ts';
import { bundleOf } from './demo/observe.ts';
import { runFault } from './demo/run.ts';
import { ROOT } from './stack/context.ts';
import { watchSignals } from './stack/signals.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { toolchain } from './toolchain/toolchain.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const names = Object.keys(FAULTS) as FaultName[];
const asked = process.argv.slice(2);
const unknown = asked.filter((word) => !names.includes(word as FaultName));
if (unknown.length > 0) {
  process.stderr.write(`record: ${unknown.join(', ')} is no fault; there are ${names.join(', ')}\n`);
  process.exit(2);
}
process.exit(await recordAll(names.filter((name) => asked.length === 0 || asked.includes(name))));

/** @returns the exit status */
async function recordAll(faults: FaultName[]): Promise<number> {
  const { interrupted, unless } = watchSignals();
  let stack: Stack | undefined;
  try {
    const programs = await unless(toolchain({ say }));
    for (const fault of faults) {
      stack = await startStack({ programs, say: () => undefined, signal: interrupted });
      await unless(record(stack, fault));
      await stack.stop();
    }
    return 0;
  } catch (error) {
    if (interrupted.aborted) return interrupted.reason as number;
    process.stderr.write(`record: ${(error as Error).message}\n`);
    return 1;
  } finally {
    await stack?.stop();
  }
}

async function record(stack: Stack, fault: FaultName): Promise<void> {
  const { incident } = await runFault(stack, fault, say);
  const { category, action, outcome } = FAULTS[fault].expected;
  const said = `${incident.diagnosis?.category} ${incident.diagnosis?.action} ${incident.outcome}`;
  if (said !== `${category} ${action} ${outcome}`)
    throw new Error(
      `${fault} ended as ${said}, and not as ${category} ${action} ${outcome}: nothing is kept of it`,
    );
  const dir = join(ROOT, 'test/scenarios', `recorded-${fault}`);
  const expected = {
    ...{ kind: 'clear', action, category: [category], target: incident.target },
    why: `recorded from the demo: ${FAULTS[fault].title}`,
  };
  await mkdir(dir, { recursive: true });
  await write(join(dir, 'bundle.json'), await bundleOf(stack, incident.id));
  await write(join(dir, 'expected.json'), expected);
}

async function write(path: string, content: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, null, 1)}\n`);
}
