/** Where there is no Slack its words go to the log: once for each change that the words show. */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Channel } from './channel.ts';
import { inOne, wordsFor } from './words.ts';

/** A digest: words that are kept are blanked where they look like a secret, and then would look new each time. */
const Kept = z.object({ said: z.string().default('') });

export function makePlainChannel({
  log,
  clock,
  publicUrl,
}: {
  log: Pick<Logger, 'info' | 'warn'>;
  clock: () => Date;
  publicUrl: string | null;
}): Channel {
  return {
    name: 'log',
    title: 'the log',
    async deliver(told, remote, save) {
      const words = wordsFor(told, clock());
      const line = inOne(words);
      const said = createHash('sha256').update(line).digest('hex').slice(0, 16);
      if (Kept.parse(remote).said === said) return { result: 'shown' };
      await save({ said });
      const link = publicUrl && { url: `${publicUrl}/incidents/${told.id}` };
      log[words.mood === 'you' ? 'warn' : 'info']({ incident: told.id, target: told.target, ...link }, line);
      return { result: 'shown' };
    },
  };
}
