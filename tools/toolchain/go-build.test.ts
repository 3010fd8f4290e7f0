import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Apt } from './apt.ts';
import { makeGoSource } from './go-build.ts';
import { PRODUCT, tempDir, writeProgram } from './products.test-helper.ts';

const COLLECTOR = {
  ...PRODUCT,
  name: 'otelcol',
  title: 'Collector',
  version: '0.155.0',
  programs: ['otelcol' as const],
};
const MANIFEST = 'dist:\n  name: otelcol\n  output_path: ./dist\n';

/** Does what the builder does: puts a program where its manifest says. `go` is also called by the builder itself. */
const goScript = (version: string) => `
if [ "$1" = version ]; then echo "go version ${version} linux/amd64"; exit; fi
[ "$1 $2 $3" = "run go.opentelemetry.io/collector/cmd/builder@v0.155.0 --config" ] || exit 9
out=$(sed -n 's/^ *output_path: //p' "$4")
mkdir -p "$out" && echo "GOROOT=$GOROOT GOTOOLCHAIN=$GOTOOLCHAIN" > "$out/otelcol"`;

const noApt: Apt = {
  names: () => Promise.reject(new Error('there is no apt-get here')),
  unpack: () => Promise.reject(new Error('never asked')),
};

function workshop(t: TestContext, apt: Apt) {
  const dir = tempDir(t);
  const into = join(dir, 'into');
  for (const name of ['into', 'cache']) mkdirSync(join(dir, name));
  writeFileSync(join(dir, 'builder.yaml'), MANIFEST);
  const path = join(dir, 'bin');
  const source = makeGoSource({ apt, cache: join(dir, 'cache'), manifest: join(dir, 'builder.yaml'), path });
  return { dir, into, path, build: () => source.fetch(COLLECTOR, into, () => undefined), source };
}

test('a Go that is new enough builds what the manifest says, outside of the clone', async (t) => {
  const { dir, into, path, build, source } = workshop(t, noApt);
  writeProgram(join(path, 'go'), goScript('go1.25.4'));
  await build();
  assert.ok(existsSync(join(into, 'otelcol')));
  assert.equal(
    readFileSync(join(dir, 'builder.yaml'), 'utf8'),
    MANIFEST,
    'the manifest itself is not touched',
  );
  assert.equal(source.serves(PRODUCT), false);
});

test("without one, Debian's newest is unpacked, used for itself alone, and removed afterwards", async (t) => {
  const apt: Apt = {
    names: async () => ['golang-1.9-go', 'golang-1.26-go', 'golang-1.25-go', 'golang-1.27-doc'],
    unpack: async (packages, root) => {
      assert.deepEqual(packages, ['golang-1.26-go', 'golang-1.26-src']);
      writeProgram(join(root, 'usr/lib/go-1.26/bin/go'), goScript('go1.26.1'));
    },
  };
  const { dir, into, path, build } = workshop(t, apt);
  writeProgram(join(path, 'go'), goScript('go1.19.8'));
  await build();
  const golang = join(dir, 'cache', `golang-${process.platform}-${process.arch}`);
  const used = readFileSync(join(into, 'otelcol'), 'utf8').trim();
  assert.equal(used, `GOROOT=${join(golang, 'usr/lib/go-1.26')} GOTOOLCHAIN=local`);
  assert.equal(existsSync(golang), false);
});

test('neither is one reason', async (t) => {
  const { build } = workshop(t, noApt);
  await assert.rejects(
    build(),
    /no Go 1.25.0 or newer on PATH, and Debian's cannot be had: there is no apt-get/,
  );
});

test('a build that fails is told with the end of its output', async (t) => {
  const { path, build } = workshop(t, noApt);
  writeProgram(
    join(path, 'go'),
    'if [ "$1" = version ]; then echo go version go1.26.0; else echo "module not found" >&2; exit 1; fi',
  );
  await assert.rejects(build(), /module not found/);
});
