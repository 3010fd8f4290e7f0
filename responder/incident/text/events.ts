/** Lines of logs -> events: a stack trace is one, whether it came as one message or line by line. */
import type { LogLine } from '../evidence.ts';
import { flagsIn } from './flags.ts';
import { MOST_LOOKED_AT } from './plain.ts';
import { readLine, SEVERITIES, type Severity, severityOf } from './severity.ts';

export interface LogEvent {
  /** Its first line without prefixes; of a Python trace with the error, which stands at its end. */
  text: string;
  /** All of it, as it was written. */
  whole: string;
  severity: Severity;
  service: string | null;
  /** Epoch milliseconds of its first line; null where it does not tell. */
  at: number | null;
  flags: string[];
}

/** Goes on with whatever stands before it. */
const FRAME =
  /^(?:\s+at\s|\s*\.{3} \d+ (?:more|common frames)|\s*(?:Caused by|Suppressed|Wrapped by): |\s+File "|\s+from \S|\s*\[?cause\]?: |\s*-{3}> |\s+-{3} End of |#\d+ \S|Stack trace:|stack backtrace:|\s+\d+: \S|\s+\S+\.go:\d+|created by \S|\[signal SIG|\s+\^|\s+\| )/;
/** May only go on what is a trace already. */
const INSIDE =
  /^(?:\s+\S|\s*$|goroutine \d+ \[|\S+\.rb:\d+:in |exit status \d|note: run with |The above exception was |During handling of the above )/;
const GO_CALL = /^[\w./*()-]{1,200}\(.{0,200}\)$/;
const OPENS =
  /^(?:Traceback \(most recent call last\)|panic: |fatal error: |goroutine \d+ \[|thread '.{1,80}' panicked|\S+\.rb:\d+:in )/;
const GO = /^(?:panic: |fatal error: |goroutine \d+ \[)/;
const LINKS = /^(?:The above exception was |During handling of the above )/;
const PYTHON = /^Traceback \(most recent call last\)/;
/** A trace has at most so many lines; what follows is another event. */
const MOST_LINES = 500;

interface Open {
  lines: string[];
  head: LogLine;
  severity: Severity;
  at: number | null;
  isTrace: boolean;
  /** Python ends with the first line that is not indented. */
  awaitsError: boolean;
}

/**
 * Events in the order of time, as far as the lines tell it. A line that speaks to the reader is an event of its own, and
 * interrupts nothing: the others are read as if it was not there.
 */
export function eventsOf(lines: LogLine[]): LogEvent[] {
  const events: LogEvent[] = [];
  const open = new Map<string, Open>();
  const close = (service: string) => {
    const one = open.get(service);
    if (one) events.push(eventOf(one));
    open.delete(service);
  };
  for (const { line, at } of inTime(lines)) {
    const flags = flagsIn(line.message);
    if (flags.length > 0) {
      events.push({ ...eventOf(started(line, at)), flags });
      continue;
    }
    const current = open.get(line.service);
    if (current && goesOn(current, line.message)) {
      extend(current, line);
      continue;
    }
    close(line.service);
    open.set(line.service, started(line, at));
  }
  for (const service of [...open.keys()]) close(service);
  return events;
}

/** Oldest first; a line without a time stays behind the one before it. */
function inTime(lines: LogLine[]): { line: LogLine; at: number | null }[] {
  let last = Number.NEGATIVE_INFINITY;
  const timed = lines.map((line) => {
    const parsed = Date.parse(line.timestamp);
    const at = Number.isNaN(parsed) ? null : parsed;
    last = at ?? last;
    return { line, at, order: last };
  });
  return timed.sort((a, b) => (a.order === b.order ? 0 : a.order - b.order));
}

function started(line: LogLine, at: number | null): Open {
  const isTrace = OPENS.test(line.message);
  const { severity } = readLine(line.message, line.severity);
  const awaitsError = PYTHON.test(line.message) && !line.message.includes('\n');
  return { lines: [line.message], head: line, severity, at, isTrace, awaitsError };
}

function goesOn(current: Open, message: string): boolean {
  const { isTrace, awaitsError, lines, severity, head } = current;
  if (lines.length >= MOST_LINES) return false;
  // Python's own logging writes the message first, and the trace below it.
  if (PYTHON.test(message))
    return isTrace
      ? lines.slice(-2).some((line) => LINKS.test(line))
      : severity === 'error' || severity === 'fatal';
  if (FRAME.test(message)) return true;
  if (!isTrace) return false;
  return awaitsError || INSIDE.test(message) || (GO.test(head.message) && GO_CALL.test(message));
}

function extend(current: Open, { message, severity }: LogLine): void {
  current.lines.push(message);
  current.isTrace = true;
  if (PYTHON.test(message)) current.awaitsError = true;
  else if (current.awaitsError && /^\S/.test(message)) current.awaitsError = false;
  current.severity = graver(current.severity, severityOf(severity));
}

export function graver(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}

function eventOf({ lines, head, severity, at }: Open): LogEvent {
  const whole = lines.join('\n');
  const rows = whole.slice(0, MOST_LOOKED_AT).split('\n');
  const first =
    readLine(head.message, head.severity)
      .text.split('\n')
      .find((row) => row.trim()) ?? '';
  const error = PYTHON.test(first)
    ? rows.findLast((row) => /^[A-Za-z_]/.test(row) && !PYTHON.test(row))
    : null;
  return {
    text: error ? `${first} ${error}` : first,
    whole: cut(whole),
    severity,
    service: head.service || null,
    at,
    flags: [],
  };
}

/** Both ends of what is too long to be kept, and how much is left out. */
function cut(text: string): string {
  if (text.length <= MOST_LOOKED_AT) return text;
  const half = MOST_LOOKED_AT / 2;
  return `${text.slice(0, half)}\n[${text.length - MOST_LOOKED_AT} characters left out]\n${text.slice(-half)}`;
}
