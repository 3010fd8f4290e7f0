/** The responder's pages as a person uses them: a real run, a real browser. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../tools/demo/wait.ts';
import type { View } from '../tools/pictures/chromium.ts';
import { axeProblems, isTooWide, noBrowser, openPage, type Page } from './browser.ts';
import { alertOf, envelope, startStory } from './story.ts';

const skip = { skip: noBrowser };
const READ = 'a-read-token-of-this-test';
const PATIENCE_MS = 60_000;
const VIEWS: View[] = ['desktop', 'dark', 'phone'];
/** What a hostile sender would like a page to run. */
const HOSTILE = `"><img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>`;

const story = await startStory({
  targets: [
    'auto-app',
    { name: 'asked-app', labels: { 'aegis.autonomy': 'approve' } },
    { name: 'quick-app', labels: { 'aegis.autonomy': 'approve' } },
  ],
  env: { responder: { AEGIS_READ_TOKEN: READ } },
});
const responder = story.stack.addresses.responder as string;
const apiToken = story.stack.tokens.api;
const folder = await mkdtemp(join(tmpdir(), 'aegisops-pages-'));
after(() => rm(folder, { recursive: true }));

/** A browser that has logged in, on one of the pages. */
async function loggedIn(path = '/', token = READ, view: View = 'desktop', more = {}) {
  const opened = await openPage(`${responder}/login?next=${encodeURIComponent(path)}`, view, more);
  await opened.page.getByLabel('Token').fill(token);
  await opened.page.getByRole('button', { name: 'Log in' }).click();
  await opened.page.waitForURL(`${responder}${path}`);
  return opened;
}
/** Waits for words on the page as it is, without loading it again. */
const shows = (page: Page, words: RegExp) =>
  until(`the page to say ${words}`, PATIENCE_MS, async () =>
    words.test(await page.locator('body').innerText()) ? true : null,
  );
/** The incident of a target that waits for a word. */
const asking = (target: string) =>
  until(`${target} to ask`, PATIENCE_MS, async () => {
    const [newest] = await story.incidents(target);
    return newest?.state === 'awaiting_approval' ? newest : null;
  });
const live = (page: Page) =>
  until('the page to be live', PATIENCE_MS, async () =>
    (await page.locator('#live').textContent()) === 'live' ? true : null,
  );

test('whoever may not read logs in first, and gets to the page that they wanted', skip, async () => {
  const { page } = await openPage(`${responder}/runbook`);
  assert.match(page.url(), /\/login\?next=\/runbook$/);
  await page.getByLabel('Token').fill('not-the-token-of-anything');
  await page.getByRole('button', { name: 'Log in' }).click();
  assert.match(await page.getByRole('alert').innerText(), /not one of this responder/);
  await page.getByLabel('Token').fill(READ);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL(`${responder}/runbook`);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.goto(`${responder}/`);
  assert.match(page.url(), /\/login$/);
});

test(
  'an incident appears, moves and ends on the list and on its page, without a page being loaded again',
  skip,
  async () => {
    await story.quiet('auto-app');
    const { page: list, problems } = await loggedIn();
    await live(list);
    await list.evaluate('globalThis.unbroken = true');
    await story.trigger('auto-app', 'memory');
    await shows(list, /1 open incident/);
    await list.locator('.card a').first().click();
    await list.waitForURL(/\/incidents\/inc-/);
    await list.evaluate('globalThis.unbroken = true');
    await shows(list, /Is it over\?\s*Yes, proved by measurements/);
    assert.equal(await list.evaluate('globalThis.unbroken'), true);
    assert.match(await list.locator('#said').innerText(), /It is now resolved/, 'said aloud');
    assert.match(await list.title(), /: resolved/);
    assert.deepEqual(problems, []);
  },
);

