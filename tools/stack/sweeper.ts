/**
 * Runs beside a stack and sweeps up when its starter is gone: `node sweeper.ts DIR`. The starter holds the other end
 * of its standard input, so however the starter ends (stop, crash, kill -9), the sweeper hears of it.
 */
import { sweep } from './sweep.ts';

const dir = process.argv[2];
if (!dir) throw new Error('usage: node sweeper.ts DIR');
process.stdout.write('watching\n');
for await (const _ of process.stdin) {
  // nothing is ever said; only the end counts
}
await sweep(dir);
