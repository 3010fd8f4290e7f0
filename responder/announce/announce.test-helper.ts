/** Deliveries of one incident to one channel, one after the other, as the loop makes them. */
import { incidentOf } from '../../test/builders.ts';
import type { Remote, Told } from '../incident/outbox.ts';
import type { Channel } from './channel.ts';

export const toldOf = (over: Partial<Told> = {}): Told => ({
  ...incidentOf(),
  timeline: [],
  approval: null,
  hold: null,
  ...over,
});

/** An event of the timeline. */
export const eventOf = (stage: Told['stage'], text: string): Told['timeline'][number] => ({
  ...{ at: '2026-03-01T12:00:00.000Z', stage, state: 'diagnosing', kind: 'x', text, ms: 12.3 },
});

export function visits(channel: Channel) {
  let remote: Remote = {};
  let crashAfter = Infinity;
  return {
    /** What would be read from the database. */
    kept: () => remote,
    /** The process dies instead of its n-th save from now. */
    crashAt(save: number) {
      crashAfter = save - 1;
    },
    async deliver(over: Partial<Told> = {}) {
      // As it comes back from the database.
      const before = JSON.parse(JSON.stringify(remote)) as Remote;
      return channel.deliver(toldOf(over), before, async (next) => {
        if (crashAfter-- <= 0) {
          crashAfter = Infinity;
          throw new Error('killed');
        }
        remote = JSON.parse(JSON.stringify(next)) as Remote;
      });
    },
  };
}
