/**
 * `npm run instance -- start|stop|show FOLDER INSTANCE`: one instance of the process runtime, by hand. FOLDER holds the
 * unit files. Exit status 0 when it is as asked, 1 if not, 2 for wrong words.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeProcessRuntime } from '../responder/clients/runtimes/process.ts';

/** Between SIGTERM and SIGKILL: a person has time. */
const GRACE_MS = 10_000;
/** A process that cannot have its port, or misses a file, ends within this. */
const SETTLE_MS = 500;
const LAST_CHARS = 1_500;

const [word = '', folder, instance, ...more] = process.argv.slice(2);
if (!['start', 'stop', 'show'].includes(word) || !folder || !instance || more.length > 0) {
  process.stderr.write('instance: usage: npm run instance -- start|stop|show FOLDER INSTANCE\n');
  process.exit(2);
}
// npm runs scripts in the project's folder; INIT_CWD is where the person stands.
const dir = resolve(process.env.INIT_CWD ?? '.', folder);
const runtime = makeProcessRuntime({ dir, graceMs: GRACE_MS });
try {
  if (word === 'start') {
    await runtime.start(instance, randomUUID());
    await sleep(SETTLE_MS);
  }
  if (word === 'stop') await runtime.stop(await runtime.inspect(instance));
  const { state, reason } = await runtime.inspect(instance);
  if (word === 'start' && state !== 'running') {
    const output = (await runtime.tail(instance, LAST_CHARS)).trim() || '(it wrote nothing)';
    throw new Error(`${instance} ended at once: ${reason}. The end of its output:\n${output}`);
  }
  process.stdout.write(`${instance} is ${state}: ${reason}\n`);
} catch (error) {
  process.stderr.write(`instance: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
