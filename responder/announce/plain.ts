/** Where there is no Slack its words go to the log: once for each change that the words show. */
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Channel } from './channel.ts';
import { inOne, wordsFor } from './words.ts';

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
      const said = inOne(words);
      if (Kept.parse(remote).said === said) return { result: 'shown' };
      await save({ said });
      const link = publicUrl && { url: `${publicUrl}/incidents/${told.id}` };
      log[words.mood === 'you' ? 'warn' : 'info']({ incident: told.id, target: told.target, ...link }, said);
      return { result: 'shown' };
    },
  };
}
