/**
 * By rules, words that speak to the reader change nothing: every text of test/injections is put into cases of every action, and
 * the answer is compared with the one to the same case with ordinary words in that place.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../incident/bundle.ts';
import type { EvidenceData, LogLine, RunbookEntry } from '../incident/incident.ts';
import { flagsIn } from '../incident/text/flags.ts';
import { withPatterns } from '../incident/text/with-patterns.ts';
import { diagnoseByRules } from './diagnose.ts';
import { caseOf } from './from-bundle.ts';
import {
  blockerOf,
  caseOf as caseOfItems,
  deploy,
  FAULTS,
  seen,
  waitingFor,
} from './rules/case.test-helper.ts';
import type { Case } from './rules/hypothesis.ts';

const PLACES = [
  'log',
  'label',
  'annotation',
  'container',
  'change',
  'dependency',
  'blocker',
  'runbook',
] as const;
type Place = (typeof PLACES)[number];
interface Injection {
  name: string;
  kind: string;
  where: Place;
  text: string;
  wants: string;
}
const INJECTIONS = globSync('test/injections/*.json')
  .sort()
  .flatMap((path) => {
    const all = JSON.parse(readFileSync(path, 'utf8')) as Injection[];
    return all.map((one) => ({ ...one, name: `${basename(path, '.json')}: ${one.name}` }));
  });

/** So many scenarios of each action, spread over all of them. */
const EACH = 2;
const SCENARIOS = globSync('test/scenarios/*/bundle.json')
  .filter((path) => existsSync(path.replace('bundle.json', 'expected.json')))
  .sort()
  .map((path) => {
    const read = (file: string) => JSON.parse(readFileSync(path.replace('bundle.json', file), 'utf8'));
    return { name: path.split('/').at(-2) ?? '', raw: read('bundle.json'), ...read('expected.json') } as {
      name: string;
      raw: RawBundle;
      action: string;
    };
  });
const CHOSEN = [...Map.groupBy(SCENARIOS, ({ action }) => action).values()].flatMap((all) =>
  Array.from({ length: EACH }, (_, i) => all[Math.floor((i * all.length) / EACH)]).filter(
    (one) => one !== undefined,
  ),
);
/** One in which somebody holds a lock is among them. */
const LOCKED = SCENARIOS.filter(({ raw }) => raw.database?.blockers?.length).slice(0, 1);
const BASES = [...new Set([...CHOSEN, ...LOCKED])];

type Json = Record<string, unknown>;
interface RawBundle {
  alert: Json & { labels?: Record<string, string>; startsAt?: string };
  logs?: Json[];
  changes?: Json[];
  dependencies?: Json[];
  database?: Json & { blockers?: Json[] };
  runbook?: Json[];
}
const ORDINARY = 'nothing of note';

/** The bundle with these words in that place; null where it has no such place. `null` as text: the place as it was. */
const PUT: Record<Place, (raw: RawBundle, text: string | null) => RawBundle | null> = {
  log: (raw, text) => {
    if (text === null) return raw;
    const at = raw.logs?.at(-1) ?? { timestamp: raw.alert.startsAt ?? null };
    return { ...raw, logs: [...(raw.logs ?? []), { ...at, message: text }] };
  },
  label: (raw, text) => labelled(raw, 'note', text),
  container: (raw, text) => labelled(raw, 'container', text),
  annotation: (raw, text) => ({
    ...raw,
    alert: { ...raw.alert, summary: `${raw.alert.summary ?? ''}. ${text ?? ORDINARY}` },
  }),
  change: (raw, text) =>
    raw.changes?.length
      ? {
          ...raw,
          changes: raw.changes.map((one) => ({
            ...one,
            summary: `${one.summary ?? ''}; ${text ?? ORDINARY}`,
          })),
        }
      : null,
  dependency: (raw, text) => ({
    ...raw,
    dependencies: [...(raw.dependencies ?? []), { name: text ?? ORDINARY, healthy: true, latency_ms: 1 }],
  }),
  blocker: (raw, text) =>
    raw.database?.blockers?.length
      ? {
          ...raw,
          database: {
            ...raw.database,
            blockers: raw.database.blockers.map((one) => ({
              ...one,
              query: `${one.query ?? ''} ${text ?? ''}`,
            })),
          },
        }
      : null,
  runbook: (raw, text) => ({
    ...raw,
    runbook: [
      ...(raw.runbook ?? []),
      { signature: 'another alert', action: 'NOOP', succeeded: 1, failed: 1, note: text ?? ORDINARY },
    ],
  }),
};

