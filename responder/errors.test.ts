import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AegisError, ERRORS, wordsOf } from './errors.ts';

test('docs/errors.md lists every code with its status, and no other', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(AEGIS_\w+)` \| (\d+|-) \|/gm)];
  assert.deepEqual(rows.map(([, code]) => code).toSorted(), Object.keys(ERRORS).toSorted());
  for (const [, code, status] of rows)
    if (status !== '-') assert.equal(Number(status), ERRORS[code as keyof typeof ERRORS].status, code);
});

test('words tell the cause that fetch and pg hide, once', () => {
  const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  assert.equal(wordsOf(new Error('fetch failed', { cause: refused })), 'fetch failed: ECONNREFUSED');
  const wrapped = new AegisError('AEGIS_UPSTREAM', 'x: fetch failed', { cause: new Error('fetch failed') });
  assert.equal(wordsOf(wrapped), 'x: fetch failed');
  assert.equal(wordsOf('a string'), 'a string');
});
