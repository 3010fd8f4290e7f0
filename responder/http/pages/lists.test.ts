import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, NOW } from '../../../test/builders.ts';
import type { IncidentSummary } from '../../incident/archive.ts';
import type { RunbookEntry } from '../../incident/incident.ts';
import { type Filters, filterOf, PageQuery } from './filters.ts';
import { incidentListPage, runbookPage } from './lists.ts';

const HOSTILE = `"><img src=x onerror='alert(1)'><script>alert(2)</script>`;
const NOT_HALTED = { on: false, by: '', at: '' };

const summaryOf = (over: Partial<IncidentSummary> = {}): IncidentSummary => ({
  id: 'inc-1',
  target: 'shop',
  state: 'resolved',
  stage: 'closed',
  outcome: 'resolved',
  attempts: 1,
  retries: 0,
  startsAt: ago(60),
  openedAt: ago(50),
  closedAt: ago(40),
  traceparent: null,
  follows: null,
  alertname: 'TargetDown',
  category: null,
  conclusion: 'it helped',
  firing: false,
  notTakenBack: null,
  ...over,
});
const entryOf = (over: Partial<RunbookEntry> = {}): RunbookEntry => ({
  signature: 'shop: TargetDown, process_down',
  action: 'RESTART',
  category: 'process_down',
  target: 'shop',
  succeeded: 3,
  failed: 1,
  note: 'it helped',
  lastSeen: ago(1),
  ...over,
});
const filtersOf = (query: Record<string, string> = {}): Filters => PageQuery.parse(query);

/** The list with these unfinished, and these found. */
const listOf = (
  open: IncidentSummary[],
  incidents = open,
  {
    next = null,
    isMore = false,
    query = {},
    halt = NOT_HALTED,
    asksToken = false,
  }: {
    next?: string | null;
    isMore?: boolean;
    query?: Record<string, string>;
    halt?: typeof NOT_HALTED;
    asksToken?: boolean;
  } = {},
) =>
  incidentListPage(
    { unfinished: open, isMore, incidents, next, filters: filtersOf(query) },
    { halt, asksToken },
  );

function isHarmless(page: string) {
  assert.ok(!/<(img|script(?! src="\/live\.js" defer><))/i.test(page), 'a tag from outside is live');
  assert.ok(!/="[^"]*'alert\(1\)'/.test(page), 'an attribute was left');
}

test('no word from outside becomes markup in the lists, nor in the runbook', () => {
  const hostile = summaryOf({ id: HOSTILE, target: HOSTILE, alertname: HOSTILE, conclusion: HOSTILE });
  const halt = { on: true, by: HOSTILE, at: HOSTILE };
  isHarmless(listOf([hostile], [hostile], { next: HOSTILE, query: { q: HOSTILE, target: HOSTILE }, halt }));
  isHarmless(runbookPage([entryOf({ signature: HOSTILE, target: HOSTILE, note: HOSTILE })], HOSTILE));
});

test('what could not be taken back is a person’s', () => {
  const page = listOf([summaryOf({ notTakenBack: 'SCALE_UP of shop-2' })]);
  assert.match(page, /<h1>1 handed to a person<\/h1>[\s\S]*SCALE_UP of shop-2 could not be taken back/);
});

test('the list says first how many are open, and who is waited for', () => {
  assert.match(listOf([]), /<h1>Nothing is wrong<\/h1>[\s\S]*No incident yet/);
  assert.match(listOf([], [summaryOf()]), /<h1>Nothing is wrong<\/h1>/);
  const open = summaryOf({ state: 'verifying', closedAt: null });
  assert.match(listOf([open]), /<h1>1 open incident<\/h1>/);
  const asking = summaryOf({ state: 'awaiting_approval', closedAt: null });
  const page = listOf([open, asking], []);
  assert.match(page, /<h1>2 open incidents, 1 waiting for a yes or no<\/h1>/);
  assert.equal(page.match(/<article class="card">/g)?.length, 2, 'also where the search finds none of them');
  assert.match(page, /data-live="all"/);
  assert.match(listOf([open], [], { isMore: true }), /<h1>1 open incident, and more<\/h1>/);
  const handed = listOf([summaryOf({ state: 'escalated', firing: true })]);
  assert.match(handed, /<h1>1 handed to a person<\/h1>[\s\S]*class="card handed"/);
  assert.doesNotMatch(handed, /have ended since/);
  assert.match(
    listOf([summaryOf({ state: 'escalated' })]),
    /Its alerts have ended since, and nothing proves why/,
  );
});

