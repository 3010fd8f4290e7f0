/**
 * Runs beside a stack and sweeps up when its starter is gone: `node sweeper.ts DIR MODULE`, by the module's `sweep`. The
 * starter holds the other end of its standard input, so however the starter ends (stop, crash, kill -9), the sweeper
 * hears of it.
 */
import type { Sweeping } from './folder.ts';

const [dir, by] = process.argv.slice(2);
if (!dir || !by) throw new Error('usage: node sweeper.ts DIR MODULE');
const { sweep } = (await import(by)) as Sweeping;
process.stdout.write('watching\n');
for await (const _ of process.stdin) {
  // nothing is ever said; only the end counts
}
await sweep(dir);
