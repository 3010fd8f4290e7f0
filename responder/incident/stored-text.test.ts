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

// Tokens are put together here, or whoever looks for secrets in a repository finds them.
const token = (kind: string, body: string) => `${kind}${body}`;
const nested = (value: unknown, depth: number): string =>
  depth === 0 ? JSON.stringify(value) : nested({ msg: JSON.stringify(value) }, depth - 1);

const SECRET: [text: string, ...secrets: string[]][] = [
  ['connect postgres://shop:hunter2@db:5432/shop', 'hunter2'],
  ['Authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
  ['password=hunter2; retrying', 'hunter2'],
  ['{"apiKey":"hunter2","user":"a"}', 'hunter2'],
  ['DB_PASSWORD: "hunter2"', 'hunter2'],
  ['cookie: a=b; aegis_login=api.1772409600.MWK3ry6r1FDF', 'MWK3ry6r1FDF'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', 'MIIE'],
  ['password: -----BEGIN PGP PRIVATE KEY BLOCK-----\nMIIE', 'MIIE'],
  // Ways to write a field.
  [nested({ user: 'a', password: 'hunter2' }, 1), 'hunter2'],
  [nested({ password: 'two "quoted" words\\', user: 'a' }, 2), 'two', 'quoted', 'words'],
  ['{:password=>"hunter2", :user=>"a"}', 'hunter2'],
  ['password => hunter2', 'hunter2'],
  ['[password] => hunter2', 'hunter2'],
  ["os.environ['API_KEY'] = 'hunter2'", 'hunter2'],
  ['password="two words" user=a', 'two', 'words'],
  [`password='two "quoted" words' user=a`, 'two', 'quoted', 'words'],
  [String.raw`password="one\"two three"`, 'one', 'two', 'three'],
  ["password=b'hunter2'", 'hunter2'],
  ['password="no end, two words', 'two words'],
  ['token: ["one1", "two 2"]', 'one1', 'two 2'],
  ['password={SSHA}hunter2', 'hunter2'],
  ['{"corp.example/token":"hunter2"}', 'hunter2'],
  // Names.
  ...['SECRET_KEY', 'SECRET_KEY_BASE', 'AWS_SECRET_ACCESS_KEY', 'PRIVATE_KEY', 'ENCRYPTION_KEY'].map(
    (name): [string, string] => [`${name}=hunter2`, 'hunter2'],
  ),
  ...['signing-key', 'api.key', 'DB_PASS', 'dbPass', 'pass', 'passphrase', 'client_secret'].map(
    (name): [string, string] => [`${name}: hunter2`, 'hunter2'],
  ),
  ['DB_PASS=1234567', '1234567'],
  // Headers.
  ['Cookie: sid=one1; theme=two2\nnext', 'one1', 'two2'],
  ['Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, sid=hunter2; HttpOnly', 'hunter2'],
  ['cookie=a=b; sid=hunter2 status=200', 'hunter2'],
  ["{ cookie: 'a=b; sid=hunter2', host: 'x' }", 'hunter2'],
  ['map[Cookie:[a=b; sid=hunter2] Host:[x]]', 'hunter2'],
  ['Authorization: Token abc', 'abc'],
  ["curl -H 'authorization: token abc' http://shop", 'abc'],
  ['Authorization: abc0def', 'abc0def'],
  ['Authorization: Digest username="one1", realm="r", response="two2"', 'one1', 'two2'],
  ['map[Authorization:[Token hunter2] Host:[x]]', 'hunter2'],
  // Forms.
  ['AWS key AKIAABCDEFGHIJKLMNOP', 'AKIAABCDEFGHIJKLMNOP'],
  ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0aa.c2lnbmF0dXJl', 'c2lnbmF0dXJl'],
  ...(
    [
      ['ASIA', 'ABCDEFGHIJKLMNOP'],
      ['sk_live_', 'a1b2c3d4e5f6g7h8'],
      ['sk_test_', 'a1b2c3d4e5f6g7h8'],
      ['rk_live_', 'a1b2c3d4e5f6g7h8'],
      ['github_pat_', 'A1b2C3d4E5f6G7h8_I9j0K1l2M3n4'],
      ['glpat-', 'a1b2C3d4-E5f6_g7h8'],
      ['npm_', 'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8'],
      ['xapp-', '1-A0B1C2-3456-abcdef'],
    ] as const
  ).map(([kind, body]): [string, string] => [`it said ${token(kind, body)} to me`, body]),
  [
    `POST ${token('https://hooks.slack.com/services/', 'T0001/B0002/abcDEF012')} failed`,
    'abcDEF012',
    'B0002',
  ],
  [String.raw`"https:\/\/hooks.slack.com\/services\/T0001\/B0002\/abcDEF012"`, 'abcDEF012'],
];
for (const [text, ...secrets] of SECRET)
  test(`a secret is blanked: ${text.slice(0, 40)}`, () => {
    for (const secret of secrets) assert.ok(!redacted(text).includes(secret), redacted(text));
    assert.match(redacted(text), /\[redacted\]/);
    assert.equal(redacted(redacted(text)), redacted(text), 'twice is once');
  });

test('what stands around a secret stays', () => {
  for (const [text, left] of [
    [nested({ password: 'a "b" c', user: 'x' }, 1), nested({ password: '[redacted]', user: 'x' }, 1)],
    ['password="two words" user=a', 'password="[redacted]" user=a'],
    ['Authorization: Token abc status=401 path=/', 'Authorization: [redacted] status=401 path=/'],
    ['cookie=a=b; sid=c status=200', 'cookie=[redacted] status=200'],
    ['Cookie: a=b; c=d\nout of memory', 'Cookie: [redacted]\nout of memory'],
    ['secret: {"user":"a","password":"b"}', 'secret: {"user":"a","password":"[redacted]"}'],
  ] as const)
    assert.equal(redacted(text), left);
});

test('to blank twice is to blank once, whatever stands next to what', () => {
  const parts = [
    'password|pass|Pass|db|token|Authorization|cookie|secret_key|Bearer |Token |[redacted]|12|true|abc|a=b|abcdefghij',
    String.raw`"|'|\|\"|:|=|=>| |[|]|{|}|; |, |&|@|/|.|-|_|x://a:|eyJabcdefgh|="x y"|hooks.slack.com/services/`,
    `\n|-----BEGIN PRIVATE KEY-----|${token('AKIA', 'ABCDEFGHIJKLMNOP')}`,
  ].flatMap((line) => line.split('|'));
  let seed = 1;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 1 + next(14) }, () => parts[next(parts.length)]).join('');
    assert.equal(redacted(redacted(text)), redacted(text), JSON.stringify(text));
  }
});

