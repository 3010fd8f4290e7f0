/** Links of the documentation, and the runbooks that the alerts point to. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** `[words](target)` and `![picture](target)`; not what stands in a block of code. */
const LINK = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const ELSEWHERE = /^([a-z][a-z0-9+.-]*:|#)/i;

/** Every relative link of README.md and docs/ points to something that is there. */
export function linkProblems(root: string): string[] {
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
  return pages.flatMap((page) =>
    targetsIn(readFileSync(join(root, page), 'utf8'))
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} links to ${target}, which does not exist`),
  );
}

/** Paths that a page links to, without their #anchors. */
function targetsIn(markdown: string): string[] {
  const prose = markdown.replace(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(LINK)]
    .map((match) => match[1] ?? '')
    .filter((target) => !ELSEWHERE.test(target))
    .map((target) => decodeURI(target.replace(/#.*$/, '')));
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
