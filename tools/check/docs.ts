/** Links of the documentation, and the runbooks that the alerts point to. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** `[words](target)` and `![picture](target)`; not what stands in a block of code. */
const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^[a-z][a-z0-9+.-]*:/i;
const BLOCK_OF_CODE = /^ *(```|~~~)[\s\S]*?^ *\1/gm;

/** Every relative link of README.md and docs/ points to something that is there; one with an #anchor, to a heading. */
export function linkProblems(root: string): string[] {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
  return pages.flatMap((page) => targetsIn(readPage(root, page)).flatMap(problemsOf(root, page)));
}

const readPage = (root: string, page: string) => readFileSync(join(root, page), 'utf8');

const problemsOf = (root: string, page: string) => (target: string) => {
  const [path = '', anchor] = decodeURI(target).split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return [`${page} links to ${path}, which does not exist`];
  if (anchor === undefined || !file.endsWith('.md')) return [];
  if (anchorsIn(readPage(root, file)).has(anchor)) return [];
  return [`${page} links to #${anchor}, which is no heading of ${file}`];
};

function targetsIn(markdown: string): string[] {
  const prose = markdown.replace(BLOCK_OF_CODE, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(LINK)].map((match) => match[1] ?? '').filter((target) => !ELSEWHERE.test(target));
}

/** As GitHub makes them of headings: lower case, without punctuation, hyphens for spaces; a second one of a name gets `-1`. */
function anchorsIn(markdown: string): Set<string> {
  const headings = markdown.replace(BLOCK_OF_CODE, '').matchAll(/^ {0,3}#{1,6} +(.+?)(?: +#+)? *$/gm);
  const anchors = new Set<string>();
  for (const [, heading = ''] of headings) {
    const words = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = words.replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = name;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${name}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

interface RuleFile {
  groups: { rules: { alert?: string; annotations?: { runbook_url?: string } }[] }[];
}

/** Every alert has a runbook, and every runbook an alert. */
export function runbookProblems(root: string): string[] {
  const alerts = globSync('prometheus/rules/*.yml', { cwd: root }).flatMap((file) => {
    const { groups } = parse(readFileSync(join(root, file), 'utf8')) as RuleFile;
    return groups.flatMap(({ rules }) => rules.filter((rule) => rule.alert !== undefined));
  });
  const named = alerts.map(({ alert, annotations }) => ({
    alert,
    page: /\/runbooks\/([^/]+)$/.exec(annotations?.runbook_url ?? '')?.[1],
  }));
  const pages = globSync('docs/runbooks/*.md', { cwd: root }).map((file) => file.slice(14, -3));
  const missing = named.flatMap(({ alert, page }) => {
    if (page === undefined) return [`${alert} has no runbook_url that ends in /runbooks/NAME`];
    return pages.includes(page) ? [] : [`${alert}: there is no docs/runbooks/${page}.md`];
  });
  const unused = pages.filter((page) => !named.some((alert) => alert.page === page));
  return [...missing, ...unused.map((page) => `docs/runbooks/${page}.md belongs to no alert`)];
}
