/** Under a diagnosis: what the rules say to the same evidence, what a model was asked and what it cost, who was passed over. */
import type { Asked, Authority, Diagnosis, FallThrough } from '../../incident/incident.ts';
import { type Html, html } from './html.ts';

const WHOSE: Record<Authority, string> = {
  rules: 'by rules',
  cloud: 'a cloud model, which may choose among actions whose preconditions hold',
  local: 'a local model, which acts alone only where the rules would do the same',
  flagged:
    'a model whose evidence holds words that speak to it, which acts alone only where the rules would do the same',
};

export function modelPart({ authority, asked, rules, action, category, fallthrough }: Diagnosis): Html[] {
  const differ = rules && (rules.action !== action || rules.category !== category);
  return [
    ...(rules
      ? [
          html`<p>${differ ? html`<span class="state busy">The rules say otherwise</span>` : 'The rules agree'}: ${rules.category}, ${rules.action}, confidence ${rules.confidence}. ${rules.root_cause}</p>`,
        ]
      : []),
    ...(asked
      ? [html`<p class="quiet">${authority ? WHOSE[authority] : ''}; ${costOf(asked)}</p>`, detailOf(asked)]
      : []),
    ...passedOver(fallthrough),
  ];
}

function costOf({ model, calls, tokens, usd, ms, cached, flags }: Asked): string {
  const spent = cached
    ? 'answered before, not asked again'
    : `${calls} call(s), ${tokens.in} tokens in and ${tokens.out} out, ${usd.toFixed(4)} dollars, ${(ms / 1000).toFixed(1)} s`;
  return `${model}: ${spent}${flags.length > 0 ? `; the evidence speaks to the reader (${flags.join(', ')})` : ''}`;
}

function detailOf({ promptVersion, promptHash, lookUps, answer }: Asked): Html {
  const looked = lookUps.map(
    (one) => html`<p>${one.tool} <code>${one.arguments}</code></p><pre>${one.result}</pre>`,
  );
  return html`<details><summary>What it was asked and said</summary>
<p class="quiet">Prompt ${promptVersion}, hash <code>${promptHash}</code></p>${looked}
${answer === null ? html`<p>It gave no answer.</p>` : html`<pre>${answer}</pre>`}</details>`;
}

function passedOver(all: FallThrough[]): Html[] {
  const [absent, tried] = [
    all.filter(({ why }) => why === 'not_set_up'),
    all.filter(({ why }) => why !== 'not_set_up'),
  ];
  const rows = tried.map(
    ({ provider, reason, asked }) =>
      html`<li>${provider}: ${reason}${asked && asked.calls > 0 && html` <span class="quiet">(${costOf(asked)})</span>`}${asked && detailOf(asked)}</li>`,
  );
  return [
    ...(rows.length > 0 ? [html`<p class="quiet">Passed over:</p><ul class="quiet">${rows}</ul>`] : []),
    ...(absent.length > 0
      ? [html`<p class="quiet">Not set up: ${absent.map(({ provider }) => provider).join(', ')}</p>`]
      : []),
  ];
}
