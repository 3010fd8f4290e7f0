/** Recent log lines: from the log window (OTLP), and from the runtime's output, which a killed process still leaves. */
import type { Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import type { Finding, LogLine } from '../incident/incident.ts';
import type { LogWindow } from '../incident/log-window.ts';
import type { Question, Source } from './gather.ts';

const WINDOW_MS = 10 * 60_000;
const MAX_LINES = 200;
const PINO_LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

interface Options {
  window: LogWindow;
  runtime: Runtime;
  /** The last so many characters count, by default 2,000. */
  chars: number;
}

export function makeLogSources({ window, runtime, chars }: Options): Source[] {
  const since = (question: Question) => new Date(question.now.getTime() - WINDOW_MS);
  return [
    {
      name: 'logs',
      query: (question) => `log window of ${question.incident.target} since ${since(question).toISOString()}`,
      read: async (question) => {
        const service = question.incident.target;
        const lines = lastChars(await window.recent(service, since(question), MAX_LINES), chars);
        const told = toldBySenders(question, chars);
        return lines.length > 0 ? [findingOf(question, `log window of ${service}`, lines), ...told] : told;
      },
    },
    {
      name: 'output',
      query: ({ target }) =>
        `${runtime.name}: output of ${target?.instances.map((i) => i.id).join(', ') ?? 'nothing'}`,
      read: async (question) =>
        Promise.all(
          (question.target?.instances ?? []).map(({ id }) => readOutput(runtime, id, chars, question)),
        ),
    },
  ];
}

/** What the direct body brought along: somebody's words, shown as such. */
function toldBySenders(question: Question, chars: number): Finding[] {
  return question.incident.alerts.flatMap(({ name, startsAt, annotations }) => {
    if (!annotations.logs) return [];
    const line = { timestamp: startsAt, severity: 'unspecified', service: question.incident.target };
    const lines = annotations.logs.split('\n').filter((message) => message.trim());
    return [
      findingOf(
        question,
        `logs that came with ${name}`,
        lastChars(
          lines.map((message) => ({ ...line, message })),
          chars,
        ),
      ),
    ];
  });
}

/** One instance's output; that it cannot be read hides no other's. */
async function readOutput(runtime: Runtime, id: string, chars: number, question: Question): Promise<Finding> {
  const query = `${runtime.name}: output of ${id}`;
  const at = question.now.toISOString();
  try {
    const text = await runtime.tail(id, chars);
    const base = { timestamp: at, service: question.incident.target };
    const lines = text.split('\n').filter((line) => line.trim());
    return findingOf(
      question,
      query,
      lines.map((line) => ({ ...base, ...readLine(line) })),
    );
  } catch (error) {
    const reading = `output of ${id} cannot be read: ${wordsOf(error)}`;
    return { source: 'logs', query, at, status: 'error', reading, data: { kind: 'failure' } };
  }
}

function findingOf(question: Question, query: string, lines: LogLine[]) {
  const loud = lines.filter((line) => /^(warn|error|fatal)/.test(line.severity));
  const last = (loud.at(-1) ?? lines.at(-1))?.message ?? '';
  const reading = `${lines.length} lines, ${loud.length} of them warnings or errors; last: ${JSON.stringify(last.slice(0, 160))}`;
  return {
    source: 'logs',
    query,
    at: question.now.toISOString(),
    status: 'ok',
    reading,
    data: { kind: 'logs', lines },
  } as const;
}

/** Level, time and message of a line of JSON as pino and others write it; any other line is all message. */
export function readLine(line: string): { severity: string; message: string; timestamp?: string } {
  const plain = { severity: 'unspecified', message: line };
  if (!line.startsWith('{')) return plain;
  try {
    const { level, msg, message = msg, time } = JSON.parse(line) as Record<string, unknown>;
    if (typeof message !== 'string') return plain;
    const severity =
      typeof level === 'string' ? level.toLowerCase() : (PINO_LEVELS[Number(level)] ?? 'unspecified');
    const at = new Date(typeof time === 'string' || typeof time === 'number' ? time : Number.NaN);
    return { severity, message, ...(Number.isNaN(at.getTime()) ? {} : { timestamp: at.toISOString() }) };
  } catch {
    return plain; // cut in the middle, or no JSON after all
  }
}

/** The newest lines whose messages together have at most `chars` characters; a single longer one is cut at its head. */
export function lastChars(lines: LogLine[], chars: number): LogLine[] {
  const kept: LogLine[] = [];
  let left = chars;
  for (const line of lines.toReversed()) {
    if (left <= 0) break;
    kept.unshift({ ...line, message: line.message.slice(-left) });
    left -= line.message.length;
  }
  return kept;
}
