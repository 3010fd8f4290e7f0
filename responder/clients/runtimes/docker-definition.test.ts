import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerParts, containerOf, imageOf } from './docker.test-helper.ts';
import { networksOf, replicaOf, whyNotTwo, withImage } from './docker-definition.ts';

const making = {
  name: 'shop-1.aegis-next-s1',
  image: 'acme/shop:0.9.0',
  imageId: 'sha256:09',
  startId: 's1',
};
const rolled = (parts: ContainerParts, image = imageOf()) =>
  withImage(containerOf(parts), image, making).definition;
const replica = (parts: ContainerParts = {}, image = imageOf()) =>
  replicaOf(containerOf(parts), image, { ...making, name: 'shop-3' }).definition;

test('what the old image had set is left to the new image, what the owner set stays', () => {
  const image = imageOf({
    Env: ['PATH=/bin', 'RELEASE=1.0.0'],
    Labels: { built: 'monday' },
    User: 'app',
    WorkingDir: '/a',
  });
  const Config = {
    Env: ['PATH=/bin', 'RELEASE=1.0.0', 'TOKEN=x'],
    Labels: { built: 'monday', team: 'web' },
    User: 'app',
    WorkingDir: '/b',
  };
  const made = rolled({ Config }, image);
  assert.deepEqual(made.Env, ['TOKEN=x']);
  assert.equal(made.Labels?.built, undefined);
  assert.equal(made.Labels?.team, 'web');
  assert.deepEqual([made.User, made.WorkingDir, made.Cmd], [undefined, '/b', undefined]);
  assert.equal(made.Image, 'acme/shop:0.9.0');
});

test('a value of the image that the owner set otherwise is the owner’s', () => {
  assert.deepEqual(rolled({ Config: { Env: ['RELEASE=mine'] } }, imageOf({ Env: ['RELEASE=1.0.0'] })).Env, [
    'RELEASE=mine',
  ]);
});

test('a command belongs to its entry point', () => {
  const own = rolled(
    { Config: { Entrypoint: ['/mine'], Cmd: ['serve'] } },
    imageOf({ Entrypoint: ['/its'] }),
  );
  assert.deepEqual([own.Entrypoint, own.Cmd], [['/mine'], ['serve']]);
  const command = rolled({ Config: { Cmd: ['serve', '--fast'] } });
  assert.deepEqual([command.Entrypoint, command.Cmd], [undefined, ['serve', '--fast']]);
});

test('going back keeps ports, addresses, a given host name and what was written to nameless volumes', () => {
  const made = rolled({
    Config: { Hostname: 'given' },
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostPort: '8080' }] },
      Binds: ['data:/data'],
      RestartPolicy: { Name: 'always' },
    },
    Mounts: [
      { Type: 'volume', Name: 'data', Destination: '/data', RW: true },
      { Type: 'volume', Name: 'f00d', Destination: '/cache', RW: true },
    ],
    Networks: { front: { Aliases: ['shop'], IPAMConfig: { IPv4Address: '172.18.0.9' } } },
  });
  assert.deepEqual(made.HostConfig?.PortBindings, { '80/tcp': [{ HostPort: '8080' }] });
  assert.deepEqual(made.HostConfig?.Binds, ['data:/data', 'f00d:/cache']);
  assert.equal(made.Hostname, 'given');
  assert.deepEqual(made.NetworkingConfig?.EndpointsConfig?.front, {
    Aliases: ['shop'],
    IPAMConfig: { IPv4Address: '172.18.0.9' },
  });
});

test('a replica has no host name, no address, no port of the host, and its own number', () => {
  const made = replica({
    Config: {
      Hostname: 'given',
      Labels: { 'com.docker.compose.container-number': '1', 'com.docker.compose.project': 'p' },
    },
    HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] }, Memory: 64 },
    Networks: { front: { Aliases: ['shop'], IPAMConfig: { IPv4Address: '172.18.0.9' } } },
  });
  assert.equal(made.Hostname, undefined);
  assert.deepEqual([made.HostConfig?.PortBindings, made.HostConfig?.Memory], [{}, 64]);
  assert.deepEqual(made.NetworkingConfig?.EndpointsConfig, { front: { Aliases: ['shop'] } });
  const { 'com.docker.compose.container-number': number, 'com.docker.compose.project': project } =
    made.Labels ?? {};
  assert.deepEqual([number, project, made.Labels?.['aegis.added-by']], ['3', 'p', 's1']);
});

test('the names that the engine gives by itself are not given again', () => {
  const names = Object.values(networksOf(containerOf())).map(({ Aliases }) => Aliases);
  assert.deepEqual(names, [['shop']]);
  assert.deepEqual(networksOf(containerOf({ HostConfig: { NetworkMode: 'host' } })), {});
});

test("Compose's word for the image follows only where Compose had one", () => {
  const image = 'com.docker.compose.image';
  assert.equal(rolled({ Config: { Labels: { [image]: 'sha256:10' } } }).Labels?.[image], 'sha256:09');
  assert.equal(rolled({}).Labels?.[image], undefined);
});

const SHARED: [string, ContainerParts, RegExp | null][] = [
  ['nothing is shared', {}, null],
  [
    'a volume is only read',
    { HostConfig: { Binds: ['d:/d:ro'] }, Mounts: [{ Name: 'd', Destination: '/d', RW: false }] },
    null,
  ],
  [
    'a nameless volume is each one’s own',
    { Mounts: [{ Type: 'volume', Name: 'f0', Destination: '/d', RW: true }] },
    null,
  ],
  [
    'both write to a bind',
    { HostConfig: { Binds: ['/srv:/d'] }, Mounts: [{ Source: '/srv', Destination: '/d', RW: true }] },
    /both would write to \/srv/,
  ],
  [
    'both write to a mount',
    {
      HostConfig: { Mounts: [{ Type: 'volume', Target: '/d' }] },
      Mounts: [{ Name: 'd', Destination: '/d', RW: true }],
    },
    /both would write to d/,
  ],
  ['the host’s network', { HostConfig: { NetworkMode: 'host' } }, /same ports/],
  ['another’s network', { HostConfig: { NetworkMode: 'container:x' } }, /network of another/],
];
for (const [words, parts, reason] of SHARED)
  test(`two of it: ${words}`, () => {
    const told = whyNotTwo(containerOf(parts));
    if (reason) assert.match(told ?? '', reason);
    else assert.equal(told, null);
  });
