/** A page of docs/runbooks, which is what an alert's `runbook_url` opens. */
import { marked } from 'marked';
import { trusted } from './html.ts';
import { layout, type Offer } from './layout.ts';

/** @param markdown from our own folder: what comes from outside is never rendered as Markdown. */
export async function alertRunbookPage(
  title: string,
  markdown: string,
  offer: Offer = null,
): Promise<string> {
  // Their links to each other work in a checkout, where the pages have an ending, and here, where they have none.
  const linked = markdown.replaceAll(/\]\(([A-Za-z]+)\.md\)/g, '](/runbooks/$1)');
  return layout({ title, body: trusted(await marked.parse(linked)), offer });
}
