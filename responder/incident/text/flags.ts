/**
 * Words that speak to whoever reads them instead of telling what happened. They come with logs, labels, annotations, names and
 * notes; they are shown, and are of no weight. docs/injection.md tells what is found, what is not, and how to add a case.
 */
import { hiddenIn } from './hidden.ts';
import { LATIN, OTHER_SCRIPTS } from './languages.ts';
import { folded, lookedAt, visible } from './plain.ts';
import { AUTHORITY, FENCES, FORMAT, ORDERS, type Pattern } from './speech.ts';

export { plain } from './plain.ts';

/**
 * `order`: tells the reader what to do. `format`: written like our own answers or evidence. `fence`: opens or closes a fence or
 * a role. `authority`: claims approval. `hidden`: one of those, seen only when decoded or made visible.
 */
export const FLAGS = ['order', 'format', 'fence', 'authority', 'hidden'] as const;

const SPOKEN: [flag: string, patterns: Pattern[]][] = [
  ['order', [...ORDERS, ...LATIN]],
  ['format', FORMAT],
  ['fence', FENCES],
  ['authority', AUTHORITY],
];
/** In characters, from where the first of the patterns is found. */
const NEAR = { before: 120, after: 240 };
const IN_NAMES = ['order', 'authority'];
/** Without one of these words or signs none of the patterns can be there: most lines end here. */
const WORTH_A_LOOK =
  /ignor|disregard|forget|overr|bypass|neglect|dismiss|set aside|attention|follow|obey|trust|believe|restart|re-?boot|roll|scal|noop|no-op|no action|do nothing|remedi|action|must|confidence|assistant|responder|aegis|gpt|copilot|gemini|claude|llm|\bai\b|a\.i\.|model|on-?call|\bbot\b|automation|pretend|\bact as|behave|speak|operate as|you(?:'re| are| have)|do not|don't|never|no need|stop |prompt|instruct|direct|orders|verbatim|revert|kill|delete|drop |terminate|destroy|fail ?over|task|goal|treat|consider|classif|regard|mark |label|whoever|anyone|root_?cause|justific|citation|category|\be\d{1,3}\b|evidence|verdict|diagnosis|guard|conclusion|authorit|```|~~~|<\||<\/?[a-z]|<<|\[\/?inst|#|end of|begin|close|human|developer|system|user ?:|role|approv|authori|cleared|sign|sanction|green|permi|consent|maintenance|drill|simulation|exercise|false (?:alarm|positive)|rehearsal|game ?day|planned|test|polic|per |emergency|hereby|vergiss|missacht|oubli|neglig|olvid|omita|desestim|esquec|desconsider|dimentic|trascur|negeer|vergeet|pomin|zapomn|talimat|kural|komut|glom|bortse|genehmig|freigegeb|approuv|autoris|aprobad|autorizad/i;
/** Said without spaces, as in a name or in letters that were spaced out: only what cannot be anything else. */
const RUN_TOGETHER =
  /(?:ignore|disregard|forget)(?:all|any|the|your|every)*(?:previous|prior|above|earlier|your|system|safety)*(?:instructions?|orders|guidelines|prompts?|evidence)|(?:run|execute|choose|select|answer|action:?)"?(?:rollback|restart|scale_?up|noop)|youmust(?:restart|roll|scale|choose|run|execute|ignore)|approvedby(?:oncall|sre|admin|ops|management)|recommendedaction/i;

/**
 * The kinds of speaking to the reader that a text holds, in the order of `FLAGS`; [] for ordinary text. Of a long text its first
 * and last 4,000 characters are looked at. Takes time linear in what is looked at; never throws.
 */
export function flagsIn(text: string): string[] {
  const raw = lookedAt(text);
  const seen = visible(raw);
  const latin = folded(seen);
  const flags = new Set(saidIn(latin));
  if (seen !== raw || /[^ -~\s]/.test(seen))
    if (OTHER_SCRIPTS.some((pattern) => holds(pattern, seen))) flags.add('order');
  const isDisguised = flags.size > 0 && latin !== raw && saidIn(raw).length === 0;
  const shown = flags.size;
  for (const inner of hiddenIn(raw)) {
    for (const flag of saidIn(inner)) flags.add(flag);
    if (RUN_TOGETHER.test(inner)) flags.add('order');
  }
  if (flags.size > shown || isDisguised) flags.add('hidden');
  return FLAGS.filter((flag) => flags.has(flag));
}

/** As it is written, and as names are read, which can only tell what to do or who allowed it. */
function saidIn(text: string): string[] {
  const words = inWords(text);
  return words === text ? spokenIn(text) : [...spokenIn(text), ...spokenIn(words, IN_NAMES)];
}

function spokenIn(text: string, kinds: readonly string[] = FLAGS): string[] {
  if (!WORTH_A_LOOK.test(text)) return [];
  return SPOKEN.filter(
    ([flag, patterns]) => kinds.includes(flag) && patterns.some((pattern) => holds(pattern, text)),
  ).map(([flag]) => flag);
}

/** All of it, and near to each other: a long text says a lot. */
function holds([first, ...others]: Pattern, text: string): boolean {
  const at = first ? text.search(first) : -1;
  if (at === -1) return false;
  const near = text.slice(Math.max(0, at - NEAR.before), at + NEAR.after);
  return others.every((one) => one.test(near));
}

/** Names taken apart: "ignore-previous_instructions" says what "ignore previous instructions" does. */
function inWords(text: string): string {
  return /[-_*.+/~]/.test(text) ? text.replaceAll(/(?<=[a-z])[-_*.+/~]{1,4}(?=[a-z])/gi, ' ') : text;
}
