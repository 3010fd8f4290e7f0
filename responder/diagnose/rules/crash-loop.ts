/**
 * An instance ends again and again, soon after each start. To start it once more cures nothing, which its supervisor does all
 * the time. If that began with a release, the one before it is put back; else a person gets what it ended with and said last.
 */
import { crashLoopsIn, type Loop, tellExit, tellLength } from '../../incident/crashes.ts';
import type { ChangeData } from '../../incident/incident.ts';
import { type Case, citing, type EvidenceOf, type Hypothesis, ofKind, weigh } from './hypothesis.ts';
import { type Releases, releasesOf } from './releases.ts';
import { containerOf, holding } from './signs.ts';

const QUOTED_CHARS = 160;
const TELLING = /error|exception|fatal|panic/i;

export function crashLoop(incident: Case): Hypothesis | null {
  const [loop] = crashLoopsIn(incident.evidence);
  if (!loop) return null;
  const { instance, ofTheHour, evidence } = loop;
  // Crashes are no series: that there were none before the release is seen from their times.
  const onset = Math.min(...ofTheHour.map(({ at }) => Date.parse(at) / 1000));
  const releases = releasesOf(incident, { points: [], onset });
  const suspect = releases.suspect && !releases.suspect.late ? releases.suspect.change : null;
  const words = lastWords(incident, instance);
  const holds = holding(incident);
  const { confidence, but } = weigh(0.92, [
    [evidence.data.omitted > 0, 0.3, 'whether it crashed before the release is not known'],
    [holds.length === 0, 0.1, 'no alert holds'],
  ]);
  const rest = {
    category: 'crash_loop' as const,
    instance,
    confidence,
    citations: citing(
      evidence,
      containerOf(incident, instance),
      words?.evidence,
      ...releases.evidence,
      ...holds,
    ),
  };
  const told = `${tellLoop(loop)}${words ? `; its last words: ${JSON.stringify(words.line)}` : ''}`;
  if (suspect?.from)
    return {
      ...rest,
      action: 'ROLLBACK',
      instance: null,
      version: suspect.from,
      root_cause: `Release ${suspect.to} of ${incident.target}, put there at ${suspect.at}, does not stay up: ${told}`,
      justification: `It began with the release, and ${suspect.from}, which ran before it, did not end by itself.${but}`,
    };
  return {
    ...rest,
    action: 'NOOP',
    version: null,
    root_cause: `${told}${suspect ? ` (since release ${suspect.to})` : ''}`,
    justification: `It is started again all the time, and that does not cure it. ${whyNoRollback(releases, suspect)} A person has to find out why it ends.`,
  };
}

/** `shop-1 is in a crash loop: 4 times within 3 min, the last time it ended by itself (exit code 1) at 03:04:05Z after 2 s` */
function tellLoop({ instance, crashes }: Loop): string {
  const [newest, oldest] = [crashes[0], crashes.at(-1)];
  if (!newest || !oldest) return instance;
  const within = tellLength((Date.parse(newest.at) - Date.parse(oldest.at)) / 1000);
  return `${instance} is in a crash loop: ${crashes.length} times within ${within}, the last time it ${tellExit(newest)}`;
}

function whyNoRollback({ seen }: Releases, suspect: ChangeData | null): string {
  if (suspect) return 'No release before it is on record that could be put back.';
  return seen
    ? 'No release came shortly before it that could be put back.'
    : 'What was released before it is not known.';
}

/** What it wrote last that names an error, else its last line. Somebody's words: shown, and nothing is decided by them. */
function lastWords(incident: Case, instance: string): { line: string; evidence: EvidenceOf<'logs'> } | null {
  const evidence = ofKind(incident, 'logs').find((e) => e.query.endsWith(`output of ${instance}`));
  const lines = evidence?.data.lines.map(({ message }) => message.replaceAll(/\s+/g, ' ').trim()) ?? [];
  const line = lines.findLast((one) => TELLING.test(one)) ?? lines.at(-1);
  return evidence && line ? { line: line.slice(0, QUOTED_CHARS), evidence } : null;
}
