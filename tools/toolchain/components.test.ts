/** The Collector's components: those the configuration names, those we ask for, and those we build. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../stack/context.ts';
import { PRODUCTS } from './products.ts';

const KINDS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'] as const;
type Kind = (typeof KINDS)[number];
type Manifest = Record<string, { gomod: string }[]> & { dist: { version: string } };

const folder = join(ROOT, 'otel-collector');
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'));
const manifest = read('builder.yaml') as Manifest;
const collector = PRODUCTS.find(({ name }) => name === 'otelcol');
assert.ok(collector);

/** `filter/not-our-own` is a `filter`. */
function namedIn(file: string): string[] {
  const config = read(file) as Record<Kind, object | undefined>;
  return KINDS.flatMap((kind) =>
    Object.keys(config[kind] ?? {}).map((name) => `${kind}/${name.split('/')[0]}`),
  );
}

/** `.../processor/memorylimiterprocessor v0.155.0` is `processors/memorylimiter`: module names have no underscores. */
function built(): string[] {
  return KINDS.flatMap((kind) =>
    (manifest[kind] ?? []).map(({ gomod }) => {
      const module = gomod.split(' ')[0]?.split('/').at(-1) ?? '';
      return `${kind}/${module.replace(new RegExp(`${kind.slice(0, -1)}$`), '')}`;
    }),
  );
}

test('every component that a configuration names is asked of a Collector that is found', () => {
  const configs = globSync('*.yaml', { cwd: folder }).filter((file) => file !== 'builder.yaml');
  assert.deepEqual(configs.sort(), ['config.yaml', 'traces.yaml']);
  for (const file of configs)
    for (const component of namedIn(file))
      assert.ok(collector.components.includes(component), `${component} of ${file}`);
});

test('every component that is asked for is built into our own', () => {
  const ours = built();
  for (const component of collector.components)
    assert.ok(ours.includes(component.replaceAll('_', '')), `${component} in builder.yaml`);
});

test('builder.yaml builds the version that is fetched elsewhere', () => {
  assert.equal(manifest.dist.version, collector.version);
  const modules = KINDS.flatMap((kind) => manifest[kind] ?? []);
  for (const { gomod } of modules) assert.equal(gomod.split(' ')[1], `v${collector.version}`, gomod);
  const text = readFileSync(join(folder, 'builder.yaml'), 'utf8');
  assert.ok(text.includes(`builder@v${collector.version}`), 'the command in its first comment');
});