test('what is searched for stands in the form, and goes along to the next page', () => {
  const query = { q: 'memory leak', show: 'resolved', since: '24h', target: 'shop' };
  const page = listOf([], [summaryOf()], { next: 'a_b&c', query });
  assert.match(page, /name="q" value="memory leak"/);
  assert.match(page, /<option value="resolved" selected>/);
  assert.match(page, /<option value="24h" selected>/);
  assert.match(page, /name="target" value="shop"/);
  assert.match(
    page,
    /href="\/\?q=memory\+leak&#38;show=resolved&#38;since=24h&#38;target=shop&#38;cursor=a_b%26c">Older/,
  );
  assert.ok(!listOf([], [summaryOf()]).includes('Older'));
  assert.match(listOf([], [], { query }), /No incident is like that/);
});

test('an empty field asks for nothing, and every other one for what it says', () => {
  assert.deepEqual(filterOf(filtersOf({ q: '', target: ' ', show: 'all', since: 'ever' }), NOW), {
    q: undefined,
    target: undefined,
    cursor: undefined,
  });
  const found = filterOf(filtersOf({ q: ' a ', show: 'open', since: '1h' }), NOW);
  assert.deepEqual([found.q, found.open, found.since], ['a', true, ago(3_600)]);
  assert.equal(filterOf(filtersOf({ show: 'failed' }), NOW).state, 'failed');
  assert.equal(PageQuery.safeParse({ show: 'x' }).success, false);
});

test('a halt is told with who threw it, and offers to go on; else the switch is folded away', () => {
  const halt = { on: true, by: '<kim>', at: '2026-01-01T00:00:00.000Z' };
  const halted = listOf([], [], { halt, asksToken: true });
  assert.match(halted, /<h1>Halted<\/h1>/, 'which is no "nothing is wrong"');
  assert.match(
    listOf([summaryOf({ state: 'escalated' })], [], { halt }),
    /<h1>Halted, 1 handed to a person<\/h1>/,
  );
  assert.match(halted, /Halted[\s\S]*by &#60;kim&#62; at/);
  assert.match(halted, /<h2>Resume<\/h2>[\s\S]*name="halt" value="off"[\s\S]*type="password"/);
  const page = listOf([]);
  assert.ok(!page.includes('Halted'));
  assert.match(page, /<details[^>]*><summary>Halt all actions<\/summary>[\s\S]*name="halt" value="on"/);
  assert.ok(!page.includes('type="password"'), 'where no token is set none is asked for');
});

test('the runbook tells how often an action has helped, and finds by every word', () => {
  const untried = entryOf({ action: 'NOOP', succeeded: 0, failed: 0, signature: 'billing: Other, external' });
  const page = runbookPage([entryOf({ recent: { succeeded: 2.4, failed: 0.3 } }), untried]);
  assert.match(page, /3 of 4 \(75 %\)[\s\S]*<meter min="0" max="1" value="0\.750"/);
  assert.match(page, /2\.4 of 2\.7/);
  assert.match(page, /not tried/);
  assert.match(page, /href="\/\?q=shop\+process_down">incidents like it/);
  const found = runbookPage([entryOf(), untried], 'Process down restart');
  assert.ok(found.includes('shop: TargetDown') && !found.includes('billing: Other'));
  assert.match(runbookPage([entryOf()], 'nothing'), /No entry is like that/);
  assert.match(runbookPage([]), /Nothing learned yet/);
});
