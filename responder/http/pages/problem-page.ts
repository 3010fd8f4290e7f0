/** What went wrong, for people: a page where a browser asked for one. */
import type { Response } from 'express';
import { type Problem, sendJson } from '../problem.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

/** Where it may be over in a moment, the page is loaded again after so many seconds. */
const AGAIN_SECONDS = 5;

/** @param more where to go on. */
export function problemPage(
  { title, status, detail, cure, code }: Problem,
  more: Html = html`<p><a href="/">Back to the incidents</a></p>`,
): string {
  const body = html`<h1>That did not work</h1>
<p class="lead">${detail.replace(/\.?$/, '.')}</p>
${cure && html`<p>${cure}</p>`}
<p class="quiet">${status} ${title} (<code>${code}</code>)</p>
${more}`;
  return layout({ title: 'That did not work', body });
}

/** Addresses that answer data, also to a browser. */
const DATA = /^\/api\/|\.json$/;

/** A page for whoever looks, JSON for programs. */
export function sendAsAsked(response: Response, problem: Problem): void {
  const { method, path, headers } = response.req;
  const isForPeople = method === 'GET' && !DATA.test(path) && /\btext\/html\b/i.test(headers.accept ?? '');
  if (!isForPeople) sendJson(response, problem);
  else if (problem.status === 503) {
    response.setHeader('Refresh', String(AGAIN_SECONDS));
    const more = html`<p>This page is loaded again every ${AGAIN_SECONDS} seconds.</p>`;
    response.send(problemPage(problem, more));
  } else response.send(problemPage(problem));
}
