/** Where a product is taken from: PATH, then the cache, then the sources in their order. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PLATFORM, PRODUCT, tempDir, writeProgram, writePrograms } from './products.test-helper.ts';
import { provide } from './provide.ts';
import type { Source } from './source.ts';

/** A source that has the product in this version; how often it was asked is counted. */
function sourceOf(name: string, version: string) {
  const source = {
    name,
    asked: 0,
    serves: () => true,
    fetch: async (_: unknown, into: string) => {
      source.asked += 1;
      writePrograms(into, version);
    },
  };
  return source satisfies Source;
}

function brokenSource(name: string, reason: string): Source {
  return { name, serves: () => true, fetch: () => Promise.reject(new Error(reason)) };
}

function machine(t: TestContext) {
  const root = tempDir(t);
  const [bin, cache, scratch] = ['bin', 'cache', 'cache/scratch'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(scratch, { recursive: true });
  const said: string[] = [];
  const provideFrom = (sources: Source[]) =>
    provide({ cache, platform: PLATFORM, sources, scratch, say: (line) => said.push(line), path: bin })(
      PRODUCT,
    );
  return { bin, cache, said, provideFrom, cached: join(cache, 'prometheus-3.5.3-linux-x64') };
}

test('what is good on PATH is taken, under another name too, and nothing is fetched', async (t) => {
  const { bin, cached, provideFrom } = machine(t);
  writePrograms(bin, '3.1.0', ['promtool']);
  writeProgram(join(bin, 'prometheus-server'), 'echo version 3.1.0');
  writePrograms(cached, '3.5.3');
  assert.deepEqual(await provideFrom([brokenSource('never', 'asked')]), {
    prometheus: join(bin, 'prometheus-server'),
    promtool: join(bin, 'promtool'),
  });
});

test('where one program on PATH is too old or missing, all come from the cache', async (t) => {
  const { bin, cached, provideFrom } = machine(t);
  writePrograms(cached, '3.5.3');
  const fromCache = { prometheus: join(cached, 'prometheus'), promtool: join(cached, 'promtool') };
  writePrograms(bin, '3.1.0', ['prometheus']);
  assert.deepEqual(await provideFrom([]), fromCache);
  writePrograms(bin, '2.55.1', ['promtool']);
  assert.deepEqual(await provideFrom([]), fromCache);
});

test('the first source that serves fills the cache, and the next time nobody is asked', async (t) => {
  const { cache, cached, said, provideFrom } = machine(t);
  const [good, later] = [sourceOf('second', '3.5.3'), sourceOf('third', '3.9.0')];
  const sources = [brokenSource('first', 'the host is down'), good, later];
  const found = await provideFrom(sources);
  assert.equal(found.promtool, join(cached, 'promtool'));
  assert.ok(existsSync(join(cached, 'promtool')));
  assert.ok(said.includes('Prometheus: first did not serve: the host is down'));
  assert.deepEqual(await provideFrom(sources), found);
  assert.deepEqual([good.asked, later.asked], [1, 0]);
  assert.deepEqual(
    readdirSync(cache).filter((name) => name.endsWith('.lock')),
    [],
  );
});

test('two at once fetch once', async (t) => {
  const { provideFrom } = machine(t);
  const source = sourceOf('slow', '3.5.3');
  const [one, two] = await Promise.all([provideFrom([source]), provideFrom([source])]);
  assert.deepEqual(one, two);
  assert.equal(source.asked, 1);
});

test('what a source brings is examined like anything else', async (t) => {
  const { cached, provideFrom } = machine(t);
  const half: Source = {
    name: 'half',
    serves: () => true,
    fetch: async (_, into) => void writePrograms(into, '3.5.3', ['prometheus']),
  };
  await assert.rejects(provideFrom([half, sourceOf('old', '2.55.1')]), (error: Error) => {
    assert.match(error.message, /- half: .*promtool is missing/);
    assert.match(error.message, /- old: prometheus 2.55.1 .*is older than 3.0.0/);
    return true;
  });
  assert.equal(existsSync(cached), false);
});

test('a broken cache is fetched again', async (t) => {
  const { cached, provideFrom } = machine(t);
  writePrograms(cached, '3.5.3', ['prometheus']);
  const found = await provideFrom([sourceOf('source', '3.5.3')]);
  assert.ok(existsSync(found.promtool ?? ''));
});

test('when all fails, the error names all that was tried, why not, and what to install', async (t) => {
  const { bin, cache, provideFrom } = machine(t);
  writePrograms(bin, '2.55.1', ['prometheus']);
  const other: Source = { ...brokenSource('other', 'never asked'), serves: () => false };
  const sources = [brokenSource('release archive', 'no network'), other, brokenSource('Debian', 'no apt')];
  await assert.rejects(provideFrom(sources), {
    message: [
      'Prometheus cannot be had. Tried:',
      `  - PATH: prometheus 2.55.1 (${join(bin, 'prometheus')}) is older than 3.0.0; no promtool`,
      `  - cache ${cache}: not there`,
      '  - release archive: no network',
      '  - Debian: no apt',
      '  Install Prometheus 3.0 or newer and put it on PATH, or connect to a network and run again. See docs/setup.md.',
    ].join('\n'),
  });
});

test('Debian templates of a cached product that cannot be put in place count as a reason', async (t) => {
  const { cached, provideFrom } = machine(t);
  writePrograms(cached, '3.5.3');
  cpSync(join(cached, 'prometheus'), join(cached, 'templates')); // a file where a folder belongs
  await assert.rejects(provideFrom([]), /- cache .*prometheus-3.5.3-linux-x64: ENOTDIR/);
});
