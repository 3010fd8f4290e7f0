import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonb, redacted, storable } from './stored-text.ts';

test('what PostgreSQL cannot hold is dropped, in values and in names of fields', () => {
  assert.equal(storable('a\0b\ud800c'), 'ab\ufffdc');
  assert.equal(
    jsonb({ 'k\0': ['\0x', { deep: 'y\udfff' }], n: 1, no: null }),
    '{"k":["x",{"deep":"y\ufffd"}],"n":1,"no":null}',
  );
});

const SECRET: [text: string, secret: string][] = [
  ['connect postgres://shop:hunter2@db:5432/shop', 'hunter2'],
  ['Authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
  ['password=hunter2; retrying', 'hunter2'],
  ['{"apiKey":"hunter2","user":"a"}', 'hunter2'],
  ['DB_PASSWORD: "hunter2"', 'hunter2'],
  ['cookie: a=b; aegis_login=api.1772409600.MWK3ry6r1FDF', 'MWK3ry6r1FDF'],
  ['AWS key AKIAABCDEFGHIJKLMNOP', 'AKIAABCDEFGHIJKLMNOP'],
  ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0aa.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', 'MIIE'],
];
for (const [text, secret] of SECRET)
  test(`a secret is blanked: ${text.slice(0, 24)}`, () => {
    assert.ok(!redacted(text).includes(secret), redacted(text));
    assert.match(redacted(text), /\[redacted\]/);
  });

// Reading it again from each of its words would take minutes.
test('a long line of words and dots is read once', { timeout: 60_000 }, () => {
  const hostile = 'a.'.repeat(200_000);
  assert.equal(redacted(hostile), hostile);
  assert.match(
    redacted('mongodb+srv://shop:hunter2@db.internal/shop'),
    /mongodb\+srv:\/\/shop:\[redacted\]@db/,
  );
});

test('what explains an incident is left as it is', () => {
  for (const text of [
    'cart cache grew to 544 entries, 136 MB; memory at 92 % of its limit',
    'max by (service, instance) (process_memory_limit_utilization_ratio{service="target-app"})',
    'http://127.0.0.1:8000/health answered 200',
    'the token is not the right one',
  ])
    assert.equal(redacted(text), text);
});
