/** The page a customer sees: the products, each with a button that orders one. */
import type { Product } from '../orders.ts';

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
td { padding: .3rem 1.5rem .3rem 0 } td:nth-child(2) { text-align: right } output { display: block; min-height: 1.5em }`;

const SCRIPT = `document.addEventListener('click', async ({ target }) => {
  if (!target.dataset.product) return;
  const said = document.querySelector('output');
  const items = [{ product_id: Number(target.dataset.product), quantity: 1 }];
  try {
    const response = await fetch('/api/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customer: 'storefront', items }),
    });
    const answer = await response.json();
    said.textContent = response.ok ? 'Order ' + answer.id + ' is placed.' : 'Not ordered: ' + answer.detail;
  } catch (error) {
    said.textContent = 'Not ordered: the shop does not answer (' + error.message + ').';
  }
});`;

/** HTML of the storefront. */
export function storefrontPage(products: Product[]): string {
  const rows = products.map(
    (product) =>
      `<tr><td>${escapeHtml(product.name)}</td><td>${euros(product.price_cents)}</td>` +
      `<td><button data-product="${product.id}">Order</button></td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>The shop</title>
<style>${STYLE}</style></head>
<body>
<h1>The shop</h1>
<output aria-live="polite"></output>
<table>${rows.join('\n')}</table>
<script>${SCRIPT}</script>
</body>
</html>
`;
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
