import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectionFields } from '../postgres-url.ts';
import { mayBeAnonymous, readerUrl, writeAnonymous } from './grafana.ts';

test('nobody looks on unasked but from this machine; what is not understood counts as open to all', () => {
  for (const bind of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])
    assert.equal(mayBeAnonymous(bind), true, bind);
  for (const bind of ['0.0.0.0', '', '10.0.0.4', '::', '[::]', '127.0.0.1.example', 'localhost.example', '*'])
    assert.equal(mayBeAnonymous(bind), false, bind);
});

test('the file says it in one word without a line’s end, and another address changes it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aegis-grafana-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'grafana_anonymous');
  await writeAnonymous(folder, '127.0.0.1');
  assert.equal(readFileSync(file, 'utf8'), 'true');
  assert.equal(statSync(file).mode & 0o777, 0o444);
  await writeAnonymous(folder, '0.0.0.0');
  assert.equal(readFileSync(file, 'utf8'), 'false');
  assert.deepEqual(readdirSync(folder), ['grafana_anonymous']);
});

test('the reader enters the responder’s database, with its own password', () => {
  const { user, password, host, database } = connectionFields(
    readerUrl('postgres://aegis:secret@postgres:5432/aegis', 'of/its own'),
  );
  assert.deepEqual(
    { user, password, host, database },
    {
      ...{ user: 'grafana_reader', password: 'of/its own', host: 'postgres', database: 'aegis' },
    },
  );
});
