/** The blocks of docs/adopt.md: each fenced block whose comment says what it is for, as `<!-- KIND: NAME -->`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../tools/stack/context.ts';
import { localise } from '../../tools/stack/localise.ts';

const BLOCK = /^<!-- (file|run|sql|curl|says): (.+) -->\n```\w+\n([\s\S]*?)^```$/gm;
type Kind = 'file' | 'run' | 'sql' | 'curl' | 'says';

export interface Page {
  /** Files in the order of the page. */
  files: { path: string; text: string }[];
  /** Throws where the page has no such block, or two. */
  block(kind: Kind, name: string): string;
  /** Blocks that nobody asked for. */
  unused(): string[];
}

/** @param here what stands on the page, and what it is on this machine. */
export async function readPage(here: Record<string, string>): Promise<Page> {
  const text = await readFile(join(ROOT, 'docs/adopt.md'), 'utf8');
  const blocks = [...localise(text, here).matchAll(BLOCK)].map(([, kind, name = '', body = '']) => ({
    ...{ kind: kind as Kind, name, body },
  }));
  const asked = new Set<(typeof blocks)[number]>();
  return {
    files: blocks.filter((b) => b.kind === 'file').map((b) => ({ path: b.name, text: b.body })),
    block(kind, name) {
      const found = blocks.filter((b) => b.kind === kind && b.name === name);
      if (found.length !== 1) throw new Error(`docs/adopt.md has ${found.length} blocks "${kind}: ${name}"`);
      for (const one of found) asked.add(one);
      return found[0]?.body ?? '';
    },
    unused: () => blocks.filter((b) => b.kind !== 'file' && !asked.has(b)).map((b) => `${b.kind}: ${b.name}`),
  };
}

/** What a curl command of the page asks, with `$NAME` and `$(cat FILE)` filled in: not every machine has curl. */
export async function curl(command: string, variables: Record<string, string> = {}) {
  const files = [...command.matchAll(/\$\(cat ([^)]+)\)/g)].map(([whole, path = '']) => ({ whole, path }));
  let filled = command.replaceAll('\\\n', ' ');
  for (const { whole, path } of files)
    filled = filled.replaceAll(whole, (await readFile(path, 'utf8')).trim());
  filled = filled.replaceAll(/\$([A-Z]+)/g, (_, name: string) => variables[name] ?? '');
  const words = [...filled.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('\\"', '"') ?? bare ?? '',
  );
  const after = (flag: string) => words.flatMap((word, i) => (word === flag ? [words[i + 1] ?? ''] : []));
  const [body] = after('-d');
  const headers = after('-H').map((header) => header.split(/:\s*/, 2) as [string, string]);
  const response = await fetch(words.find((word) => word.startsWith('http://')) ?? '', {
    method: after('-X')[0] ?? 'GET',
    headers,
    ...(body && { body }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of every form are looked into
  return { status: response.status, body: (await response.json()) as any };
}
