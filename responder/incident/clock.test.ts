import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeClock } from './clock.ts';
import type { Database } from './database.ts';

/** A clock beside a database whose own is so many seconds ahead. */
async function beside(seconds: { ahead: number }) {
  const told: string[] = [];
  const query = async () => ({ rows: [{ now: new Date(Date.now() + seconds.ahead * 1000) }] });
  const made = await makeClock({ query } as unknown as Database, (words) => told.push(words));
  return { ...made, told, ahead: () => Math.round((made.clock().getTime() - Date.now()) / 1000) || 0 };
}

test("all replicas go by the database's clock, however wrong their own is", async () => {
  for (const ahead of [3600, -3600]) {
    const clock = await beside({ ahead });
    assert.equal(clock.ahead(), ahead);
    assert.equal(clock.told.length, 1);
    assert.match(clock.told[0] ?? '', /^this machine's clock and the database's are -?3[56]\d+ ms apart/);
  }
});

test('clocks that agree are not spoken of', async () => {
  const clock = await beside({ ahead: 0 });
  assert.deepEqual([clock.ahead(), clock.told], [0, []]);
});

test('a clock that runs away is followed, and told once', async () => {
  const seconds = { ahead: 0 };
  const clock = await beside(seconds);
  seconds.ahead = 60;
  for (let i = 0; i < 3; i++) await clock.sync();
  assert.deepEqual([clock.ahead(), clock.told.length], [60, 1]);
});