/** What a long search may begin with. */
const BEGUN = [
  String.raw`password|password=|password="|password=\"|password='a |token=[|pass=1|pass={ |dbPass|secret_|\|"|=`,
  'cookie: a=|cookie=a=b;|authorization: a |authorization: a b="|authorization: a b=c,|Bearer |a.|a+|[redacted]',
  '-eyJaaaaaaaa|eyJaaaaaaaa.|-sk-|sk_live_|glpat-|github_pat_|npm_|xapp-|-xoxa-|ASIA|a://|a://b:',
  'hooks.slack.com/services/|hooks.slack.com/services/\\|-----BEGIN |-----BEGIN PRIVATE KEY-----|-----END ',
].flatMap((line) => line.split('|'));
// Read again from each of its words, one of these would take from seconds to hours; read once, some milliseconds.
test('a long line that is made to be hard is read once', { timeout: 120_000 }, () => {
  const long = (text: string) => text.repeat(Math.ceil(400_000 / text.length));
  for (const text of BEGUN)
    for (const hostile of [
      long(text),
      `${text}${long(' ')}`,
      `${text}${long('a')}`,
      `${text}${long('\\')}`,
    ]) {
      const from = performance.now();
      redacted(hostile);
      const ms = performance.now() - from;
      assert.ok(ms < 5_000, `${text}: ${ms} ms`);
    }
  assert.equal(redacted(long('a.')), long('a.'));
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
    '3 tests pass, 1 fails; second pass: 12ms; pass=true; bypass=auth; compass: north',
    'primary_key=12 foreign_key=ab cache_key=user:1 partition_key=a routing_key=b idempotency_key=c key=d',
    'authorization: access denied for bob',
    "Could not load file or assembly 'Acme.Pdf, Culture=neutral, PublicKeyToken=null'",
    'Post "https://idp.corp.example/oauth2/access_token": tls: failed to verify certificate',
    'cookies: 3, passed=2, password="", tokens=512',
    'at com.shop.KeyJoinOperator.processElement(KeyJoinOperator.java:42)',
    'npm_config_registry and npm_lifecycle_event are set; task-0123456789abcdef0123 ended',
  ])
    assert.equal(redacted(text), text);
});
