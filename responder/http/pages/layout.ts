/** The frame of every page, and small pieces that several pages show. */
import { type Html, html, render } from './html.ts';

/** What the header offers to whoever looks: null where no token is set. */
export type Offer = 'log in' | 'log out' | null;

interface Page {
  title: string;
  body: Html;
  /** Which of the pages in the header it is. */
  here?: string;
  /** What has to change for the page to be made anew: one incident, by its id, or `all`. Left out: it stays as it is. */
  live?: string | undefined;
  /** What a screen reader says aloud when it has changed. */
  said?: string;
  offer?: Offer;
}

const OFFERS = {
  'log in': html`<a href="/login">Log in</a>`,
  'log out': html`<form method="post" action="/logout"><button>Log out</button></form>`,
};
const NAVIGATION = [
  ['/', 'Incidents'],
  ['/runbook', 'Runbook'],
  ['/docs', 'API'],
] as const;

export function layout({ title, body, here, live, said, offer = null }: Page): string {
  const links = NAVIGATION.map(
    ([href, name]) => html`<a href="${href}"${href === here && html` aria-current="page"`}>${name}</a> `,
  );
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - AegisOps</title>
<link rel="stylesheet" href="/style.css">
<script src="/live.js" defer></script>
</head>
<body${live && html` data-live="${live}"`}>
<a class="skip" href="#main">Skip to content</a>
<header><a class="brand" href="/">AegisOps</a><nav>${links}</nav><div class="right"><span id="live"></span>${live && html`<noscript>load it again for news</noscript>`}${offer && OFFERS[offer]}</div></header>
<p id="said" class="unseen" role="status"></p>
<main id="main"${said && html` data-said="${said}"`}>${body}</main>
</body>
</html>
`);
}

const TONE: Record<string, string> = {
  resolved: 'good',
  no_action: 'good',
  escalated: 'bad',
  failed: 'bad',
  pass: 'good',
  fail: 'bad',
  approved: 'good',
  rejected: 'bad',
};

export function stateBadge(state: string): Html {
  return html`<span class="state ${TONE[state] ?? 'busy'}">${state.replaceAll('_', ' ')}</span>`;
}

/** A table whose rows become small cards on a phone. @param columns their names; a row has a cell for each */
export function table(
  columns: string[],
  rows: (Html | string | number | null | false | undefined)[][],
): Html {
  const head = columns.map((name) => html`<th scope="col">${name}</th>`);
  const cells = (row: (typeof rows)[number]) =>
    row.map((cell, i) => html`<td data-name="${columns[i]}">${cell}</td>`);
  return html`<div class="wide"><table class="rows"><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody></table></div>`;
}

/** Time of day to the millisecond, for lists of what happened within seconds; a script adds the reader's own on hovering. */
export function clock(iso: string): Html {
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 23)}</time>`;
}

export function time(iso: string | null): Html {
  if (!iso) return html`<span class="quiet">-</span>`;
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}

/** How long something took, in words. @param ms its length */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
