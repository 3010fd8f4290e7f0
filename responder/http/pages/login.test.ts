/** Logging in: who is led there and back, what a login opens and what it does not. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { API, approvalOf, type Over, problemOf, READ, serve } from '../server.test-helper.ts';

type Fields = Record<string, string>;
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const OURS = { 'sec-fetch-site': 'same-origin' };
const NOBODY_ASKS: Over = { readTokens: [], apiToken: null };
const WAITS: Over = {
  incident: { state: 'awaiting_approval', stage: 'approve' },
  approval: approvalOf(),
};

/** A browser: it keeps the cookie that it is given, and says where its forms come from. */
async function browse(t: TestContext, over: Over = {}) {
  const { ask, post, base, decided, errors } = await serve(t, over);
  let cookie = '';
  const keep = (response: Response) => {
    const set = response.headers.get('set-cookie');
    if (set) cookie = /Max-Age=0/.test(set) ? '' : (set.split(';')[0] ?? '');
    return response;
  };
  const open = async (path: string, headers: Fields = BROWSER) =>
    keep(await ask(path, { headers: { ...headers, cookie } }));
  const send = async (path: string, fields: Fields, headers: Fields = OURS) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return keep(await post(path, `${new URLSearchParams(fields)}`, { ...type, ...headers, cookie }));
  };
  const logIn = (token: string, next?: string) => send('/login', { token, ...(next && { next }) });
  return { open, send, logIn, post, ask, base, decided, errors, cookie: () => cookie };
}
const led = (response: Response) => [response.status, response.headers.get('location')];

test('a browser that may not read yet is led to the page to log in, and from there back', async (t) => {
  const { open, logIn } = await browse(t);
  const cases = [
    ['/', '/login'],
    ['/?q=memory+leak*&show=open', '/login?next=/%3Fq%3Dmemory%2Bleak*%26show%3Dopen'],
    [
      '/?cursor=2026-03-01T12%3A00%3A00.000Z_inc-1',
      '/login?next=/%3Fcursor%3D2026-03-01T12%253A00%253A00.000Z_inc-1',
    ],
    ['/incidents/inc-1', '/login?next=/incidents/inc-1'],
    ['/runbook', '/login?next=/runbook'],
    ['/runbooks/TargetDown', '/login?next=/runbooks/TargetDown'],
  ];
  for (const [path = '', to = ''] of cases) {
    const response = await open(path);
    assert.deepEqual(led(response), [303, to], path);
    assert.equal(response.headers.get('www-authenticate'), null);
    const next = new URL(to, 'http://x').searchParams.get('next') ?? '/';
    const page = await (await open(to)).text();
    assert.ok(page.includes(`name="next" value="${next.replaceAll('&', '&#38;')}"`), path);
    assert.deepEqual(led(await logIn('wrong', next)), [401, null]);
  }
  assert.deepEqual(led(await logIn(READ, '/incidents/inc-1')), [303, '/incidents/inc-1']);
  assert.equal((await open('/incidents/inc-1')).status, 200);
});

test('programs are told 401 as ever, and nobody is led from the API to a page', async (t) => {
  const { open, ask } = await browse(t);
  for (const accept of ['*/*', 'application/json', ''])
    assert.equal(
      (await problemOf(await open('/incidents/inc-1', { accept }))).code,
      'AEGIS_UNAUTHORIZED',
      accept,
    );
  for (const path of ['/api/incidents', '/api/incidents/inc-1', '/api/nowhere', '/runbook.json', '/api/halt'])
    assert.equal((await problemOf(await open(path))).status, 401, path);
  const head = await ask('/', { method: 'HEAD', headers: BROWSER });
  assert.deepEqual([head.status, head.headers.get('www-authenticate')], [401, 'Bearer']);
  const headers = { ...BROWSER, authorization: `Bearer ${READ}` };
  assert.equal((await ask('/incidents/inc-1', { headers })).status, 200);
});

