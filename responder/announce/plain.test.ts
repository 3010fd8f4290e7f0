import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOW } from '../../test/builders.ts';
import type { Remote } from '../incident/outbox.ts';
import { jsonb } from '../incident/stored-text.ts';
import { toldOf } from './announce.test-helper.ts';
import { makePlainChannel } from './plain.ts';

test('each change is told once, also of a target whose name is blanked where it is kept', async () => {
  const lines: string[] = [];
  const log = { info: (_: object, words: string) => void lines.push(words), warn: () => {} };
  const channel = makePlainChannel({ log: log as never, clock: () => NOW, publicUrl: null });
  for (const target of ['shop', 'payment-token: a8f7d6e5c4b3a2f1']) {
    let kept: Remote = {};
    lines.length = 0;
    for (const state of ['diagnosing', 'diagnosing', 'verifying', 'verifying'] as const)
      await channel.deliver(toldOf({ target, state }), kept, async (remote) => {
        kept = JSON.parse(jsonb(remote)) as Remote; // as it comes back from the database
      });
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.ok(lines[0]?.includes(target));
  }
});
