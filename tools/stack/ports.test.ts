import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { makePorts } from './ports.ts';

test('a port in use moves to the next free one, and says so', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const taken = (blocker.address() as { port: number }).port;
  const ports = makePorts();
  try {
    assert.ok((await ports.reserve('part', taken)) > taken);
    assert.equal(ports.moved('part'), true);
  } finally {
    await ports.release('part');
    await new Promise((resolve) => blocker.close(resolve));
  }
});

test('a reserved port is not given out twice, and is free after its release', async () => {
  const ports = makePorts();
  const first = await ports.reserve('first', 0);
  assert.notEqual(await ports.reserve('second', first), first);
  await ports.release('first');
  assert.equal(await ports.reserve('third', first), first);
  assert.equal(ports.moved('third'), false);
  for (const name of ['second', 'third']) await ports.release(name);
});

test('no port left names the part and the range', async () => {
  await assert.rejects(makePorts().reserve('part', 65_536), /part: no port from 65536/);
});
