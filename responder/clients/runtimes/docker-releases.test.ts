import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerOf, imageOf } from './docker.test-helper.ts';
import type { Engine } from './docker-engine.ts';
import { putOnRecord, readReleases, versionFor } from './docker-releases.ts';

const id = (n: number) => `sha256:${String(n).padStart(64, '0')}`;

/** Keeps tags as an engine does. */
function fakeEngine() {
  const tags = new Map<string, string>();
  const engine = {
    tags: async (repository: string) =>
      [...tags]
        .filter(([name]) => name.startsWith(`${repository}:`))
        .map(([name, imageId]) => ({ tag: name.split(':')[1] ?? '', imageId })),
    tag: async (imageId: string, repository: string, tag: string) =>
      void tags.set(`${repository}:${tag}`, imageId),
    untag: async (reference: string) => void tags.delete(reference),
    image: async (imageId: string) =>
      imageOf({ Labels: { 'org.opencontainers.image.version': `1.${Number(imageId.slice(7))}.0` } }, imageId),
  } as unknown as Engine;
  return { engine, tags };
}
const container = (n: number, at: number) =>
  containerOf({ Image: id(n), Created: new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString() });

test('what ran is read back oldest first, with when and by whom', async () => {
  const { engine, tags } = fakeEngine();
  await putOnRecord(engine, 'Shop & Co', container(1, 0), 'deploy');
  await putOnRecord(engine, 'Shop & Co', container(2, 5), 'deploy');
  await putOnRecord(engine, 'Shop & Co', container(1, 9), '0b6f-4c');
  const record = await readReleases(engine, 'Shop & Co');
  assert.deepEqual(
    record.map(({ version, at, by, imageId }) => [version, at, by, imageId]),
    [
      ['1.1.0', '2026-01-01T00:00:00.000Z', 'deploy', id(1)],
      ['1.2.0', '2026-01-01T00:05:00.000Z', 'deploy', id(2)],
      ['1.1.0', '2026-01-01T00:09:00.000Z', '0b6f-4c', id(1)],
    ],
  );
  assert.ok([...tags.keys()].every((tag) => tag.startsWith('aegis-releases/shop-co:')));
});

test('the same image again, a replica and a second look add nothing', async () => {
  const { engine, tags } = fakeEngine();
  for (const at of [0, 0, 3]) await putOnRecord(engine, 'shop', container(1, at), 'deploy');
  assert.equal(tags.size, 1);
});

test('an older container seen late is no new release', async () => {
  const { engine } = fakeEngine();
  await putOnRecord(engine, 'shop', container(1, 0), 'deploy');
  await putOnRecord(engine, 'shop', container(2, 5), 'deploy');
  await putOnRecord(engine, 'shop', container(1, 1), 'deploy');
  assert.deepEqual(
    (await readReleases(engine, 'shop')).map(({ version }) => version),
    ['1.1.0', '1.2.0'],
  );
});

test('five images are kept, the oldest goes', async () => {
  const { engine } = fakeEngine();
  for (let n = 1; n <= 7; n++) await putOnRecord(engine, 'shop', container(n, n), 'deploy');
  assert.deepEqual(
    (await readReleases(engine, 'shop')).map(({ version }) => version),
    ['1.3.0', '1.4.0', '1.5.0', '1.6.0', '1.7.0'],
  );
});

test('a foreign tag is no entry', async () => {
  const { engine, tags } = fakeEngine();
  tags.set('aegis-releases/shop:mine', id(1));
  assert.deepEqual(await readReleases(engine, 'shop'), []);
});

test('a version: the label, else the tag, else the id; another image of that version gets a piece of its id', () => {
  const told = (Image: string, labels = {}, entries: Parameters<typeof versionFor>[0] = []) =>
    versionFor(entries, containerOf({ Image: id(7), Config: { Image } }), imageOf({ Labels: labels }, id(7)));
  assert.equal(told('shop:2.0', { 'org.opencontainers.image.version': '2.0.1+b' }), '2.0.1-b');
  assert.equal(told('registry.local:5000/shop:2.0'), '2.0');
  for (const image of ['shop', 'shop:latest', id(7), 'registry.local:5000/shop'])
    assert.equal(told(image), '000000000000', image);
  const entry = {
    version: '2.0',
    at: '2026-01-01T00:00:00.000Z',
    by: 'deploy',
    imageId: id(1),
    reference: 'r',
  };
  assert.equal(told('shop:2.0', {}, [entry]), '2.0-00000000');
  assert.equal(told('shop:2.0', {}, [{ ...entry, imageId: id(7), version: 'known' }]), 'known');
});
