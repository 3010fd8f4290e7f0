/** What docker-compose.yml promises, and what nobody should undo by a slip. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Settings } from '../../responder/config.ts';
import { ROOT } from '../stack/context.ts';
import { composeProblems } from './compose.ts';
import { folderOf } from './folders.test-helper.ts';

interface Service {
  image: string;
  pull_policy?: string;
  build?: object;
  ports?: string[];
  volumes?: (string | { source: string; target: string })[];
  environment?: Record<string, string>;
  labels?: Record<string, string>;
  cap_drop?: string[];
  security_opt?: string[];
  mem_limit?: string;
  memswap_limit?: string;
}

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const text = read('docker-compose.yml');
const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
const all = Object.entries(services);
/** The names of those for which it holds. */
const where = (holds: (service: Service) => boolean) =>
  all.filter(([, one]) => holds(one)).map(([name]) => name);

test('only the responder has the engine’s socket', () => {
  const has = ({ volumes = [] }: Service) => /docker[._]sock/i.test(JSON.stringify(volumes));
  assert.deepEqual(where(has), ['responder']);
});

test('every port is open where AEGIS_BIND says, and on loopback if it says nothing', () => {
  const ports = all.flatMap(([, { ports: some = [] }]) => some);
  assert.ok(ports.length >= 8);
  for (const port of ports) assert.match(port, /^\$\{AEGIS_BIND:-127\.0\.0\.1\}:(\d+):\1$/);
});

test('every image has its version as a tag, no digest, and no other syntax than the engine’s own', () => {
  const dockerfiles = ['responder/Dockerfile', 'target-app/Dockerfile'].map(read);
  const bases = dockerfiles.flatMap((file) =>
    [...file.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image),
  );
  const images = all.map(([, { image }]) => image.replace(/\$\{\w+:-(.*)\}/, '$1'));
  assert.ok(bases.length >= 4);
  for (const image of [...images, ...bases]) assert.match(image, /^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$/);
  for (const file of dockerfiles) assert.doesNotMatch(file, /^# *syntax *=/im);
});

test('our images are built once each and never pulled: whoever has their names in a registry is not us', () => {
  const ours = where(({ image }) => image.startsWith('aegisops/'));
  assert.deepEqual(
    where(({ pull_policy }) => pull_policy === 'never'),
    ours,
  );
  assert.deepEqual(
    where(({ build }) => build !== undefined),
    ['setup', 'target-app'],
  );
  assert.equal(new Set(ours.map((name) => services[name]?.image)).size, 2);
});

test('the responder’s image is called by the version of package.json', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  assert.equal(services.responder?.image, `aegisops/responder:\${AEGIS_VERSION:-${version}}`);
});

test('each has a limit of memory, swap included', () => {
  assert.deepEqual(
    where(({ mem_limit, memswap_limit }) => mem_limit === undefined || mem_limit !== memswap_limit),
    [],
  );
});

test('none has rights that it was not given by name', () => {
  const strict = ({ cap_drop, security_opt }: Service) =>
    cap_drop?.[0] === 'ALL' && security_opt?.[0] === 'no-new-privileges:true';
  assert.deepEqual(
    where((one) => !strict(one)),
    [],
  );
});

test('nothing but the shop is opted in', () => {
  assert.deepEqual(
    where(({ labels = {} }) => Object.keys(labels).some((label) => label.startsWith('aegis.'))),
    ['target-app'],
  );
});

test('the shop’s release is its image’s, never a setting: a rollback keeps the settings and changes the image', () => {
  assert.ok(!Object.hasOwn(services['target-app']?.environment ?? {}, 'SERVICE_VERSION'));
});

test('no secret of .env gets into the responder’s environment: it reads files', () => {
  const secrets = Object.keys(services.setup?.environment ?? {});
  assert.ok(secrets.length >= 5);
  for (const name of secrets) assert.equal(services.responder?.environment?.[name], '', name);
});

test('.env.example names whatever the file takes from it; its last section is what the responder does not know', () => {
  const named = (part: string) => [...part.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
  const [before = '', compose = ''] = read('.env.example').split(/^# --- Compose alone/m);
  const taken = new Set([...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name = '']) => name));
  for (const name of taken) assert.ok(named(before + compose).includes(name), `${name} in .env.example`);
  // Compose itself reads COMPOSE_PROFILES.
  const own = [...taken].filter((name) => !(name in Settings.shape));
  assert.deepEqual(named(compose).toSorted(), [...own, 'COMPOSE_PROFILES'].toSorted());
});

test('Compose takes the file, and says what is wrong with another; without Compose that is not known', async (t) => {
  assert.deepEqual(await composeProblems(ROOT, '/no/such/docker'), {
    skipped: 'there is no docker compose here',
  });
  const found = await composeProblems(ROOT);
  if ('skipped' in found) return t.skip(found.skipped);
  assert.deepEqual(found, []);
  const broken = text.replace('network_mode: none', 'network: none');
  assert.notEqual(broken, text);
  const root = folderOf(t, { 'docker-compose.yml': broken, '.env.example': read('.env.example') });
  assert.match(String(await composeProblems(root)), /network/);
});
