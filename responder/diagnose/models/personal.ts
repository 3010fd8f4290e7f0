/**
 * What a person can be known by, taken out of text before it leaves the house: addresses of mail and of people's machines,
 * telephone, card and account numbers. Addresses of private networks stay: they are machines', and tell something.
 */
import { isIP } from 'node:net';

const EMAIL = /[\p{L}\d._%+'-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63})+/gu;
const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)/g;
const IPV6 = /(?<![\w:.])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:])/gi;
/** First digits and lengths that cards have; epoch times in any unit begin otherwise. */
const CARD = /(?<![\d.])(?:[3-6]\d{3}|2[2-7]\d{2})(?:[ -]?\d){9,15}(?!\d)/g;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g;
const PHONE = /(?<![\w+.])\+\d{1,3}(?:[ ./()-]{0,2}\d){6,12}(?!\d)/g;

const PRIVATE_V4 =
  /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const PRIVATE_V6 = /^(?:::1?$|f[cd]|fe[89ab])/i;
const CHECK_BASE = 97n;

/** @returns the text with `[email]`, `[ip]`, `[card]`, `[iban]` and `[phone]` in the place of each. */
export function withoutPersons(text: string): string {
  return text
    .replace(EMAIL, '[email]')
    .replace(IBAN, (found) => (isIban(found) ? '[iban]' : found))
    .replace(CARD, (found) => (isCard(found) ? '[card]' : found))
    .replace(PHONE, '[phone]')
    .replace(IPV4, (found) => (isIP(found) === 4 && !PRIVATE_V4.test(found) ? '[ip]' : found))
    .replace(IPV6, (found) => (isIP(found) === 6 && !PRIVATE_V6.test(found) ? '[ip]' : found));
}

/** By the check digit of Luhn. */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '');
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return digits.length >= 13 && digits.length <= 19 && sum % 10 === 0;
}

/** By ISO 7064: the first four to the end, letters as numbers, and 1 remains of 97. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(' ', '');
  const digits = [...plain.slice(4), ...plain.slice(0, 4)].map((c) => Number.parseInt(c, 36)).join('');
  return plain.length >= 15 && BigInt(digits) % CHECK_BASE === 1n;
}
