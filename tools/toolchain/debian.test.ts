import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Apt } from './apt.ts';
import { makeDebianSource, provideTemplates } from './debian.ts';
import { PLATFORM, PRODUCT, tempDir, writePrograms } from './products.test-helper.ts';

test('templates are written where they are missing; what is there stays', (t) => {
  const folder = tempDir(t);
  const home = join(tempDir(t), 'usr/share/alertmanager');
  mkdirSync(join(folder, 'templates'));
  writeFileSync(join(folder, 'templates/default.tmpl'), 'default');
  writeFileSync(join(folder, 'templates/email.tmpl'), 'email');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'email.tmpl'), "the machine's own");
  const said: string[] = [];
  provideTemplates(folder, (line) => said.push(line), home);
  assert.equal(readFileSync(join(home, 'default.tmpl'), 'utf8'), 'default');
  assert.equal(readFileSync(join(home, 'email.tmpl'), 'utf8'), "the machine's own");
  assert.equal(said.length, 1, 'what is written outside of the cache is told');
  provideTemplates(folder, assert.fail, home); // and the second time there is nothing to do
});

test('a product without templates needs none; a place that cannot be written is named with the cure', (t) => {
  const folder = tempDir(t);
  const home = join(folder, 'file/templates');
  provideTemplates(folder, assert.fail, home);
  assert.equal(existsSync(home), false);
  mkdirSync(join(folder, 'templates'));
  writeFileSync(join(folder, 'templates/default.tmpl'), '');
  writeFileSync(join(folder, 'file'), 'in the way');
  assert.throws(
    () => provideTemplates(folder, assert.fail, home),
    /default\.tmpl, which cannot be written .*as root/,
  );
});

/** Unpacks `from` for whatever is asked. */
const aptOf = (from: string): Apt => ({
  names: async () => [],
  unpack: async (packages, into) => {
    assert.deepEqual(packages, ['prometheus', 'promtool']);
    cpSync(from, into, { recursive: true });
  },
});
const DEBIAN = {
  ...PRODUCT,
  debian: {
    packages: ['prometheus', 'promtool'],
    files: { prometheus: 'usr/bin/prometheus-server', promtool: 'usr/bin/promtool' },
  },
};

test('programs come out of the packages under their own names, ready to run', async (t) => {
  const [unpacked, into] = [tempDir(t), join(tempDir(t), 'into')];
  mkdirSync(into);
  const bin = writePrograms(join(unpacked, 'usr/bin'), '3.5.3');
  cpSync(join(bin, 'prometheus'), join(bin, 'prometheus-server'));
  const source = makeDebianSource({ apt: aptOf(unpacked), platform: PLATFORM });
  assert.equal(source.serves(DEBIAN), true);
  assert.equal(source.serves(PRODUCT), false);
  await source.fetch(DEBIAN, into, () => undefined);
  assert.deepEqual(readdirSync(into).sort(), ['prometheus', 'promtool']);
  assert.equal(statSync(join(into, 'prometheus')).mode & 0o111, 0o111);
});

test('a package without the program, and a machine that is not Linux, are refused', async (t) => {
  const [unpacked, into] = [tempDir(t), join(tempDir(t), 'into')];
  mkdirSync(into);
  writePrograms(join(unpacked, 'usr/bin'), '3.5.3', ['promtool']);
  const source = makeDebianSource({ apt: aptOf(unpacked), platform: PLATFORM });
  await assert.rejects(source.fetch(DEBIAN, into, assert.fail), /holds no prometheus/);
  const mac = makeDebianSource({ apt: aptOf(unpacked), platform: { ...PLATFORM, os: 'darwin' } });
  await assert.rejects(mac.fetch(DEBIAN, into, assert.fail), /do not run on darwin/);
});
