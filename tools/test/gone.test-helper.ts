import { setTimeout as sleep } from 'node:timers/promises';
import { processInfo } from '../../responder/clients/runtimes/process-table.ts';

/** Whether a process has ended, or does within a few seconds of being told to. */
export async function gone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if ((await processInfo(pid)) === null) return true;
    await sleep(20);
  }
  return false;
}