test('next never leads away, neither from the page nor after logging in', async (t) => {
  const { open, logIn } = await browse(t);
  const away = [
    'http://evil.example',
    'https:evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/incidents/../..//evil.example',
    '/incidents//evil.example',
    '/incidents/inc-1\r\nSet-Cookie: a=b',
    '/@evil.example',
    'evil.example',
    'javascript:alert(1)',
    '/incidents/inc-1#//evil.example',
    '/logout',
    '/login?next=/login',
    '"><script>alert(1)</script>',
  ];
  for (const next of away) {
    const page = await (await open(`/login?next=${encodeURIComponent(next)}`)).text();
    assert.ok(page.includes('name="next" value="/"'), next);
    const refused = await (await logIn('wrong', next)).text();
    assert.ok(refused.includes('name="next" value="/"'), next);
    assert.deepEqual(led(await logIn(READ, next)), [303, '/'], next);
  }
  const twice = await (await open('/login?next=/runbook&next=//evil.example')).text();
  assert.ok(twice.includes('name="next" value="/"'));
});

test('a wrong token is the page again, with one sentence and no cookie', async (t) => {
  const { logIn, send, cookie, errors } = await browse(t);
  for (const token of ['nonsense', ' ', '<script>', `${API} ${API}`]) {
    const response = await logIn(token, '/incidents/inc-1');
    assert.deepEqual([response.status, response.headers.get('set-cookie')], [401, null], token);
    const page = await response.text();
    assert.match(page, /role="alert">That token is not one of this responder\.</);
    assert.match(page, /name="next" value="\/incidents\/inc-1"/);
    assert.ok(!page.includes('<script>'));
  }
  assert.equal((await send('/login', {})).status, 400);
  assert.equal((await send('/login', { token: 'x'.repeat(20_000) })).status, 413);
  const json = { ...OURS, 'content-type': 'application/json' };
  assert.equal((await send('/login', { token: API }, json)).status, 400);
  assert.deepEqual([cookie(), errors], ['', []]);
});

test('spaces around a token that was pasted do no harm', async (t) => {
  const { logIn } = await browse(t);
  assert.equal((await logIn(` ${READ}\n`)).status, 303);
});

test('a foreign page logs nobody in or out', async (t) => {
  const { send, logIn, open, base, cookie } = await browse(t);
  const foreign: Fields[] = [
    {},
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: base },
    { origin: 'http://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign) {
    const response = await send('/login', { token: READ }, headers);
    assert.deepEqual(
      [response.status, response.headers.get('set-cookie')],
      [403, null],
      JSON.stringify(headers),
    );
  }
  assert.equal(cookie(), '');
  await logIn(READ);
  for (const headers of foreign) assert.equal((await send('/logout', {}, headers)).status, 403);
  assert.equal((await open('/')).status, 200);
});

test('a login opens everything that may be read, and is kept by no cache', async (t) => {
  for (const token of [READ, API]) {
    const { open, logIn } = await browse(t);
    await logIn(token);
    for (const path of [
      '/',
      '/incidents/inc-1',
      '/runbook',
      '/api/incidents/inc-1',
      '/runbook.json',
      '/api/halt',
    ]) {
      const response = await open(path);
      assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'no-store'], path);
    }
    assert.equal((await open('/incidents/inc-9')).status, 404);
  }
});

test('no login opens a door of the API where something is done', async (t) => {
  const { logIn, post, cookie, decided } = await browse(t, WAITS);
  await logIn(API);
  const headers = { ...OURS, 'content-type': 'application/json', cookie: cookie() };
  const body = JSON.stringify({ hash: 'a'.repeat(64), by: 'kim' });
  for (const path of ['/api/halt', '/api/resume', '/webhook', '/v1/logs'])
    assert.equal((await post(path, body, headers)).status, 401, path);
  for (const word of ['approve', 'reject', 'take', 'release'])
    assert.equal((await post(`/api/incidents/inc-1/${word}`, body, headers)).status, 401, word);
  assert.deepEqual(decided, []);
});

const YES = { decision: 'approve', hash: 'a'.repeat(64), by: 'kim' };
const DECIDE = '/incidents/inc-1/decide';