test(
  'its page shows why: charts with their marks, citations that lead to evidence, each guard',
  skip,
  async () => {
    const incident = await story.ended('auto-app');
    const { page } = await loggedIn(`/incidents/${incident.id}`);
    const chart = page.locator('#diagnosis svg.chart.large');
    for (const kind of ['onset', 'action', 'recovery'])
      assert.equal(await chart.locator(`line.${kind}`).count(), 1, kind);
    assert.match(
      (await chart.getAttribute('aria-label')) ?? '',
      /memory_utilization .*RESTART at .*recovered at/,
    );
    const cited = await page
      .locator('#diagnosis li > a')
      .evaluateAll((links) =>
        links.map((link) => (link as unknown as { getAttribute(name: string): string }).getAttribute('href')),
      );
    assert.ok(cited.length > 0);
    for (const id of cited) assert.equal(await page.locator(`#evidence li${id}`).count(), 1, String(id));
    assert.equal(await page.locator('#verdict tbody tr').count(), incident.verdict?.checks.length);
    assert.ok((incident.verdict?.checks.length ?? 0) > 5);
    // That its alert has ended may be told after the end.
    await until('the whole timeline', PATIENCE_MS, async () => {
      const rows = await page.locator('#timeline tbody tr').count();
      return rows === (await story.ended('auto-app')).timeline.length ? true : null;
    });
  },
);

test('evidence and postmortem can be taken along', skip, async () => {
  const { id } = await story.ended('auto-app');
  const { page } = await loggedIn(`/incidents/${id}`);
  const take = async (name: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(name).click()]);
    const path = join(folder, download.suggestedFilename());
    await download.saveAs(path);
    return [download.suggestedFilename(), await readFile(path, 'utf8')] as const;
  };
  const [bundleName, bundle] = await take('Evidence as a bundle');
  assert.equal(bundleName, `incident-${id}.json`);
  assert.equal(JSON.parse(bundle).version, 1);
  const [name, postmortem] = await take('Postmortem');
  assert.equal(name, `postmortem-${id}.md`);
  assert.match(postmortem, /^# /);
});

test(
  'while somebody types their answer the page goes on around them, and what is open stays open',
  skip,
  async () => {
    await story.quiet('asked-app');
    await story.trigger('asked-app', 'memory');
    const { id } = await asking('asked-app');
    const { page, problems } = await loggedIn(`/incidents/${id}`, apiToken);
    await live(page);
    assert.equal(await page.locator('input[type=password]').count(), 0, 'whoever is logged in has shown it');
    const name = page.locator('#question form').first().getByLabel('Your name');
    await name.fill('ki');
    await page.locator('#evidence details summary').first().click();
    const rows = await page.locator('#timeline tbody tr').count();
    // Another alert of the same target joins it.
    const joins = alertOf({ alertname: 'TargetDown', service: 'asked-app', instance: 'asked-app-1' });
    assert.equal((await story.post(envelope({ ...joins, startsAt: new Date().toISOString() }))).status, 200);
    await until('the timeline to grow', PATIENCE_MS, async () =>
      (await page.locator('#timeline tbody tr').count()) > rows ? true : null,
    );
    assert.equal(await name.inputValue(), 'ki');
    assert.equal(await page.locator('#evidence details[open]').count(), 1);
    assert.deepEqual(problems, []);
  },
);

test('approved on the page, by keyboard: it is done, and the page tells by whom', skip, async () => {
  await story.quiet('quick-app');
  await story.trigger('quick-app', 'memory');
  const { id } = await asking('quick-app');
  const { page } = await loggedIn(`/incidents/${id}`, apiToken);
  await page.getByText('say yes or no').focus();
  await page.keyboard.press('Enter');
  await page.locator('#question form').first().getByLabel('Your name').focus();
  await page.keyboard.type('kim');
  await page.keyboard.press('Enter');
  await shows(page, /approved by kim/);
  await shows(page, /Is it over\?\s*Yes, proved/);
  const incident = await story.ended('quick-app');
  assert.deepEqual(
    incident.actions.map(({ state }) => state),
    ['done'],
  );
});

test('taken on the page, and given back', skip, async () => {
  const [{ id } = assert.fail('nothing waits')] = await story.incidents('asked-app');
  const { page } = await loggedIn(`/incidents/${id}`, apiToken);
  const taking = page.locator('form', { has: page.getByRole('button', { name: 'I have it' }) });
  await taking.getByLabel('Your name').fill('alex');
  await taking.getByRole('button').click();
  await shows(page, /alex has it: nothing is done to asked-app/);
  await shows(page, /Must I do anything\?\s*No: alex has it/);
  await page.getByText('Give asked-app back').click();
  await page.getByRole('button', { name: 'Give it back' }).click();
  await shows(page, /Must I do anything\?\s*Yes/);
});

test('without a script the pages say the same, and the forms work', skip, async () => {
  const { id } = await story.ended('auto-app');
  const { page } = await loggedIn(`/incidents/${id}`, READ, 'desktop', { javaScriptEnabled: false });
  assert.match(await page.locator('.glance').innerText(), /Is it over\?\s*Yes/);
  await page.goto(`${responder}/?q=auto-app`);
  assert.equal(await page.locator('#list tbody tr').count(), 1);
});

