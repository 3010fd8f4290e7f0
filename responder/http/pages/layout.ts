/** The frame of every page, and small pieces that several pages show. */
import { type Html, html, render } from './html.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #197a3c; --bad: #b3261e; --busy: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --good: #6fd08c; --bad: #ff8a80; --busy: #ffcc66; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 0 1rem 3rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding: 1rem 0; border-bottom: 1px solid var(--line); }
header a { color: inherit; } header a:first-child { font-weight: 700; text-decoration: none; } .login-or-out { margin-left: auto; }
header button { background: none; border: 0; padding: 0; color: inherit; font-weight: inherit; text-decoration: underline; }
form.login { max-width: 24rem; background: var(--soft); padding: .75rem 1rem; margin: 1rem 0; }
h1 { font-size: 1.5rem; margin: 1.5rem 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: break-word; } td:first-child, time { white-space: nowrap; }
th { font-weight: 600; } code, pre { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: 1rem; overflow-x: auto; white-space: pre-wrap; }
.state { font-weight: 600; white-space: nowrap; } .good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
.ask { border: 1px solid var(--line); border-left: .3rem solid var(--busy); padding: .25rem 1rem 1rem; margin: 1.5rem 0; } .ask h2 { margin-top: .75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: .5rem 0 1rem; } dt { font-weight: 600; } dd { margin: 0; }
.forms { display: flex; flex-wrap: wrap; gap: 1rem; } .forms form { flex: 1 1 14rem; background: var(--soft); padding: .75rem 1rem; }
.forms p { margin: 0 0 .5rem; } label { display: block; margin-bottom: .5rem; } input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .25rem .4rem; }
button { font: inherit; font-weight: 600; padding: .3rem .9rem; cursor: pointer; } section.operation { border-top: 1px solid var(--line); margin-top: 1.5rem; }
.quiet { opacity: .75; } .lead { font-size: 1.1rem; } :target { background: var(--soft); }
@media (max-width: 40rem) { header { column-gap: 1rem; } dl { display: block; } dd { margin-bottom: .5rem; } }`;

/** What the header offers to whoever looks: null where no token is set. */
export type Offer = 'log in' | 'log out' | null;

interface Page {
  title: string;
  body: Html;
  /** Seconds after which the page loads itself anew; for what is still going on. */
  refresh?: number | undefined;
  offer?: Offer;
}

const OFFERS = {
  'log in': html`<a class="login-or-out" href="/login">Log in</a>`,
  'log out': html`<form class="login-or-out" method="post" action="/logout"><button>Log out</button></form>`,
};

export function layout({ title, body, refresh, offer = null }: Page): string {
  return render(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh ? html`<meta http-equiv="refresh" content="${refresh}">` : ''}
<title>${title} - AegisOps</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">AegisOps</a><a href="/">Incidents</a><a href="/runbook">Runbook</a><a href="/docs">API</a>${offer && OFFERS[offer]}</header>
<main>${body}</main>
</body>
</html>
`);
}

export function stylesheet(): string {
  return STYLE;
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

/** Time of day to the millisecond, for lists of what happened within seconds; the date stands beside it on hovering. */
export function clock(iso: string): Html {
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(11, 23)}</time>`;
}

export function time(iso: string | null): Html {
  if (!iso) return html`<span class="quiet">-</span>`;
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}
