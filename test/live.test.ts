/** The script that keeps a page as it is now, in a real browser: what it leaves alone, and that it never says "live" when it is not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import express from 'express';
import { eventRoutes } from '../responder/http/events.ts';
import { assetRoutes } from '../responder/http/pages/assets.ts';
import { incidentPage } from '../responder/http/pages/incident.ts';
import type { WholeIncident } from '../responder/http/whole-incident.ts';
import type { Changes } from '../responder/incident/news.ts';
import { until } from '../tools/demo/wait.ts';
import { noBrowser, openPage, type Page } from './browser.ts';
import { ago, diagnosisOf, incidentOf, NOW, plannedOf } from './builders.ts';

const skip = { skip: noBrowser };
const PATIENCE_MS = 20_000;
const PATH = '/incidents/inc-1';

type Stream = 'open' | 'refused' | 'silent';
interface Served {
  url: string;
  /** What the page is about from now on; its readers are told of it, unless by `quietly`. */
  now(incident: Partial<WholeIncident>): void;
  quietly(incident: Partial<WholeIncident>): void;
  /** How often the stream was opened. */
  opened: number;
  /** How the stream behaves when it is opened next. */
  stream: Stream;
  /** How the page answers. */
  page: 'fine' | 'login' | 'hangs' | 'broken';
}

async function serve(t: TestContext): Promise<Served> {
  const followers = new Set<(changes: Changes) => void>();
  let incident: WholeIncident = { ...incidentOf(), timeline: [], approval: null, hold: null };
  const served: Served = {
    ...{ url: '', stream: 'open', page: 'fine', opened: 0 },
    quietly(over) {
      incident = { ...incident, ...over };
    },
    now(over) {
      served.quietly(over);
      for (const tell of followers)
        tell({ incidents: [{ id: 'inc-1', state: incident.state }], halt: false });
    },
  };
  const app = express();
  app.use(assetRoutes());
  app.get(PATH, (_request, response) => {
    if (served.page === 'login') return response.redirect(303, '/login');
    if (served.page === 'broken') return void response.status(503).end();
    if (served.page === 'fine') return response.send(incidentPage(incident, { asksToken: false, now: NOW }));
  });
  app.get('/login', (_request, response) => void response.send('<main></main>'));
  app.get('/events', (_request, response, next) => {
    served.opened += 1;
    if (served.stream === 'open') return next();
    if (served.stream === 'refused') return void response.status(503).end();
    // Open, as far as anybody can tell, and nobody at the other end.
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(':\n\n');
  });
  const news = {
    follow(tell: (changes: Changes) => void) {
      followers.add(tell);
      return () => void followers.delete(tell);
    },
  };
  app.use(eventRoutes({ mayRead: (_request, _response, next) => next(), news, beatMs: 200 }));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
  return served;
}

const asked = (hash: string): Partial<WholeIncident> => ({
  state: 'awaiting_approval',
  diagnosis: diagnosisOf(),
  approval: {
    ...{ hash: hash.repeat(64), planned: plannedOf(), askedAt: ago(9) },
    ...{ expiresAt: ago(-60), decision: null, by: null, at: null },
  },
});
const says = (page: Page, words: string) =>
  until(`the page to say ${words}`, PATIENCE_MS, async () =>
    (await page.locator('#live').textContent()) === words ? true : null,
  );
const shows = (page: Page, words: RegExp) =>
  until(`the page to show ${words}`, PATIENCE_MS, async () =>
    words.test(await page.locator('main').innerText()) ? true : null,
  );
const focused = (page: Page) => page.evaluate('document.activeElement.textContent');
/** A page whose own clock can be put forward, so that nobody waits. */
async function openWithClock(url: string) {
  const { page } = await openPage('about:blank');
  await page.clock.install();
  await page.goto(url);
  return page;
}

test(
  'whoever types keeps the focus and what they wrote, while the page changes before and after',
  skip,
  async (t) => {
    const served = await serve(t);
    served.now(asked('a'));
    const { page } = await openPage(served.url);
    await says(page, 'live');
    const name = page.locator('#question input[name=by]').first();
    await name.focus();
    await page.keyboard.type('ki');
    await page.evaluate('globalThis.typed = document.activeElement');
    served.now({ lesson: 'something new below', conclusion: 'and above', hold: null, follows: 'inc-0' });
    await shows(page, /something new below/);
    await page.keyboard.type('m');
    assert.equal(await page.evaluate('globalThis.typed === document.activeElement'), true);
    assert.equal(await name.inputValue(), 'kim');
  },
);

