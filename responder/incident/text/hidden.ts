/** What a text says besides what it shows: encoded, reversed, spaced out, or in characters that nobody sees. */
import { folded, visible } from './plain.ts';

/** Encodings within encodings are followed so far. */
const DEPTH = 2;
const ESCAPES =
  /\\u\{?([0-9a-f]{4,5})\}?|\\x([0-9a-f]{2})|%([0-9a-f]{2})|&#x([0-9a-f]{2,5});|&#(\d{2,6});|=([0-9A-F]{2})/gi;
const BASE64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const HEX = /(?:[0-9a-f]{2}[ :-]?){8,}/gi;
/** Single letters with one same sign between each: "i g n o r e", "r.o.l.l". Two spaces part words. */
const SPACED = /(?<![a-z])[a-z](?:[ .\-_*|]{1,3}[a-z](?![a-z])){5,}/gi;
const LEET: Record<string, string> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};
/** A sign that stands for a letter stands at one: a number alone is none. */
const LEETED = /(?<=[a-z])[013457@$!]|[013457@$](?=[a-z])/gi;

/** Words worth turning a text over for, as they look reversed, and by ROT13. */
const REVERSED =
  /erongi|drageresid|tegrof|tratser|kcab ?llor|pu_?elacs|snoitcurtsni|devorppa|noitca|deziroh/i;
const ROTATED = /vtaber|qvfertneq|sbetrg|erfgneg|ebyy ?onpx|fpnyr_?hc|vafgehpgvbaf|nccebirq|npgvba|nhgubev/i;

/** Texts that may be hidden in this one. They need not mean anything: whoever asks looks at what they say. */
export function hiddenIn(text: string, depth = DEPTH): string[] {
  const decoded = [...unseen(text), ...unescaped(text), ...decodedRuns(text)];
  const nested = depth > 1 ? decoded.flatMap((inner) => hiddenIn(inner, depth - 1)) : [];
  const reversedIf = REVERSED.test(text) ? [reversed(text)] : [];
  const rotatedIf = ROTATED.test(text) ? [rot13(text)] : [];
  return [...decoded, ...nested, ...reversedIf, ...rotatedIf, ...closedUp(text), ...unleeted(text)];
}

/** Tags (U+E0020...), variation selectors as bytes, and bits of zero width. */
function unseen(text: string): string[] {
  const found: string[] = [];
  const tags = text.match(/[\u{e0020}-\u{e007e}]/gu);
  if (tags) found.push(tags.map((tag) => String.fromCodePoint((tag.codePointAt(0) ?? 0) - 0xe0000)).join(''));
  const selectors = text.match(/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu);
  if (selectors && selectors.length >= 8)
    found.push(printable(Buffer.from(selectors.map((one) => byteOf(one.codePointAt(0) ?? 0)))));
  const bits = text.match(/[\u200b\u200c]/g);
  if (bits && bits.length >= 64) found.push(...fromBits(bits));
  return found.filter(Boolean);
}

function byteOf(selector: number): number {
  return selector <= 0xfe0f ? selector - 0xfe00 : selector - 0xe0100 + 16;
}

/** Either of the two may be the one. */
function fromBits(bits: string[]): string[] {
  return ['\u200b', '\u200c'].map((one) => {
    const digits = bits.map((bit) => (bit === one ? '1' : '0')).join('');
    return printable(Buffer.from((digits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))));
  });
}

function unescaped(text: string): string[] {
  if (!/[\\%&=]/.test(text)) return [];
  const plainly = text.replace(ESCAPES, (whole, ...groups: (string | undefined)[]) => {
    const at = groups.slice(0, 6).findIndex((group) => group !== undefined);
    const code = Number.parseInt(groups[at] ?? '', at === 4 ? 10 : 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
  return plainly === text ? [] : [plainly];
}

function decodedRuns(text: string): string[] {
  const base64 = (text.match(BASE64) ?? []).map((run) => Buffer.from(run, 'base64'));
  const hex = (text.match(HEX) ?? []).map((run) => Buffer.from(run.replaceAll(/[^0-9a-f]/gi, ''), 'hex'));
  return [...base64, ...hex].map(printable).filter(Boolean);
}

/** Words in these bytes; empty where they are none. UTF-16 of Latin text is read, too. */
function printable(bytes: Buffer): string {
  const isWide = bytes.length > 8 && bytes[1] === 0 && bytes[3] === 0;
  const text = bytes.toString(isWide ? 'utf16le' : 'utf8');
  const odd = text.replaceAll(/[\p{L}\p{N}\p{P}\p{S}\p{M}\s]/gu, '').length + text.split('\ufffd').length - 1;
  return odd * 10 > text.length ? '' : folded(visible(text));
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

function closedUp(text: string): string[] {
  const runs = text.match(SPACED) ?? [];
  return runs.map((run) => run.replaceAll(/[ .\-_*|]{1,3}/g, (gap) => (gap.length > 1 ? ' ' : '')));
}

function unleeted(text: string): string[] {
  const spelt = text.replaceAll(LEETED, (sign) => LEET[sign] ?? sign);
  return spelt === text ? [] : [spelt];
}
