/** Text in one normal form, so that the same words look the same however they are spelt. */

/** So many characters of a text are looked at: half from its head, half from its end. What is shown is cut likewise. */
export const MOST_LOOKED_AT = 8_000;

/** Letters of other scripts that look like a Latin one, by the Latin one. What NFKC folds (full width, mathematical) is not listed. */
const LOOK_ALIKES: Record<string, string> = {
  ...{ a: 'аαɑ', b: 'ЬƄ', c: 'сϲᴄ', d: 'ԁɗ', e: 'еєҽ℮', f: 'ſƒ', g: 'ɡցɢ', h: 'һհ', i: 'іıɩιӏі' },
  ...{ j: 'јʝ', k: 'кκᴋ', l: 'ⅼʟ', m: 'мᴍ', n: 'ոռɴп', o: 'оοօσᴏ', p: 'рρᴘ', q: 'ԛզ', r: 'гʀᴦ', s: 'ѕʂꜱ' },
  ...{ t: 'тτᴛ', u: 'υսʋᴜ', v: 'ѵνᴠ', w: 'ԝѡωᴡ', x: 'хχ', y: 'уүγʏ', z: 'ᴢʐ' },
  ...{
    A: 'АΑᎪ',
    B: 'ВΒᏴ',
    C: 'СϹᏟ',
    D: 'ᎠÐĐ',
    E: 'ЕΕᎬ',
    F: 'ϜҒ',
    G: 'ԌᏀ',
    H: 'НΗᎻ',
    I: 'ІΙӀ',
    J: 'ЈᎫ',
    K: 'КΚᏦ',
  },
  ...{
    L: 'ᏞԼ',
    M: 'МΜᎷ',
    N: 'ΝИ',
    O: 'ОΟՕ',
    P: 'РΡᏢ',
    Q: 'Ԛ',
    R: 'ᎡЯ',
    S: 'ЅՏᏚ',
    T: 'ТΤᎢ',
    U: 'ՍԱ',
    V: 'ѴᏙ',
  },
  ...{ W: 'ԜᎳ', X: 'ХΧ', Y: 'УҮΥ', Z: 'ΖᏃ' },
  ...{ "'": '’‘ʼ', '"': '“”„«»', '-': '‐‑‒–—−', ':': '꞉ː∶', '/': '⁄∕', '<': '‹', '>': '›', '`': '‵' },
};
const LATIN_OF = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([latin, others]) => [...others].map((other) => [other, latin])),
);

// Zero width, soft hyphen, joiners, bidi marks and overrides, fillers, variation selectors, tags, byte order mark.
const INVISIBLE =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them is dropped for itself
  /(?:\u034f|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}])/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes of terminals begin with one
const COLOURS = /\u001b\[[0-9;?]{0,20}[A-Za-z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for; tab and line feed are kept
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Accents: "ígnore" is read as "ignore". */
const ACCENTS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const ASCII = /^[\u0000-\u007f]*$/;

/** NFKC without what cannot be seen and without colours; the script stays. Linear in the length of the text. */
export function visible(text: string): string {
  const bare = text.includes('\u001b') ? text.replace(COLOURS, '') : text;
  const seen = ASCII.test(bare) ? bare : bare.normalize('NFKC').replace(INVISIBLE, '');
  return seen.replace(CONTROLS, ' ');
}

/** The normal form: NFKC, invisible characters dropped, accents dropped, letters that look Latin made Latin. Case is kept. */
export function plain(text: string): string {
  return folded(visible(text));
}

/** Of text that `visible` made. */
export function folded(text: string): string {
  if (ASCII.test(text)) return text;
  const bare = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFKC');
  return bare.replace(/[^ -~]/gu, (letter) => LATIN_OF.get(letter) ?? letter);
}

/** The part that is looked at; what lies between is left out, and a line break stands for it. */
export function lookedAt(text: string): string {
  if (text.length <= MOST_LOOKED_AT) return text;
  return `${text.slice(0, MOST_LOOKED_AT / 2)}\n${text.slice(-MOST_LOOKED_AT / 2)}`;
}
