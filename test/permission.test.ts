/** Real leaks in services that AegisOps may not touch: it looks, says what it would have done, and keeps its hands off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetOptions } from '../tools/stack/target.ts';
import { startStory } from './story.ts';

const FORBIDDEN: Record<string, [labels: Record<string, string>, reason: RegExp]> = {
  'suggest-app': [{ 'aegis.autonomy': 'suggest' }, /autonomy is suggest: would have done RESTART/],
  'foreign-app': [{ 'aegis.enable': 'false' }, /not opted in/],
  'no-restart-app': [{ 'aegis.actions': 'SCALE_UP' }, /RESTART is not allowed/],
};
const targets: TargetOptions[] = Object.entries(FORBIDDEN).map(([name, [labels]]) => ({ name, labels }));
targets.push({ name: 'halted-app' });
const story = await startStory({ targets });

for (const [target, [, reason]] of Object.entries(FORBIDDEN))
  test(`${target}: the leak is explained, refused by a guard with its reason, and the process is left alone`, async () => {
    await story.quiet(target);
    await story.trigger(target, 'memory');
    const incident = await story.ended(target);
    assert.equal(incident.diagnosis?.category, 'memory_leak');
    assert.equal(incident.outcome, 'escalated');
    assert.match(incident.conclusion ?? '', reason);
    assert.deepEqual(incident.actions, []);
    assert.equal(await story.starts(target), 1);
  });

test('halted: nothing is done, and the incident says who halted it; resumed: the same breach is repaired', async () => {
  const api = { authorization: `Bearer ${story.stack.tokens.api}` };
  assert.equal((await story.post({ by: 'kim' }, '/api/halt', api)).body.on, true);
  await story.quiet('halted-app');
  await story.trigger('halted-app', 'memory');
  const refused = await story.ended('halted-app');
  assert.deepEqual([refused.outcome, refused.actions], ['escalated', []]);
  assert.match(refused.conclusion ?? '', /refused by halt: halted by kim/);
  assert.equal(await story.starts('halted-app'), 1);

  assert.equal((await story.post({ by: 'kim' }, '/api/resume', api)).body.on, false);
  await story.trigger('halted-app', 'reset');
  await story.quiet('halted-app');
  await story.trigger('halted-app', 'memory');
  assert.equal((await story.ended('halted-app', [refused.id])).outcome, 'resolved');
  assert.equal(await story.starts('halted-app'), 2);
});
