/** Whether what was in a crash loop has left it: no end since the action, for longer than it used to live. */
import { exitsIn, tellExit, tellLength } from '../incident/crashes.ts';
import type { ReadExits } from '../incident/exits.ts';
import type { ActionRecord, ExitData, Incident } from '../incident/incident.ts';
import type { Check } from './proof.ts';

/** Beyond the longest of the lives that it had: a start takes its time. */
const MARGIN_MS = 5_000;

interface Look {
  readExits: ReadExits;
  now: Date;
  /** It is waited for no longer than this. */
  longestMs: number;
}

/** Of instances that were acted upon. That they cannot be told of proves nothing. */
export async function staysUp(
  { readExits, now, longestMs }: Look,
  { target, evidence }: Pick<Incident, 'target' | 'evidence'>,
  { before, settledAt }: ActionRecord,
): Promise<Check> {
  const name = 'stays up';
  const since = Date.parse(settledAt ?? '');
  const upMs = now.getTime() - since;
  const acted = before.instances.map(({ instance }) => instance);
  const isOfThese = (exit: ExitData) => acted.includes(exit.instance) && !exit.requested;
  const exits = await readExits(target, upMs / 1000);
  const ended = exits.find((exit) => isOfThese(exit) && Date.parse(exit.at) >= since);
  if (ended) return { name, result: 'fail', reading: `${ended.instance} ${tellExit(ended)}` };
  const lives = exitsIn(evidence)?.data.exits.filter(isOfThese) ?? [];
  const longestLife = Math.max(0, ...lives.map(({ livedMs }) => livedMs ?? 0));
  const leastMs = Math.min(longestLife + MARGIN_MS, longestMs);
  const reading = `no end within ${tellLength(upMs / 1000)}, ${tellLength(leastMs / 1000)} are wanted`;
  return { name, result: upMs >= leastMs ? 'pass' : 'unknown', reading };
}