test('whoever is on a link, a fold or a button that is made anew stays on it', skip, async (t) => {
  const served = await serve(t);
  served.now({ ...asked('a'), postmortem: '# one' });
  const { page } = await openPage(served.url);
  await says(page, 'live');
  await page.getByText('say yes or no').focus();
  served.now({ follows: 'inc-0' });
  await shows(page, /inc-0/);
  assert.equal(await focused(page), 'say yes or no');
  await page.getByRole('button', { name: 'Reject' }).focus();
  served.now({ diagnosis: diagnosisOf({ root_cause: 'somebody else' }) });
  await shows(page, /somebody else/);
  assert.equal(await focused(page), 'Reject');
  served.now({ approval: null, state: 'diagnosing', lesson: 'nothing is asked any more' });
  await shows(page, /nothing is asked any more/);
  await page.getByText('I have it').first().focus();
  served.now({ target: 'shop-2' });
  await shows(page, /on shop-2/);
  assert.equal(await focused(page), 'I have it');
});

test(
  'a question that takes the place of another says so, and cannot be answered before it can be read',
  skip,
  async (t) => {
    const served = await serve(t);
    served.now(asked('a'));
    const page = await openWithClock(served.url);
    await says(page, 'live');
    const approve = page.getByRole('button', { name: 'Approve' });
    assert.equal(await approve.isEnabled(), true);
    await page.locator('#question input[name=by]').first().fill('kim');
    await page.clock.pauseAt(Date.now() + 5_000);
    served.now(asked('b'));
    await until('the question to change', PATIENCE_MS, async () => {
      await page.clock.runFor(400);
      return /The question has changed/.test(await page.locator('#question').innerText()) ? true : null;
    });
    assert.equal(await approve.isEnabled(), false);
    assert.equal(await page.locator('#question input[name=hash]').first().inputValue(), 'b'.repeat(64));
    assert.match((await page.locator('#said').textContent()) ?? '', /question has changed/);
    await page.clock.runFor(2_000);
    assert.equal(await approve.isEnabled(), true);
  },
);

test(
  'a stream that is refused is asked for again; until it is there the page is not called live',
  skip,
  async (t) => {
    const served = await serve(t);
    served.stream = 'refused';
    const page = await openWithClock(served.url);
    await says(page, 'not live: trying again');
    served.now({ lesson: 'new all the same' });
    await page.clock.fastForward(11_000);
    await shows(page, /new all the same/);
    assert.equal(await page.locator('#live').textContent(), 'not live: trying again');
    served.stream = 'open';
    await page.clock.fastForward(11_000);
    await says(page, 'live');
  },
);

test('a stream that has died silently is opened anew', skip, async (t) => {
  const served = await serve(t);
  served.stream = 'silent';
  const page = await openWithClock(served.url);
  await says(page, 'live');
  served.stream = 'open';
  await page.clock.fastForward(41_000);
  await says(page, 'live');
  served.now({ lesson: 'heard again' });
  await shows(page, /heard again/);
});

test('what is no event, such as a time that has run out, is seen within a minute', skip, async (t) => {
  const served = await serve(t);
  const page = await openWithClock(served.url);
  await says(page, 'live');
  served.quietly({ lesson: 'told to nobody' });
  for (let seconds = 0; seconds < 64; seconds += 16) {
    await page.clock.runFor(16_000);
    await new Promise((resolve) => setTimeout(resolve, 500)); // a sign of life comes in between
  }
  await shows(page, /told to nobody/);
  assert.equal(served.opened, 1);
});

test('whoever is logged out is told so, and asks no more', skip, async (t) => {
  const served = await serve(t);
  const page = await openWithClock(served.url);
  await says(page, 'live');
  served.page = 'login';
  served.now({});
  await says(page, 'not live: log in again');
  await page.clock.fastForward(70_000);
  assert.equal(await page.locator('#live').textContent(), 'not live: log in again');
});

test('a responder that answers with an error, or not at all, is asked again', skip, async (t) => {
  const served = await serve(t);
  const { page } = await openPage(served.url);
  await says(page, 'live');
  for (const how of ['broken', 'hangs'] as const) {
    served.page = how;
    served.now({ lesson: `after it was ${how}` });
    await says(page, 'not live: trying again');
    served.page = 'fine';
    await shows(page, new RegExp(`after it was ${how}`));
    await says(page, 'live');
  }
});
