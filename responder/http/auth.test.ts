import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request, Response } from 'express';
import { AegisError } from '../errors.ts';
import { requireToken } from './auth.ts';

const READ = 'read-token-0123456789';
const ADMIN = 'api-token-0123456789';

/** 'in', or the reason for being kept out. */
function knock(tokens: (string | undefined)[], authorization?: string): string {
  const headers: Record<string, string> = {};
  const response = { setHeader: (name: string, value: string) => (headers[name] = value) };
  let answer = 'no answer';
  requireToken(...tokens)(
    { headers: { authorization } } as Request,
    response as unknown as Response,
    (error) => {
      answer = error instanceof AegisError ? `${error.code}: ${error.message}` : 'in';
    },
  );
  if (answer !== 'in') assert.equal(headers['WWW-Authenticate'], 'Bearer');
  return answer;
}

test('whoever shows one of the tokens is let in', () => {
  for (const token of [READ, ADMIN]) assert.equal(knock([READ, ADMIN], `Bearer ${token}`), 'in');
  assert.equal(knock([READ], `bearer ${READ}`), 'in');
});

test('no token, another scheme and a wrong token are kept out, each with its reason', () => {
  const missing = 'AEGIS_UNAUTHORIZED: no bearer token was sent';
  const wrong = 'AEGIS_UNAUTHORIZED: the token is not the right one';
  for (const header of [undefined, '', 'Bearer', 'Bearer ', `Basic ${READ}`, READ, `Token ${READ}`])
    assert.equal(knock([READ], header), missing, header);
  for (const token of [ADMIN, READ.slice(0, -1), `${READ}x`, ` ${READ}`, READ.toUpperCase(), 'undefined'])
    assert.equal(knock([READ], `Bearer ${token}`), wrong, token);
});

test('a reason never tells the token', () => {
  assert.ok(!knock([READ], `Bearer ${READ}x`).includes(READ));
});

test('a door without a token is open, one with an empty token is not', () => {
  assert.equal(knock([]), 'in');
  assert.equal(knock([undefined, undefined]), 'in');
  assert.equal(knock([undefined, READ]), 'AEGIS_UNAUTHORIZED: no bearer token was sent');
  assert.notEqual(knock([''], 'Bearer x'), 'in');
  assert.notEqual(knock(['']), 'in');
});
