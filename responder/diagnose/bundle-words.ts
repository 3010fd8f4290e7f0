/** One plain sentence for each piece of a bundle. Words from outside are put on one line and cut, and otherwise left as they are. */
import { tellLength } from '../incident/crashes.ts';
import type {
  ChangeData,
  ContainerFacts,
  DatabaseData,
  DependencyData,
  LogLine,
  RunbookEntry,
  SignalData,
} from '../incident/incident.ts';
import type { CaseAlert } from './rules/hypothesis.ts';

const MOST_CHARS = 200;
/** A change by less than this share of the larger value is none. */
const STEADY = 0.05;

/** On one line, and not longer than a reader has patience for. */
function oneLine(text: string, most = MOST_CHARS): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most).toWellFormed()}...` : line;
}

const told = (...parts: (string | null | false | undefined)[]) => parts.filter(Boolean).join(', ');

export function alertWords({ name, severity, summary, startsAt }: CaseAlert): string {
  const since = startsAt ? `since ${startsAt}` : '';
  const about = told(severity && oneLine(severity, 40), since);
  return `${oneLine(name)}${about ? ` (${about})` : ''}${summary ? `: ${oneLine(summary)}` : ''}`;
}

/** `memory_utilization rose 0.31 -> 0.87 in 4 min`; what is usual is told where it is known. */
export function signalWords({ name, instance, baseline, series }: SignalData): string {
  const who = `${oneLine(name)}${instance ? ` of ${oneLine(instance)}` : ''}`;
  const [first, last] = [series[0], series.at(-1)];
  const usual = baseline === null || baseline === undefined ? '' : ` (usually ${short(baseline)})`;
  if (!first || !last) return `${who} was not measured${usual}`;
  if (series.length === 1) return `${who} is ${short(last[1])}${usual}`;
  const within = `in ${tellLength(last[0] - first[0])}`;
  const size = Math.max(Math.abs(first[1]), Math.abs(last[1]));
  if (Math.abs(last[1] - first[1]) <= STEADY * size)
    return `${who} stayed at ${short(last[1])} ${within}${extremes(series)}${usual}`;
  const verb = last[1] > first[1] ? 'rose' : 'fell';
  return `${who} ${verb} ${short(first[1])} -> ${short(last[1])} ${within}${extremes(series)}${usual}`;
}

/** What lay beyond both ends: a peak or a dip that is over. */
function extremes(series: [number, number][]): string {
  const [first, last] = [series[0]?.[1] ?? 0, series.at(-1)?.[1] ?? 0];
  let [least, most] = [Math.min(first, last), Math.max(first, last)];
  const [low, high] = [least, most];
  for (const [, value] of series) [least, most] = [Math.min(least, value), Math.max(most, value)];
  const size = STEADY * Math.max(Math.abs(least), Math.abs(most));
  const peak = most - high > size && `at most ${short(most)}`;
  const dip = low - least > size && `at least ${short(least)}`;
  const words = told(peak, dip);
  return words ? `, ${words} in between` : '';
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function containerWords(
  { state, exitCode, oomKilled, restarts }: ContainerFacts,
  startedAt: string | null,
) {
  return told(
    state ? oneLine(state) : 'in a state that is not told',
    startedAt && `started ${startedAt}`,
    exitCode !== null && `exit code ${exitCode}`,
    oomKilled && 'killed for its memory limit',
    restarts !== null && `${restarts} restarts`,
  );
}

export function dependencyWords({ name, healthy, latency_ms }: DependencyData): string {
  const latency = latency_ms === null ? '' : ` (${short(latency_ms)} ms)`;
  return `${oneLine(name)} is ${healthy ? 'healthy' : 'NOT healthy'}${latency}`;
}

export function databaseWords({ waiting, blockers }: DatabaseData): string {
  const many = waiting === 1 ? '1 session waits for a lock' : `${waiting} sessions wait for a lock`;
  const holders = blockers.map(
    ({ service, application, state, age_s }) =>
      `${oneLine(service ?? (application || 'somebody unnamed'))} (${oneLine(state)} for ${short(age_s)} s)`,
  );
  return holders.length > 0 ? `${many}; held by ${holders.join(' and ')}` : many;
}

export function changeWords({ at, kind, target, from, to, summary }: ChangeData): string {
  const versions = from || to ? ` ${oneLine(from ?? '?')} -> ${oneLine(to || '?')}` : '';
  return `${kind} of ${oneLine(target)}${versions} at ${at}${summary ? `: ${oneLine(summary)}` : ''}`;
}

export function logWords(lines: LogLine[]): string {
  const loud = lines.filter(({ severity }) => /^(warn|err|fatal|crit|alert|emerg|panic)/.test(severity));
  const last = (loud.at(-1) ?? lines.at(-1))?.message ?? '';
  return `${lines.length} lines, ${loud.length} of them warnings or errors; last: ${JSON.stringify(oneLine(last))}`;
}

export function runbookWords({ action, signature, succeeded, failed }: RunbookEntry): string {
  return `${action} on "${oneLine(signature)}" worked ${short(succeeded)} times and failed ${short(failed)} times`;
}
