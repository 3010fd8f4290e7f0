/**
 * Groups lines that differ in their variable parts only: a tree of fixed depth (what belongs together, number of words, the first
 * two words), at whose leaves a line joins the group that it is most like. The idea is Drain's (He, Zhu, Zheng, Lyu: "Drain: An
 * Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017); a leaf keeps so few groups that all of them are compared.
 */
import { ANY, codesIn, masked } from './mask.ts';

/** Share of the words that have to be the same, and how many groups a leaf holds before everything joins the likest. */
const LIKE = 0.5;
const MOST_GROUPS = 60;
const MOST_WORDS = 60;
const MOST_CHARS = 1_000;

export interface Group<T> {
  words: string[];
  members: T[];
}

/**
 * @param key what may never be mixed, as one string
 * @param text one line; its first 1,000 characters and 60 words count
 */
export interface Drain<T> {
  add: (key: string, text: string, member: T) => void;
  /** In the order in which they were first seen. */
  groups: () => Group<T>[];
}

export function makeDrain<T>(): Drain<T> {
  const leaves = new Map<string, Group<T>[]>();
  const all: Group<T>[] = [];
  return {
    add: (key, text, member) => {
      const head = text.slice(0, MOST_CHARS);
      const words = masked(head).trim().split(/\s+/).slice(0, MOST_WORDS);
      const place = JSON.stringify([key, codesIn(head), words.length, leading(words[0]), leading(words[1])]);
      const leaf = leaves.get(place) ?? [];
      if (leaf.length === 0) leaves.set(place, leaf);
      const group = likest(leaf, words);
      if (group) {
        group.words = group.words.map((word, i) => (word === words[i] ? word : ANY));
        group.members.push(member);
        return;
      }
      const fresh = { words, members: [member] };
      leaf.push(fresh);
      all.push(fresh);
    },
    groups: () => all,
  };
}

/** A word that varies leads nowhere. */
function leading(word = ''): string {
  return /\d/.test(word) || word.includes(ANY) ? ANY : word;
}

function likest<T>(leaf: Group<T>[], words: string[]): Group<T> | null {
  let best: Group<T> | null = null;
  let bestShare = -1;
  for (const group of leaf) {
    const same = group.words.filter((word, i) => word === words[i]).length;
    const share = same / words.length;
    if (share > bestShare) [best, bestShare] = [group, share];
  }
  return bestShare >= LIKE || leaf.length >= MOST_GROUPS ? best : null;
}
