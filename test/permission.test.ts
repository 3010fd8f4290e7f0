/** Real leaks in services that AegisOps may not touch: it looks, says what it would have done, and keeps its hands off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStory } from './story.ts';

const FORBIDDEN: Record<string, [labels: Record<string, string>, reason: RegExp]> = {
  'suggest-app': [{ 'aegis.autonomy': 'suggest' }, /autonomy is suggest: would have done RESTART/],
  'foreign-app': [{ 'aegis.enable': 'false' }, /not opted in/],
  'no-restart-app': [{ 'aegis.actions': 'SCALE_UP' }, /RESTART is not allowed/],
};
const targets = Object.entries(FORBIDDEN).map(([name, [labels]]) => ({ name, labels }));
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
