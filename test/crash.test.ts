/** `kill -9` of the responder at every point that matters: the incident ends rightly, and the action happens once. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../tools/demo/wait.ts';
import { startStory } from './story.ts';

const dir = await mkdtemp(join(tmpdir(), 'aegis-crash-'));
after(() => rm(dir, { recursive: true }));
const file = join(dir, 'point');
const story = await startStory({
  responderScript: 'test/crashing-responder.ts',
  env: { responder: { CRASH_FILE: file, AEGIS_COOLDOWN_SECONDS: '0', AEGIS_LEASE_SECONDS: '5' } },
});
const known: string[] = [];

const POINTS = [
  'before gather',
  'after diagnose',
  'after guard',
  'before the intent',
  'after the intent',
  'within the call',
  'after the call',
  'after remediate',
  'before verify',
  'after verify',
  'after learn',
];

for (const point of POINTS)
  test(`killed ${point}: resolved, and the process was started exactly once`, async () => {
    await story.quiet('target-app');
    const before = await story.starts('target-app');
    await writeFile(file, point);
    await story.trigger('target-app', 'memory');
    await until(`the responder to die ${point}`, 30_000, async () => ((await isThere(file)) ? null : true));
    await until('its process to be gone', 10_000, async () =>
      (await story.stack.pid('responder')) === null ? true : null,
    );
    await story.stack.startPart('responder');
    const incident = await story.ended('target-app', known);
    known.push(incident.id);
    assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
    assert.deepEqual(
      incident.actions.map((action) => action.state),
      ['done'],
    );
    assert.equal((await story.starts('target-app')) - before, 1);
    const once = incident.timeline.filter((event) => event.kind === 'learned');
    assert.equal(once.length, 1, 'the lesson counts once');
  });

test('one incident for each breach, none opened twice', async () => {
  const ids = (await story.incidents('target-app')).filter((incident) => incident.actions.length > 0);
  assert.equal(ids.length, POINTS.length);
});

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
