/** The page a customer sees, as HTML. */
import type { Product } from '../orders.ts';
import { type AssetName, pathOf } from './assets.ts';

/** What the page tells its script about where it comes from. */
export interface Measured {
  service: string;
  version: string;
  logs: string;
  traces: string;
}

/** Everything from here, nothing inline, no frame around it. */
export const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

const HUES = 6;

/** @param measured null where no Collector is configured: then the page has no Faro */
export function storefrontPage(products: Product[], measured: Measured | null): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Goods of the agora, ordered with one press.">
<title>The shop</title>
<link rel="icon" href="${pathOf('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${pathOf('shop.css')}">
${scripts(measured)}
</head>
<body>
<a class="skip" href="#products">Skip to the products</a>
<header><div class="inner">
<p class="brand"><img src="${pathOf('icon.svg')}" alt="" width="32" height="32"> The shop</p>
<p class="claim">Goods of the agora, sent the same day</p>
</div></header>
<main id="products" tabindex="-1">
<h1>Products</h1>
<noscript><p class="note">Ordering needs JavaScript.</p></noscript>
${products.length === 0 ? '<p class="note">Nothing is for sale at the moment.</p>' : listOf(products)}
</main>
<output aria-live="polite"></output>
<footer><div class="inner"><p>A demonstration shop: orders are stored, nothing is sent and nothing is paid.</p>
${measured ? '<p>This page measures how fast it is and what fails, without your name or address.</p>' : ''}</div></footer>
</body>
</html>
`;
}

function listOf(products: Product[]): string {
  const items = products.map(({ id, name, price_cents }) => {
    const shown = escapeHtml(name);
    return `<li class="product">
<span class="tile hue-${id % HUES}" aria-hidden="true">${escapeHtml(name.charAt(0))}</span>
<h2>${shown}</h2>
<p class="price">${euros(price_cents)}</p>
<button type="button" data-product="${id}" data-name="${shown}" aria-label="Order ${shown}">Order</button>
</li>`;
  });
  return `<ul class="products">\n${items.join('\n')}\n</ul>`;
}

/** In this order, after the page is there. */
function scripts(measured: Measured | null): string {
  const script = (name: AssetName, data = '') => `<script defer src="${pathOf(name)}"${data}></script>`;
  if (!measured) return script('shop.js');
  const data = Object.entries(measured).map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`);
  const faro = [script('faro-web-sdk.js'), script('faro-otlp.js'), script('measure.js', data.join(''))];
  return [...faro, script('shop.js')].join('\n');
}

function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
