/** When the tests on Docker can run, and what is said where they cannot. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf } from '../check/folders.test-helper.ts';
import { ROOT } from '../stack/context.ts';
import { writeProgram } from '../toolchain/products.test-helper.ts';
import { type DockerHere, describeDocker, dockerHere, imagesOf, whyNoDocker } from './docker.ts';

const COMPOSE = `
x-part: &part { restart: unless-stopped }
services:
  responder: { <<: *part, image: 'aegisops/responder:\${AEGIS_VERSION:-0.1.0}', build: . }
  postgres: { <<: *part, image: postgres:17.6-bookworm }
  again: { image: postgres:17.6-bookworm }
  grafana: { image: grafana/grafana:12.1.1 }
  built: { build: . }
  ollama: { image: ollama/ollama:0.17.4, profiles: [ollama] }`;
const DOCKERFILE = 'FROM node:24.21.0-bookworm-slim AS packages\nRUN x\nFROM packages\n# FROM debian:12\n';

test('the images that tests need are those of Compose and of the Dockerfiles, each once, without ours', (t) => {
  const root = folderOf(t, { 'docker-compose.yml': COMPOSE, 'responder/Dockerfile': DOCKERFILE });
  assert.deepEqual(imagesOf(root), ['node:24.21.0-bookworm-slim', 'postgres:17.6-bookworm']);
  assert.deepEqual(imagesOf(folderOf(t, { 'README.md': '' })), []);
});

test('the first thing that is missing is named', () => {
  const here = (over: Partial<DockerHere>): DockerHere => ({
    engine: { version: '28.0.0' },
    compose: '2.40.3',
    images: [
      { name: 'node:24', kind: 'real' },
      { name: 'postgres:17', kind: 'stand-in' },
    ],
    ...over,
  });
  assert.equal(whyNoDocker(here({})), null);
  assert.equal(describeDocker(here({})), 'engine 28.0.0, Compose 2.40.3, stand-ins for 1 of 2 images');
  assert.match(describeDocker(here({ images: [{ name: 'node:24', kind: 'real' }] })), /, real images$/);
  assert.match(whyNoDocker(here({ engine: { problem: 'why' } })) ?? '', /no container engine .*\(why\)/);
  assert.match(whyNoDocker(here({ compose: null })) ?? '', /Compose/);
  const images: DockerHere['images'] = [
    { name: 'node:24', kind: 'absent' },
    { name: 'postgres:17', kind: 'real' },
  ];
  assert.match(whyNoDocker(here({ images })) ?? '', /no node:24 \(node .*images\.ts\)$/);
});

/** A `docker` command that is a shell script, before all others on PATH. */
function fakeDocker(t: TestContext, script: string): string {
  const dir = folderOf(t, { 'docker-compose.yml': COMPOSE });
  writeProgram(join(dir, 'docker'), script);
  const { PATH } = process.env;
  process.env.PATH = dir + delimiter + PATH;
  t.after(() => {
    process.env.PATH = PATH;
  });
  return dir;
}

test('what an engine tells of itself', async (t) => {
  const root = fakeDocker(
    t,
    `case "$1" in
       version) echo 'WARNING: old client' >&2; echo 28.0.0 ;;
       compose) echo 2.40.3 ;;
       image) case "$5" in postgres:*) echo true ;; *) exit 1 ;; esac ;;
     esac`,
  );
  assert.deepEqual(await dockerHere(root), {
    engine: { version: '28.0.0' },
    compose: '2.40.3',
    images: [{ name: 'postgres:17.6-bookworm', kind: 'stand-in' }],
  });
});

test('no engine: the reason is what docker says, and one that hangs is not waited for', async (t) => {
  const absent = await dockerHere(
    fakeDocker(t, 'echo; echo "Cannot connect to the Docker daemon" >&2; exit 1'),
  );
  assert.deepEqual(absent.engine, { problem: 'Cannot connect to the Docker daemon' });
  const began = performance.now();
  const hanging = await dockerHere(fakeDocker(t, 'sleep 60'));
  assert.match('problem' in hanging.engine ? hanging.engine.problem : '', /2000 ms/);
  assert.ok(performance.now() - began < 10_000);
});

test('npm test leaves them out with one line, or takes that for a failure', (t) => {
  const dir = folderOf(t, {});
  const runTests = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['tools/test.ts', 'test/docker/engine.test.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NODE_NO_WARNINGS: '1', DOCKER_HOST: `unix://${dir}/none`, ...env },
    });
  const usual = runTests({ AEGIS_DOCKER: '' });
  assert.equal(usual.status, 0, usual.stdout + usual.stderr);
  assert.match(usual.stdout, /^1 file of tests on Docker left out: no container engine answers \(.+\)$/m);
  const required = runTests({ AEGIS_DOCKER: 'required' });
  assert.equal(required.status, 1, required.stdout + required.stderr);
  assert.match(required.stdout, /^FAILED test\/docker\/: 1 file of tests on Docker left out/m);
});
