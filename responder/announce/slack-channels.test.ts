/** Channels of Slack that are misspelt, and what comes of it once they are corrected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOW } from '../../test/builders.ts';
import { fakeSlack } from '../../test/fakes/slack.ts';
import { makeSlack } from '../clients/slack.ts';
import { visits } from './announce.test-helper.ts';
import { makeSlackChannel } from './slack.ts';

test('a channel that nobody knows is not looked for each time', async (t) => {
  const fake = await fakeSlack();
  t.after(fake.close);
  let ms = 0;
  const slack = makeSlack({ token: fake.accepts.token, url: `${fake.url}/api`, now: () => ms });
  const ask = async () => {
    const answer = await slack.channelId('#nowhere');
    assert.equal(answer.kind === 'refused' && answer.code, 'channel_not_found');
    return fake.asked.length;
  };
  assert.deepEqual([await ask(), await ask()], [1, 1]);
  ms = 600_000;
  assert.equal(await ask(), 2, 'somebody may have made it meanwhile');
});

test('while nothing stands there yet a corrected channel is used', async (t) => {
  const fake = await fakeSlack();
  fake.postsASecond = Infinity;
  t.after(fake.close);
  const slack = makeSlack({ token: fake.accepts.token, url: `${fake.url}/api` });
  const made = (channel: string) =>
    makeSlackChannel({
      ...{ slack, url: fake.url, channel, channels: {}, clock: () => NOW, pace: async () => {} },
      offers: { publicUrl: null, buttons: false },
    });
  let name = 'C999999999';
  const { deliver } = visits({ ...made(name), deliver: (...all) => made(name).deliver(...all) });
  assert.equal((await deliver()).result, 'later');
  name = 'C0000000SRE';
  assert.deepEqual(await deliver(), { result: 'shown' });
  assert.equal(fake.heads()[0]?.channel, name);
});
