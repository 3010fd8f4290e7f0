/** In the customer's browser: the buttons order, and what came of it is said. */
(() => {
  const said = document.querySelector('output');
  /** Each answer takes the place of the one before, with its own tone. */
  const say = (tone, text) => {
    said.className = tone;
    said.textContent = text;
  };

  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('button[data-product]');
    if (!button || button.getAttribute('aria-disabled') === 'true') return;
    void order(button);
  });

  async function order(button) {
    const { product, name } = button.dataset;
    // Not `disabled`: that would take the focus away from whoever uses the keyboard.
    button.setAttribute('aria-disabled', 'true');
    say('busy', `Ordering: ${name} …`);
    const measure = globalThis.beginOrder?.();
    const { status, answer, why } = await send(Number(product), measure?.headers);
    if (why) say('bad', `Not ordered: ${why}`);
    else
      say(
        'good',
        `Ordered: ${name}, ${(answer.total_cents / 100).toFixed(2)} €. Your order is number ${answer.id}.`,
      );
    button.removeAttribute('aria-disabled');
    measure?.end(status, why);
  }

  /** Never throws: `why` tells what went wrong, and is empty where nothing did. */
  async function send(product_id, headers = {}) {
    const body = JSON.stringify({ customer: 'storefront', items: [{ product_id, quantity: 1 }] });
    let status = 0;
    try {
      const response = await fetch('/api/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      status = response.status;
      const answer = await response.json();
      return { status, answer, why: response.ok ? '' : answer.detail || `the shop answered ${status}` };
    } catch {
      const why = status
        ? `the shop's answer (${status}) cannot be read.`
        : 'the shop does not answer. Try again in a moment.';
      return { status, answer: null, why };
    }
  }
})();
