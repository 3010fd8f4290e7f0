/** The cookie of whoever logged in: what it tells, and that nobody else can make one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from 'express';
import { NOW } from '../../test/builders.ts';
import { LOGIN_COOKIE, type LoginsOptions, makeLogins, type Role } from './logins.ts';
import { API, READ } from './server.test-helper.ts';

const HOURS = 3_600_000;
const loginsOf = (over: Partial<LoginsOptions> = {}) =>
  makeLogins({ readTokens: [READ, API], apiToken: API, clock: () => NOW, ...over });
const later = (ms: number) => loginsOf({ clock: () => new Date(NOW.getTime() + ms) });

/** The header that a log-in answers with. */
function setCookie(role: Role, logins = loginsOf(), headers: Record<string, string> = {}): string {
  const set: string[] = [];
  const response = { setHeader: (_name: string, value: string) => set.push(value) };
  logins.logIn({ headers } as unknown as Request, response as unknown as Response, role);
  return set.join();
}
const cookieOf = (role: Role, logins = loginsOf()) => setCookie(role, logins).split(';')[0] ?? '';
const who = (cookie: string, logins = loginsOf()) => logins.who({ headers: { cookie } });

test('a token tells the role; what is no token tells none', () => {
  const logins = loginsOf();
  assert.equal(logins.roleOf(READ), 'read');
  assert.equal(logins.roleOf(API), 'api');
  for (const token of ['', ' ', 'undefined', 'null', READ.slice(0, -1), `${API}x`, API.toUpperCase()])
    assert.equal(logins.roleOf(token), null, token);
});

test('a token that is not set opens nothing, unlike a door', () => {
  const onlyDeciding = loginsOf({ readTokens: [] });
  assert.deepEqual([onlyDeciding.roleOf(API), onlyDeciding.roleOf(READ)], ['api', null]);
  const onlyReading = loginsOf({ readTokens: [READ, undefined], apiToken: undefined });
  assert.deepEqual([onlyReading.roleOf(READ), onlyReading.roleOf(API)], ['read', null]);
  const none = loginsOf({ readTokens: [], apiToken: undefined });
  assert.deepEqual([none.possible, none.roleOf(''), none.roleOf('undefined')], [false, null, null]);
  assert.equal(who(cookieOf('api', none), none), null);
});

test('a cookie tells its role for 12 hours, on every replica with the same tokens', () => {
  for (const role of ['read', 'api'] as const) {
    const cookie = cookieOf(role);
    assert.equal(who(cookie, loginsOf()), role);
    assert.equal(who(cookie, later(12 * HOURS - 1_000)), role);
    assert.equal(who(cookie, later(12 * HOURS)), null, 'too old');
  }
});

test('a cookie holds no token, and no page can read it', () => {
  for (const role of ['read', 'api'] as const) {
    const header = setCookie(role);
    assert.ok(!header.includes(READ) && !header.includes(API));
    assert.match(header, /; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/);
  }
});

test('it goes over HTTPS alone where it came by HTTPS, as the browser says and nobody else', () => {
  const secure = (headers: Record<string, string>) =>
    setCookie('read', loginsOf(), headers).includes('; Secure');
  assert.equal(secure({ origin: 'https://aegis.example' }), true);
  assert.equal(secure({ origin: 'http://aegis.example' }), false);
  assert.equal(secure({ 'x-forwarded-proto': 'https' }), false);
});

test('whoever changes a token logs everybody out', () => {
  const cookies = [cookieOf('read'), cookieOf('api')];
  const changed = [
    loginsOf({ readTokens: [`${READ}x`, API] }),
    loginsOf({ readTokens: [READ, `${API}x`], apiToken: `${API}x` }),
    loginsOf({ readTokens: [] }),
    loginsOf({ readTokens: [READ, undefined], apiToken: undefined }),
    loginsOf({ readTokens: [API, READ], apiToken: READ }),
  ];
  for (const cookie of cookies)
    for (const [i, logins] of changed.entries()) assert.equal(who(cookie, logins), null, `${i}`);
  const open = cookieOf('api', loginsOf({ readTokens: [] }));
  assert.equal(who(open, loginsOf({ readTokens: [] })), 'api');
  assert.equal(who(open, loginsOf({ readTokens: [], apiToken: `${API}x` })), null, 'reading is open');
});

test('nothing of a cookie can be changed', () => {
  const cookie = cookieOf('read');
  assert.equal(who(cookie.replace('read', 'api')), null, 'another role');
  assert.equal(who(cookie.replace(/\d+/, (seconds) => `${Number(seconds) + 1}`)), null, 'a longer life');
  assert.equal(who(cookie.replace(/\d+/, '999999999999')), null);
  const value = cookie.slice(LOGIN_COOKIE.length + 1);
  for (let i = 0; i < value.length; i++) {
    const other = value[i] === 'A' ? 'B' : 'A';
    assert.equal(who(`${LOGIN_COOKIE}=${value.slice(0, i)}${other}${value.slice(i + 1)}`), null, `at ${i}`);
  }
});

test('what is no cookie of ours is nobody, of whatever form', () => {
  const [said = '', signature = ''] = cookieOf('api')
    .slice(LOGIN_COOKIE.length + 1)
    .split(/\.(?=[^.]*$)/);
  const values = [
    '',
    'api',
    API,
    said,
    `${said}.`,
    `.${signature}`,
    `${said}.${signature}=`,
    `${said}.${'A'.repeat(43)}`,
  ];
  for (const value of [...values, `${said}.${'ä'.repeat(43)}`, `${said}.${signature}.${signature}`])
    assert.equal(who(`${LOGIN_COOKIE}=${value}`), null, value);
  assert.equal(who(`x${cookieOf('api')}`), null, 'another name');
  assert.equal(loginsOf().who({ headers: {} }), null);
});

test('ours is found among others, also behind one of our name that somebody else has set', () => {
  assert.equal(who(`a=b; ${cookieOf('api')}; c=d`), 'api');
  assert.equal(who(`${LOGIN_COOKIE}=api.1.x; ${LOGIN_COOKIE}=; ${cookieOf('read')}`), 'read');
});

test('logging out takes the cookie away', () => {
  const set: string[] = [];
  const response = { setHeader: (_name: string, value: string) => set.push(value) };
  loginsOf().logOut({ headers: {} } as Request, response as unknown as Response);
  assert.deepEqual(set, [`${LOGIN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`]);
});
