/**
 * What users saw: lines that the target's pages sent from their browsers (errors, failed orders, web vitals). Anybody can open
 * a page and let it say anything, so these are somebody's words, named as such and given less room than the target's own.
 */
import type { LogLine } from '../incident/incident.ts';
import type { LogWindow } from '../incident/log-window.ts';
import type { Question, Source } from './gather.ts';
import { lastChars } from './logs.ts';

const WINDOW_MS = 10 * 60_000;
const MAX_LINES = 200;
/** Of the room that the target's own lines have. */
const SHARE = 0.5;
const LOUD = /^(warn|error|fatal)/;

interface Options {
  window: LogWindow;
  /** Room of the target's own lines in characters. */
  chars: number;
}

/** The service under which a target's pages log, whoever they claim to be (docs/storefront.md). */
export const browserOf = (target: string) => `${target}-browser`;

export function makeBrowserSource({ window, chars }: Options): Source {
  const since = ({ now }: Question) => new Date(now.getTime() - WINDOW_MS);
  const query = (question: Question) => {
    const { target } = question.incident;
    return `browser of ${target}: log window of ${browserOf(target)} since ${since(question).toISOString()}`;
  };
  return {
    name: 'browser',
    query,
    async read(question) {
      const { target } = question.incident;
      const told = await window.recent(browserOf(target), since(question), MAX_LINES);
      const base = { source: 'browser', query: query(question), at: question.now.toISOString() };
      if (told.length === 0)
        return [
          {
            ...base,
            status: 'no_data',
            reading: `no browser of ${target} told anything`,
            data: { kind: 'failure' },
          },
        ];
      const lines = worthReading(told, Math.round(chars * SHARE));
      return [
        { ...base, status: 'ok', reading: readingOf(target, told, lines), data: { kind: 'logs', lines } },
      ];
    },
  };
}

const isLoud = ({ severity }: LogLine) => LOUD.test(severity);

/** What went wrong first, then as much of the rest as there is room for, in the order in which it was told. */
function worthReading(told: LogLine[], chars: number): LogLine[] {
  const loud = lastChars(told.filter(isLoud), chars);
  const used = loud.reduce((sum, { message }) => sum + message.length, 0);
  const quiet = lastChars(
    told.filter((line) => !isLoud(line)),
    chars - used,
  );
  return [...loud, ...quiet].sort((a, b) => a.timestamp.localeCompare(b.timestamp));
}

/** @param kept the lines that there was room for: no other is quoted, either */
function readingOf(target: string, told: LogLine[], kept: LogLine[]): string {
  const last = kept.findLast(isLoud) ?? kept.at(-1);
  const counts = `${told.length} lines, ${told.filter(isLoud).length} of them warnings or errors`;
  const quoted = last ? `; last: ${JSON.stringify(last.message.slice(0, 160))}` : '';
  return `users' words, from browsers of ${target}: ${counts}${quoted}`;
}
