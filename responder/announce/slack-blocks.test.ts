/** What stands in Slack: words that a tired person reads in five seconds, within its limits, and nobody else's commands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  actionOf,
  diagnosisOf,
  evidenceOf,
  findingOf,
  memory,
  NOW,
  plannedOf,
  verdictOf,
} from '../../test/builders.ts';
import { decide } from '../incident/verdict.ts';
import { eventOf, toldOf } from './announce.test-helper.ts';
import { callLook, fitting, headOf, type Look, mrkdwn } from './slack-blocks.ts';

const OFFERS = { publicUrl: 'https://aegis.example.org', buttons: true };
const EVIL =
  '<!channel> <https://evil|click> @here @everyone &lt; `*_~ \n*Must I do anything?* no\u202e\u200b <@U1>';

/** Of the blocks; plain texts (of buttons) are shown as they are. */
function textsOf({ blocks }: Look, types = ['mrkdwn', 'plain_text']): string[] {
  const texts: string[] = [];
  JSON.stringify(blocks, (_key, value) => {
    if (types.includes(value?.type) && typeof value.text === 'string') texts.push(value.text);
    return value;
  });
  return texts;
}
const question = (over = {}) => ({
  ...{ hash: 'a'.repeat(64), incidentId: 'inc-1', planned: plannedOf(over), askedAt: NOW.toISOString() },
  expiresAt: new Date(NOW.getTime() + 60_000).toISOString(),
  ...{ decision: null, decidedBy: null, decidedAt: null },
});

test('what broke, what was done, is it over, must I do anything', () => {
  const { text, blocks } = headOf(
    toldOf({
      ...{ state: 'resolved', outcome: 'resolved', conclusion: 'RESTART helped' },
      ...{ diagnosis: diagnosisOf(), actions: [actionOf()], evidence: evidenceOf(memory([0.5])) },
    }),
    NOW,
    OFFERS,
  );
  assert.equal(
    text,
    'TargetMemorySaturated on shop: resolved. What broke: shop-1 holds memory (memory leak). What was done: RESTART on shop-1: done. Is it over: yes, and proved: RESTART helped. Must I do anything: no.',
  );
  const all = JSON.stringify(blocks);
  assert.match(all, /:large_green_circle: \*<https:\/\/aegis\.example\.org\/incidents\/inc-1\|Target/);
  assert.match(all, /Evidence: E1 reading of signal/);
});

test('a question says until when, and what happens without an answer', () => {
  const told = toldOf({ state: 'awaiting_approval', approval: question() });
  assert.match(
    headOf(told, NOW, OFFERS).text,
    /yes: say yes or no to RESTART on shop-1 until 12:01:00 UTC; without/,
  );
  assert.match(callLook(told, NOW, OFFERS).text, /waits for your word/);
  const late = new Date(NOW.getTime() + 61_000);
  assert.match(headOf(told, late, OFFERS).text, /Must I do anything: no\./);
});

test('an action that could not be taken back needs a person, however the incident ended', () => {
  const undo = { state: 'failed' as const, dueAt: null, detail: 'x', doneAt: NOW.toISOString() };
  const { text } = headOf(toldOf({ state: 'resolved', actions: [actionOf({ undo })] }), NOW, OFFERS);
  assert.match(text, /Must I do anything: yes: RESTART on shop-1 could not be taken back/);
});

const evil = toldOf({
  ...{ target: EVIL, conclusion: EVIL, state: 'awaiting_approval', approval: question({ instance: EVIL }) },
  diagnosis: diagnosisOf({ root_cause: EVIL, justification: EVIL, citations: ['E1'] }),
  evidence: evidenceOf(findingOf(memory([0.5]), { reading: EVIL })),
  verdict: decide(plannedOf(), [{ guard: EVIL, allowed: false, reason: EVIL }], NOW.toISOString()),
  actions: [actionOf({ instance: EVIL, detail: EVIL })],
  recovery: {
    ...{ result: 'pending', looks: 1, since: NOW.toISOString(), at: NOW.toISOString() },
    checks: [{ name: EVIL, result: 'fail', reading: EVIL }],
  },
});
const EVENTS = (['gather', 'diagnose', 'guard', 'verify'] as const).map((stage) => eventOf(stage, EVIL));

test('somebody’s words give no command, no link, no mention, no line and no mark of their own', () => {
  const looks = [headOf(evil, NOW, OFFERS), callLook(evil, NOW, OFFERS), fitting(evil, EVENTS).look];
  for (const text of looks.flatMap((look) => [look.text, ...textsOf(look, ['mrkdwn'])])) {
    const links = [...text.matchAll(/<[^>]*>/g)].map(([link]) => link);
    for (const link of links)
      assert.match(link, /^<https:\/\/aegis\.example\.org\/incidents\/inc-1\|[^<>]*>$/);
    assert.doesNotMatch(text, /@(channel|here|everyone)/i);
    assert.doesNotMatch(text, /[\u202e\u200b]/);
    assert.doesNotMatch(text, /^\*Must I do anything\?\* no/m);
  }
});

test('every mrkdwn text is verbatim: what looks like an address is none', () => {
  const { blocks } = headOf(evil, NOW, OFFERS);
  const all = JSON.stringify(blocks).match(/"type":"mrkdwn"/g)?.length;
  assert.equal(JSON.stringify(blocks).match(/"verbatim":true/g)?.length, all);
});

test('endless words fit Slack’s limits, and no entity is cut', () => {
  const long = '<&'.repeat(20_000);
  const told = {
    ...evil,
    target: long,
    diagnosis: diagnosisOf({ root_cause: long, justification: long, citations: ['E1'] }),
    evidence: evidenceOf(findingOf(memory([0.5]), { reading: long })),
    verdict: verdictOf(),
  };
  const events = Array.from({ length: 400 }, () => eventOf('diagnose', long));
  const { look: details, count } = fitting(told, events);
  assert.ok(count > 1 && count < events.length, String(count));
  for (const look of [headOf(told, NOW, OFFERS), callLook(told, NOW, OFFERS), details]) {
    assert.ok(look.blocks.length <= 50);
    assert.ok(textsOf(look).join('').length <= 9_000, 'in sum');
    assert.ok(look.text.length <= 4_000);
    for (const text of textsOf(look)) {
      assert.ok(text.length > 0 && text.length <= 3_000, String(text.length));
      assert.doesNotMatch(text.replaceAll(/&(amp|lt|gt);/g, ''), /&/);
    }
  }
});

test('escaping is exact, and cuts whole characters', () => {
  assert.equal(mrkdwn('a < b && c > d'), 'a &lt; b &amp;&amp; c &gt; d');
  assert.equal(mrkdwn('&&&', 8), '&amp;…');
  assert.equal(mrkdwn('💥💥💥', 4), '💥…');
  assert.equal(mrkdwn('shop-1_a'), 'shop-1_a');
});

test('without an address of the pages there are no links', () => {
  const { blocks } = headOf(evil, NOW, { publicUrl: null, buttons: false });
  assert.doesNotMatch(JSON.stringify(blocks), /<http/);
});

test('a button’s value is what is asked about, exactly', () => {
  const { blocks } = headOf(toldOf({ state: 'awaiting_approval', approval: question() }), NOW, OFFERS);
  assert.match(JSON.stringify(blocks), new RegExp(`"value":"inc-1 ${'a'.repeat(64)}"`));
  assert.match(JSON.stringify(blocks), /Do exactly this: RESTART on shop-1\?/);
});