test('the list is searched and filtered, and says so when nothing is like that', skip, async () => {
  const { page } = await loggedIn();
  const found = async () => page.locator('#list tbody tr').count();
  const all = await found();
  assert.ok(all >= 3);
  await page.getByLabel('Search').fill('memory leak auto');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=memory\+leak\+auto/);
  assert.equal(await found(), 1);
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByLabel('Show').selectOption('escalated');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/show=escalated/);
  assert.deepEqual(
    new Set(await page.locator('#list tbody td:nth-child(2)').allInnerTexts()),
    new Set(['escalated']),
  );
  await page.goto(`${responder}/?q=nothing-like-it`);
  await shows(page, /No incident is like that/);
  await page.goto(`${responder}/runbook?q=auto-app`);
  assert.match(await page.locator('#list').innerText(), /1 of 1 \(100 %\)/);
});

test('all actions are halted and resumed on the page, and others see it at once', skip, async () => {
  const { page: other } = await loggedIn();
  await live(other);
  const { page } = await loggedIn('/', apiToken);
  await page.getByText('Halt all actions').first().click();
  await page.getByLabel('Your name').fill('kim');
  await page.getByRole('button', { name: 'Halt all actions' }).click();
  await shows(page, /Halted by kim/);
  await shows(other, /Halted by kim/);
  await page.getByRole('button', { name: 'Resume' }).click();
  await until('the halt to end', PATIENCE_MS, async () =>
    (await other.locator('body').innerText()).includes('Halted') ? null : true,
  );
});

test('words from outside are words on every page', skip, async () => {
  const alert = alertOf({ alertname: HOSTILE, service: HOSTILE, severity: HOSTILE });
  const told = { ...alert, annotations: { summary: HOSTILE, runbook_url: `javascript:${HOSTILE}` } };
  assert.equal((await story.post(envelope(told))).status, 200);
  const [incident] = await until('its incident', PATIENCE_MS, async () => {
    const found = (await story.incidents()).filter(({ alerts }) => alerts[0]?.name === HOSTILE);
    return found[0]?.closedAt ? found : null;
  });
  for (const path of ['/', `/incidents/${incident?.id}`, '/runbook', `/?q=${encodeURIComponent(HOSTILE)}`]) {
    const { page, problems } = await loggedIn();
    await page.goto(`${responder}${path}`);
    await shows(page, /<script>globalThis\.hacked=1<\/script>/);
    assert.equal(await page.evaluate('globalThis.hacked'), undefined, path);
    assert.deepEqual(problems, [], path);
  }
});

test(
  'axe finds nothing, nothing stands out to the right, and no console complains: on a desktop, dark, on a phone',
  skip,
  async () => {
    const [asked] = await story.incidents('asked-app');
    const { id } = await story.ended('auto-app');
    const ofIncidents = [id, asked?.id].map((one) => `/incidents/${one}`);
    const paths = ['/', ...ofIncidents, '/runbook', '/docs', '/runbooks/TargetDown'];
    const look = async (view: View) => {
      const { page, problems } = await loggedIn('/', apiToken, view);
      for (const path of paths) {
        await page.goto(`${responder}${path}`);
        assert.deepEqual(await axeProblems(page), [], `${path} ${view}`);
        assert.equal(await isTooWide(page), false, `${path} ${view}`);
      }
      await page.getByRole('button', { name: 'Log out' }).click();
      assert.deepEqual(await axeProblems(page), [], `login ${view}`);
      assert.deepEqual(problems, [], view);
    };
    await Promise.all(VIEWS.map(look));
  },
);

test('on paper stands what was found and done, whole, and nothing to press', skip, async () => {
  const { id } = await story.ended('auto-app');
  const { page } = await loggedIn(`/incidents/${id}`, apiToken);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  assert.equal(await page.getByRole('navigation').isVisible(), false);
  assert.equal(await page.locator('form:visible').count(), 0);
  assert.ok(await page.locator('#evidence code').first().isVisible());
});

test('a page that is cut off says so, and is live again by itself', skip, async () => {
  const { page } = await loggedIn();
  await live(page);
  await story.stack.killPart('responder');
  await shows(page, /not live: trying again/);
  await story.stack.startPart('responder');
  await live(page);
});
