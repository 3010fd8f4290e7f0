import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDrain } from './drain.ts';

const forever = () => new Promise<never>(() => undefined);
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function drainWith({ closes }: { closes: boolean }) {
  const did: string[] = [];
  const server = {
    close: (done?: (error?: Error) => void) => {
      did.push('close');
      if (closes) done?.();
      return server as never;
    },
    closeIdleConnections: () => void did.push('idle'),
    closeAllConnections: () => void did.push('all'),
  };
  const drain = makeDrain({
    server,
    pool: { end: forever },
    log: quiet,
    shutdownTelemetry: forever,
    exit: (status) => void did.push(`exit ${status}`),
    requestsMs: 30,
    telemetryMs: 30,
  });
  return { drain, did };
}

test('requests, telemetry and connections that never end do not hold up the exit', async () => {
  const { drain, did } = drainWith({ closes: false });
  const began = performance.now();
  await drain('SIGTERM');
  assert.deepEqual(did, ['close', 'idle', 'all', 'exit 0']);
  assert.ok(performance.now() - began >= 55, 'both waits were used');
});

test('with nothing under way only telemetry is waited for', async () => {
  const { drain, did } = drainWith({ closes: true });
  await drain('SIGTERM');
  assert.deepEqual(did, ['close', 'idle', 'all', 'exit 0']);
});

test('a second signal exits at once', async () => {
  const { drain, did } = drainWith({ closes: false });
  const first = drain('SIGTERM');
  await drain('SIGINT');
  assert.deepEqual(did, ['close', 'idle', 'exit 1']);
  await first;
});
