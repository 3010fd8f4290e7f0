import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerParts, containerOf, ID } from './docker.test-helper.ts';
import { containerIdIn, serviceOf, whyNotAllowed } from './docker-labels.ts';

const protection = { hosts: ['postgres', '10.0.0.7'], ownId: 'f'.repeat(64), filter: null };
const told = (parts: ContainerParts, action = 'RESTART') =>
  whyNotAllowed(containerOf(parts), action, protection);

test('opted in, and the action allowed: nothing stands against it', () => {
  assert.equal(told({}), null);
});

const NEVER: [string, ContainerParts, RegExp][] = [
  ['no label', { Config: { Labels: { 'aegis.enable': undefined } } }, /not opted in/],
  ['opted out', { Config: { Labels: { 'aegis.enable': 'false' } } }, /not opted in/],
  ['another action', { Config: { Labels: { 'aegis.actions': 'ROLLBACK' } } }, /does not allow RESTART/],
  ['no actions', { Config: { Labels: { 'aegis.actions': '' } } }, /does not allow/],
  ['ourselves', { Id: protection.ownId as string }, /responder itself/],
  ['the socket mounted', { Mounts: [{ Source: '/var/run/docker.sock', Destination: '/s' }] }, /socket/],
  [
    'the socket elsewhere',
    { Mounts: [{ Source: '/run/user/1000/docker.sock', Destination: '/docker' }] },
    /socket/,
  ],
  [
    'our database by alias',
    { Networks: { n: { Aliases: ['postgres'], IPAddress: '' } } },
    /settings name it \(postgres\)/,
  ],
  ['our database by name', { Name: '/postgres' }, /settings name it/],
  ['our database by address', { Networks: { n: { Aliases: null, IPAddress: '10.0.0.7' } } }, /10\.0\.0\.7/],
  ...[
    'prom/prometheus:v3',
    'mirror.local:5000/prometheus/alertmanager:v1',
    'otel/opentelemetry-collector-contrib:1',
    'grafana/grafana:12',
    'registry.local:5000/grafana/loki',
  ].map((Image): [string, ContainerParts, RegExp] => [Image, { Config: { Image } }, /it is telemetry/]),
];
for (const [words, parts, reason] of NEVER)
  test(`never, whatever the labels say: ${words}`, () => assert.match(told(parts) ?? '', reason));

test('a filter leaves the rest to others', () => {
  const filtered = (filter: string) => whyNotAllowed(containerOf(), 'RESTART', { ...protection, filter });
  assert.equal(filtered('com.docker.compose.service=shop'), null);
  assert.match(
    filtered('com.docker.compose.service=web') ?? '',
    /not among those with the label com\.docker\.compose\.service=web/,
  );
});

test('an image that only sounds like telemetry is not', () => {
  for (const Image of ['acme/prometheus-shop:1', 'grafanalike/shop', 'prom/promshop:1'])
    assert.equal(told({ Config: { Image } }), null, Image);
});

test('the service: what its owner says, else Compose, else its name', () => {
  assert.equal(serviceOf('x-1', { 'aegis.service': 'shop', 'com.docker.compose.service': 'web' }), 'shop');
  assert.equal(serviceOf('x-1', { 'com.docker.compose.service': 'web' }), 'web');
  assert.equal(serviceOf('x-1', {}), 'x-1');
});

test('our own container is told by the files that the engine mounts', () => {
  const line = `900 880 254:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw`;
  assert.equal(containerIdIn(`1 2 3\n${line}\n`), ID);
  assert.equal(containerIdIn('24 30 0:22 / /proc rw'), null);
});
