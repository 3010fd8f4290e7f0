/** The entrypoint of the image, with commands that only tell what they were asked to do. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ENTRYPOINT = fileURLToPath(new URL('entrypoint.sh', import.meta.url));

async function setUp(t: TestContext, uid: number) {
  const dir = mkdtempSync(join(tmpdir(), 'aegis-entrypoint-'));
  const socket = join(dir, 'docker.sock');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const commands = {
    id: `case "$1" in -u) echo ${uid} ;; -G) echo 1000 2000 ;; esac`,
    stat: 'echo 998',
    setpriv: 'echo "setpriv $*"',
    program: 'echo "program $*"',
  };
  for (const [name, script] of Object.entries(commands))
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const start = (dockerHost: string) => {
    const env = { PATH: `${dir}:${process.env.PATH}`, DOCKER_HOST: dockerHost };
    const { stdout, stderr } = spawnSync('/bin/sh', [ENTRYPOINT, 'program', 'a b'], {
      env,
      encoding: 'utf8',
    });
    return { stdout, stderr };
  };
  return { socket, start };
}

const asNode = (groups: string) => `setpriv --reuid=node --regid=node --groups=${groups} -- program a b\n`;

test('as root it becomes node, in the groups of node and of the socket', async (t) => {
  const { socket, start } = await setUp(t, 0);
  const { stdout, stderr } = start(`unix://${socket}`);
  assert.equal(stdout, asNode('1000,2000,998'));
  assert.match(stderr, /user node, also in group 998, which .*docker\.sock belongs to/);
});

test('without a socket it starts all the same, and says so; by TCP none is looked for', async (t) => {
  const { start } = await setUp(t, 0);
  const none = start('unix:///no/such.sock');
  assert.equal(none.stdout, asNode('1000,2000'));
  assert.match(none.stderr, /there is no socket \/no\/such\.sock/);
  const tcp = start('tcp://proxy:2375');
  assert.equal(tcp.stdout, asNode('1000,2000'));
  assert.equal(tcp.stderr, 'entrypoint: user node\n');
});

test('started as somebody else it changes nothing', async (t) => {
  const { socket, start } = await setUp(t, 1000);
  assert.deepEqual(start(`unix://${socket}`), { stdout: 'program a b\n', stderr: '' });
});