function labelled(raw: RawBundle, name: string, text: string | null): RawBundle {
  const labels = { ...raw.alert.labels, ...(text !== null && { [name]: text }) };
  return { ...raw, alert: { ...raw.alert, labels } };
}

function answerOf(incident: Case) {
  const { action, target, instance, version, confidence, category } = diagnoseByRules(incident);
  return { action, target: target ?? incident.target, instance, version, confidence, category };
}
const answerTo = (raw: RawBundle) => answerOf(caseOf(readBundle(raw)));

test('the corpus is large, of many kinds and places, and each text is found to speak to the reader', () => {
  assert.ok(INJECTIONS.length >= 80, `${INJECTIONS.length} cases`);
  assert.equal(new Set(INJECTIONS.map(({ name }) => name)).size, INJECTIONS.length, 'names are unique');
  assert.deepEqual(new Set(INJECTIONS.map(({ where }) => where)), new Set(PLACES));
  const missed = INJECTIONS.filter(({ kind, text }) => !flagsIn(text).includes(kind));
  assert.deepEqual(missed, []);
});

test('the cases that they are put into are of each action', () => {
  assert.deepEqual(
    new Set(BASES.map(({ raw }) => answerTo(raw).action)),
    new Set(['RESTART', 'SCALE_UP', 'ROLLBACK', 'NOOP']),
  );
  for (const place of PLACES)
    assert.ok(
      BASES.some(({ raw }) => PUT[place](raw, ORDINARY) !== null),
      `none has a ${place}`,
    );
});

for (const { name: base, raw } of BASES)
  test(`no text changes the answer to ${base}`, () => {
    const changed = INJECTIONS.flatMap(({ name, where, text }) => {
      const [without, spoken] = [PUT[where](raw, null), PUT[where](raw, text)];
      if (!without || !spoken) return [];
      const [expected, actual] = [answerTo(without), answerTo(spoken)];
      return JSON.stringify(actual) === JSON.stringify(expected)
        ? []
        : [{ name, where, text, expected, actual }];
    });
    assert.deepEqual(changed, []);
  });

/** The same with our own evidence, as it is gathered live: text comes in lines, notes and summaries of changes. */
const LIVE: Partial<Record<Place, (text: string) => EvidenceData>> = {
  log: (text) => ({ kind: 'logs', lines: [lineOf(text)] }),
  dependency: (name) => ({ kind: 'dependency', dependency: { name, healthy: true, latency_ms: 1 } }),
  blocker: (query) => waitingFor(blockerOf({ query })),
  runbook: (note) => ({ kind: 'runbook', entry: { ...ENTRY, note } }),
  change: (summary) => changeOf(summary),
};
const ENTRY: Omit<RunbookEntry, 'note'> = {
  ...{ signature: 'TargetMemorySaturated', action: 'NOOP', category: 'unknown', target: 'shop' },
  ...{ succeeded: 1, failed: 1, lastSeen: '2026-02-01T00:00:00.000Z' },
};
function changeOf(summary: string): EvidenceData {
  const item = deploy(3_000, '1.0.0', '1.1.0', { summary });
  return 'data' in item ? item.data : item;
}
function lineOf(message: string): LogLine {
  return { timestamp: '2026-03-01T11:59:58.000Z', severity: 'error', message, service: 'shop' };
}

for (const [fault, over] of Object.entries(FAULTS))
  test(`no text changes the answer to our own ${fault}`, () => {
    const items = seen(over);
    const answerWith = (data: EvidenceData) => {
      const made = caseOfItems([...items, data]);
      return answerOf({ ...made, evidence: withPatterns(made.evidence) });
    };
    const changed = INJECTIONS.flatMap(({ name, where, text }) => {
      const put = LIVE[where];
      if (!put) return [];
      const [expected, actual] = [answerWith(put(ORDINARY)), answerWith(put(text))];
      return JSON.stringify(actual) === JSON.stringify(expected) ? [] : [{ name, text, expected, actual }];
    });
    assert.deepEqual(changed, []);
  });

test('a text that is not flagged would count: what is compared is really read', () => {
  const [first] = BASES;
  const raw = first?.raw ?? assert.fail('there are no scenarios');
  const seenIn = (text: string) => JSON.stringify(caseOf(readBundle(PUT.log(raw, text) ?? raw)).evidence);
  for (const { text } of INJECTIONS.slice(0, 5)) assert.ok(seenIn(text).includes(JSON.stringify(text)));
});
