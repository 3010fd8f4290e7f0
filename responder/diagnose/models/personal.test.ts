import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutPersons } from './personal.ts';

test('mail, cards, accounts, telephones and addresses of people are taken out, wherever they stand', () => {
  for (const [text, expected] of [
    ['user ada.l+x@example.co.uk failed', 'user [email] failed'],
    ['"to":"jörg@example.de"', '"to":"[email]"'],
    ['card 4111 1111 1111 1111 declined', 'card [card] declined'],
    ['pan=5555555555554444;', 'pan=[card];'],
    ['iban DE89 3704 0044 0532 0130 00 unknown', 'iban [iban] unknown'],
    ['call +49 170 1234567 now', 'call [phone] now'],
    ['client 203.0.113.9:51234 reset', 'client [ip]:51234 reset'],
    ['from 2001:db8:85a3::8a2e:370:7334 to', 'from [ip] to'],
  ])
    assert.equal(withoutPersons(text as string), expected);
});

test('what belongs to machines stays, and so do numbers that only look alike', () => {
  for (const text of [
    'connect 10.1.2.3:5432, 127.0.0.1, 192.168.0.7, 172.20.0.4, fe80::1, ::1',
    'at 12:04:11.123 on 2026-03-01T12:00:00.000Z',
    'order 4111111111111112 of 1795485730000000000 ns',
    'node v24.21.0, build 1.2.3, epoch 1795485730123',
    'trace 4bf92f3577b34da6a3ce929d0e0e4736',
    'rate +12 percent, mac 00:1b:44:11:3a:b7, 999.999.999.999',
  ])
    assert.equal(withoutPersons(text), text);
});

test('a long line of digits and signs takes no time', () => {
  const began = performance.now();
  for (const part of ['1', '4 ', 'a.', 'a:', 'AB12 ', '+1 ', 'x@', 'x@a.'])
    withoutPersons(part.repeat(50_000));
  assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms`);
});