test('whoever logged in with the API token answers without it, from our own page', async (t) => {
  const { open, send, logIn, decided } = await browse(t, WAITS);
  await logIn(API);
  const page = await (await open('/incidents/inc-1')).text();
  assert.equal(page.match(/action="\/incidents\/inc-1\/decide"/g)?.length, 3);
  assert.ok(!page.includes('type="password"'));
  for (const headers of [{}, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
    assert.equal((await send(DECIDE, YES, headers as Fields)).status, 403);
  assert.deepEqual(decided, []);
  for (const decision of ['approve', 'reject', 'take'])
    assert.deepEqual(led(await send(DECIDE, { ...YES, decision })), [303, '/incidents/inc-1']);
  assert.equal(decided.length, 3);
});

test('whoever logged in with the read token still needs the API token to answer', async (t) => {
  const { open, send, logIn, decided } = await browse(t, WAITS);
  await logIn(READ);
  const page = await (await open('/incidents/inc-1')).text();
  assert.equal(page.match(/type="password"/g)?.length, 3);
  assert.match(page, /href="\/login\?next=\/incidents\/inc-1">Log in with it/);
  for (const fields of [YES, { ...YES, token: READ }, { ...YES, token: '' }]) {
    const refused = await send(DECIDE, fields);
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /href="\/login\?next=\/incidents\/inc-1">Log in</);
  }
  assert.deepEqual(decided, []);
  assert.equal((await send(DECIDE, { ...YES, token: API })).status, 303);
});

test('a cookie that nobody gave opens nothing', async (t) => {
  const { open, send, logIn, ask, cookie, decided } = await browse(t, WAITS);
  await logIn(READ);
  const forged = cookie().replace('=read.', '=api.');
  assert.notEqual(forged, cookie());
  const headers = { ...BROWSER, cookie: forged };
  assert.equal((await ask('/incidents/inc-1', { headers })).status, 303);
  assert.equal((await ask('/api/incidents', { headers })).status, 401);
  assert.equal((await open('/')).status, 200);
  const other = await browse(t, { ...WAITS, apiToken: `${API}-new`, readTokens: [READ, `${API}-new`] });
  assert.equal((await other.ask('/', { headers: { ...BROWSER, cookie: cookie() } })).status, 303);
  assert.equal((await send(DECIDE, YES, { ...OURS, cookie: forged })).status, 401);
  assert.deepEqual(decided, []);
});

test('who logs out is out', async (t) => {
  const { open, send, logIn, cookie } = await browse(t);
  await logIn(API);
  const page = await (await open('/')).text();
  assert.match(page, /<form[^>]* method="post" action="\/logout"><button>Log out/);
  assert.deepEqual(led(await send('/logout', {})), [303, '/login']);
  assert.equal(cookie(), '');
  assert.deepEqual(led(await open('/')), [303, '/login']);
});

test('where no token is set nobody has to log in, and nothing offers it', async (t) => {
  const { open, logIn, send, decided } = await browse(t, { ...WAITS, ...NOBODY_ASKS });
  for (const path of ['/', '/incidents/inc-1', '/runbook']) {
    const response = await open(path);
    assert.deepEqual([response.status, response.headers.get('cache-control')], [200, null], path);
    assert.ok(!/log (in|out)|type="password"/i.test(await response.text()), path);
  }
  assert.deepEqual(led(await open('/login?next=/runbook')), [303, '/runbook']);
  const response = await logIn('anything', '/runbook');
  assert.deepEqual([...led(response), response.headers.get('set-cookie')], [303, '/runbook', null]);
  assert.equal((await send(DECIDE, YES)).status, 303);
  assert.equal(decided.length, 1);
});

test('where reading is open a login is offered, for the forms', async (t) => {
  const { open, logIn } = await browse(t, { ...WAITS, readTokens: [] });
  assert.match(await (await open('/')).text(), /href="\/login">Log in</);
  assert.match(await (await open('/incidents/inc-1')).text(), /type="password"/);
  assert.equal((await logIn(READ)).status, 401, 'it is no token here');
  await logIn(API);
  const page = await (await open('/incidents/inc-1')).text();
  assert.ok(page.includes('Log out') && !page.includes('type="password"'));
});

test('too many tries at once are told so; other doors and those who are in do not notice', async (t) => {
  const { logIn, open } = await browse(t, { brake: { waitMs: 300, atOnce: 3 } });
  await logIn(READ);
  const tries = Array.from({ length: 6 }, () => logIn('wrong'));
  assert.equal((await open('/')).status, 200);
  const answers = await Promise.all(tries);
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [401, 401, 401, 429, 429, 429]);
  const busy = answers.find(({ status }) => status === 429);
  assert.equal(busy?.headers.get('retry-after'), '1');
  assert.match((await busy?.text()) ?? '', /Too many tries at once come from your address/);
  assert.equal((await logIn(READ)).status, 303);
});
