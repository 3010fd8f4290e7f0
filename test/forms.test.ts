/** The forms of an incident's page in a real browser, with scripts and without: each answer arrives as it was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalOf, serve } from '../responder/http/server.test-helper.ts';
import { noBrowser, openPage } from './browser.ts';
import { NOW } from './builders.ts';

const skip = { skip: noBrowser };
const HASH = 'a'.repeat(64);
const ANSWERS = [
  ['Approve', ['inc-1', HASH, 'approved', 'kim']],
  ['Reject', ['inc-1', HASH, 'rejected', 'kim']],
  ['I have it', ['inc-1', 'take', 'kim', 60]],
] as const;
const ASKED = { apiToken: null, incident: { state: 'awaiting_approval' } } as const;

for (const javaScriptEnabled of [true, false])
  test(`yes, no and "I have it" ${javaScriptEnabled ? 'with' : 'without'} scripts`, skip, async (t) => {
    const { base, decided } = await serve(t, { ...ASKED, readTokens: [], approval: approvalOf() });
    const { page } = await openPage(`${base}/incidents/inc-1`, 'desktop', { javaScriptEnabled });
    for (const [button, expected] of ANSWERS) {
      const form = page.locator('#question form', { has: page.getByRole('button', { name: button }) });
      await form.getByLabel('Your name').fill('kim');
      await Promise.all([page.waitForEvent('load'), form.getByRole('button').click()]);
      assert.deepEqual(decided.at(-1), expected, button);
    }
    assert.equal(decided.length, ANSWERS.length);
  });

test('giving back without scripts, and nothing is sent without a name', skip, async (t) => {
  const until = new Date(NOW.getTime() + 60_000).toISOString();
  const hold = { target: 'shop', by: 'kim', incidentId: 'inc-1', since: NOW.toISOString(), until };
  const { base, decided } = await serve(t, { ...ASKED, readTokens: [], hold });
  const { page } = await openPage(`${base}/incidents/inc-1`, 'desktop', { javaScriptEnabled: false });
  await page.getByText('Give shop back').click();
  await page.getByRole('button', { name: 'Give it back' }).click();
  assert.deepEqual(decided, []);
  await page.getByLabel('Your name').fill('kim');
  const give = page.getByRole('button', { name: 'Give it back' });
  await Promise.all([page.waitForEvent('load'), give.click()]);
  assert.deepEqual(decided, [['inc-1', 'release', 'kim']]);
});
