/** The stand-ins bear the very names that docker-compose.yml and the Dockerfiles use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../../../tools/stack/context.ts';
import { imagesOf } from '../../../tools/test/docker.ts';
import { npmrcOf, parseSettings } from './node.ts';
import { RECIPES } from './recipes.ts';

test('each image that the tests start has a stand-in, and no stand-in is made for nothing', () => {
  assert.deepEqual(RECIPES.map(({ image }) => image).sort(), imagesOf(ROOT));
});

test('the image of Node gets what this machine says of its npm registry', () => {
  const output =
    'registry=https://mirror.test/npm/\nproxy=null\nhttps-proxy=null\nnoproxy=\nstrict-ssl=true\n';
  const settings = parseSettings(output);
  assert.deepEqual(settings, { registry: 'https://mirror.test/npm/', 'strict-ssl': 'true' });
  const lines = npmrcOf(settings).split('\n');
  assert.ok(lines.includes('registry=https://mirror.test/npm/'));
  assert.ok(lines.some((line) => line.startsWith('cafile=/etc/')));
});
