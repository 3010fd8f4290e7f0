/** Copies of configuration with one mistake in them. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../stack/context.ts';

/** @returns a folder that holds a copy of the file's folder, in which `from` has become `to` everywhere in the file */
export function changedCopy(t: TestContext, file: string, from: string, to: string): string {
  const root = mkdtempSync(join(tmpdir(), 'aegisops-changed-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = file.split('/')[0] ?? '';
  cpSync(join(ROOT, folder), join(root, folder), { recursive: true });
  const text = readFileSync(join(root, file), 'utf8');
  assert.ok(text.includes(from), `${file} does not hold "${from}"`);
  writeFileSync(join(root, file), text.replaceAll(from, to));
  return root;
}

/** @returns a folder with these files, gone after the test */
export function folderOf(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'aegisops-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}
