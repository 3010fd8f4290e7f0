import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, componentsIn, makeExamine, objection } from './examine.ts';
import { PRODUCT, tempDir, writeProgram } from './products.test-helper.ts';

const COLLECTOR = { ...PRODUCT, components: ['receivers/otlp', 'exporters/otlphttp'] };
const LISTED = `buildinfo:
    command: otelcol
    version: 0.155.0
receivers:
    - name: otlp
      module: go.opentelemetry.io/collector/receiver/otlpreceiver v0.155.0
      stability:
        logs: Stable
processors:
    - name: memory_limiter
exporters:
    - name: otlp_http
    - name: nop
`;

test('components are read with their kind, under the name that both old and new Collectors take', () => {
  const expected = ['receivers/otlp', 'processors/memory_limiter', 'exporters/otlphttp', 'exporters/nop'];
  assert.deepEqual(componentsIn(LISTED), expected);
  assert.deepEqual(componentsIn('exporters:\n  - otlphttp\n'), ['exporters/otlphttp']); // as older ones list them
});

test('a program is asked for its version, a Collector for its components too', async (t) => {
  const dir = tempDir(t);
  const script = `if [ "$1" = components ]; then cat <<'END'\n${LISTED}\nEND\nelse echo "otelcol version 0.155.0"; fi`;
  const facts = await ask(writeProgram(join(dir, 'otelcol'), script), COLLECTOR);
  assert.equal(facts.version, '0.155.0');
  assert.ok(facts.components.includes('exporters/otlphttp'));
});

test('the objection says what is wrong and where; a good program has none', async (t) => {
  const path = '/opt/prometheus';
  const facts = (version: string, components: string[] = []) => ({ version, components });
  assert.equal(objection(path, PRODUCT, facts('3.0.0')), undefined);
  assert.equal(
    objection(path, PRODUCT, facts('2.55.1')),
    'prometheus 2.55.1 (/opt/prometheus) is older than 3.0.0',
  );
  assert.equal(
    objection(path, COLLECTOR, facts('3.1.0', ['receivers/otlp'])),
    'prometheus 3.1.0 (/opt/prometheus) lacks exporters/otlphttp',
  );
  const mute = writeProgram(join(tempDir(t), 'mute'), 'echo "cannot load libx.so"');
  assert.match(
    objection(mute, PRODUCT, await ask(mute, PRODUCT)) ?? '',
    /mute does not run: .*cannot load libx.so/,
  );
  const text = join(tempDir(t), 'text');
  writeFileSync(text, 'no program');
  assert.match(objection(text, PRODUCT, await ask(text, PRODUCT)) ?? '', /text does not run: .*EACCES/);
});

test('a program is asked once, again when it has changed, and each time while it fails', async (t) => {
  const dir = tempDir(t);
  const calls = join(dir, 'calls');
  writeFileSync(calls, '');
  const asked = () => readFileSync(calls, 'utf8').length;
  const program = join(dir, 'prometheus');
  const examine = makeExamine({ cache: join(dir, 'cache') });
  const write = (says: string) => writeProgram(program, `printf x >> '${calls}'; echo ${says}`);

  write('version 3.5.3');
  assert.equal((await examine(program, PRODUCT)).version, '3.5.3');
  assert.equal((await makeExamine({ cache: join(dir, 'cache') })(program, PRODUCT)).version, '3.5.3');
  assert.equal(asked(), 1, 'remembered, by another process too');

  write('version 3.10.12');
  assert.equal((await examine(program, PRODUCT)).version, '3.10.12');
  assert.equal(asked(), 2);

  write('a library is missing');
  for (const times of [3, 4]) {
    assert.equal((await examine(program, PRODUCT)).version, undefined);
    assert.equal(asked(), times);
  }
});

test('a broken memory is no obstacle', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'examined.json'), '{ "half');
  const program = writeProgram(join(dir, 'prometheus'), 'echo version 3.5.3');
  assert.equal((await makeExamine({ cache: dir })(program, PRODUCT)).version, '3.5.3');
});
