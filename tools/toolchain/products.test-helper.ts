/** Small programs that answer `--version` as the real ones do, and a product made of them. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Platform } from './platform.ts';
import type { Product, Program } from './products.ts';

export const PLATFORM: Platform = { name: 'linux-x64', os: 'linux', arch: 'amd64' };

/** Prometheus in all but its size: two programs, 3.0.0 or newer. */
export const PRODUCT: Product = {
  title: 'Prometheus',
  name: 'prometheus',
  programs: ['prometheus', 'promtool'],
  version: '3.5.3',
  minimum: '3.0.0',
  aliases: { prometheus: ['prometheus-server'] },
  components: [],
  release: {
    base: 'http://127.0.0.1:1/{version}/',
    archive: 'prometheus-{version}.{os}-{arch}.tar.gz',
    checksums: 'sha256sums.txt',
    member: 'prometheus-{version}.{os}-{arch}/{program}',
  },
  install: 'Prometheus 3.0 or newer',
};

/** A folder that is gone after the test. */
export function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'aegisops-toolchain-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes an executable shell script. */
export function writeProgram(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Puts the product's programs, all of one version, into a folder. */
export function writePrograms(dir: string, version: string, programs: Program[] = PRODUCT.programs): string {
  for (const program of programs)
    writeProgram(join(dir, program), `echo "${program}, version ${version}+ds1 (branch: debian/sid, 2026)"`);
  return dir;
}
