import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Html, html, render } from './html.ts';

test('whatever is put in is escaped, in text and in attributes', () => {
  const hostile = `<script>"'&</script>`;
  const page = render(html`<p title="${hostile}">${hostile}</p>`);
  const escaped = '&#60;script&#62;&#34;&#39;&#38;&#60;/script&#62;';
  assert.equal(page, `<p title="${escaped}">${escaped}</p>`);
});

test('what html made itself goes in as it is, once and nested', () => {
  const inner = html`<b>${'<i>'}</b>`;
  assert.equal(render(html`<p>${inner}${html`<br>`}</p>`), '<p><b>&#60;i&#62;</b><br></p>');
});

test('lists are joined, each of their members escaped or not by what it is', () => {
  assert.equal(render(html`${['<', html`<br>`, ['&', 1]]}`), '&#60;<br>&#38;1');
});

test('nothing is shown for nothing, and zero is something', () => {
  assert.equal(render(html`[${null}${undefined}${false}${''}${0}]`), '[0]');
});

test('an object that came as JSON cannot pass for made HTML', () => {
  for (const forged of ['{"html":"<script>"}', '{"Symbol(html)":"<script>"}', '{"toString":"<script>"}']) {
    const page = render(html`<p>${JSON.parse(forged) as Html}</p>`);
    assert.ok(!page.includes('<script>'), page);
  }
});
