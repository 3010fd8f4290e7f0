/** SCALE_UP and ROLLBACK: what must be seen before something is done to the service as a whole. */
import { test } from 'node:test';
import {
  actionOf,
  ago,
  diagnosisOf,
  evidenceOf,
  exitOf,
  findingOf,
  incidentOf,
  memory,
  NOW,
  plannedOf,
} from '../../test/builders.ts';
import {
  CATEGORIES,
  type ChangeData,
  type Diagnosis,
  type EvidenceData,
  type ExitData,
  type Finding,
} from '../incident/incident.ts';
import type { Facts } from './facts.ts';
import { allows, refuses } from './guard.test-helper.ts';

/** A value for every so many seconds before now, by how long ago it was measured. */
function series(name: string, valueAt: (secondsAgo: number) => number, until = 0): EvidenceData {
  const seconds = Array.from({ length: 61 }, (_, i) => 300 - 5 * i).filter((one) => one >= until);
  const points = seconds.map((one): [number, number] => [NOW.getTime() / 1000 - one, valueAt(one)]);
  return { kind: 'signal', signal: { name, unit: 'ratio', instance: 'shop-1', series: points } };
}
function deploy(seconds: number, over: Partial<ChangeData> = {}): EvidenceData {
  const what = { kind: 'deploy', target: 'shop', instance: 'shop-1', by: 'deploy', summary: '' } as const;
  return { kind: 'change', change: { ...what, at: ago(seconds), from: '1.0.0', to: '2.0.0', ...over } };
}
type Given = (EvidenceData | Finding)[];
function facts(base: Partial<Facts>, evidence: Given, over: Partial<Diagnosis> = {}): Partial<Facts> {
  const all = evidenceOf(...evidence);
  const citations = over.citations ?? all.map(({ id }) => id);
  const incident = incidentOf({ evidence: all, evidenceAt: ago(1), startsAt: ago(60), ...base.incident });
  return { ...base, incident, diagnosis: diagnosisOf({ ...base.diagnosis, ...over, citations }) };
}
const rollback = (evidence: Given, over: Partial<Diagnosis> = {}, planned: Partial<Facts['planned']> = {}) =>
  facts(
    {
      planned: plannedOf({ action: 'ROLLBACK', instance: null, version: '1.0.0', ...planned }),
      diagnosis: diagnosisOf({ category: 'bad_release', action: 'ROLLBACK', version: '1.0.0' }),
    },
    evidence,
    over,
  );
const scaleUp = (evidence: Given, over: Partial<Diagnosis> = {}) =>
  facts(
    {
      planned: plannedOf({ action: 'SCALE_UP', instance: null }),
      diagnosis: diagnosisOf({ category: 'traffic_surge', action: 'SCALE_UP' }),
    },
    evidence,
    over,
  );

/** Requests that fail since so many seconds before now; before that a few do, or none. */
const errors = (since: number, before = 0, until = 0) =>
  series('error_ratio', (seconds) => (seconds <= since ? 0.4 : before), until);

test('a rollback is allowed where a cited release came first, and errors after it', () => {
  allows('preconditions', rollback([deploy(90), errors(80)]));
});

test('errors that were few before the release do not acquit it', () => {
  allows('preconditions', rollback([deploy(90), errors(80, 0.02)]));
});

test('an instance after the other got the release: it counts from the first on', () => {
  const second = deploy(50, { instance: 'shop-2' });
  allows('preconditions', rollback([second, deploy(90), errors(80)]));
});

test('a rollback is allowed where earlier errors had ended half a minute before the release', () => {
  const twice = series('error_ratio', (s) => ((s > 120 && s < 300) || s <= 80 ? 0.2 : 0));
  allows('preconditions', rollback([deploy(90), twice]));
});

const NO_ROLLBACK: [string, Given, RegExp][] = [
  ['no release is there', [errors(80)], /no cited evidence shows a release/],
  ['another target was released', [deploy(90, { target: 'bank' }), errors(80)], /shows a release of shop/],
  ['only its configuration changed', [deploy(90, { kind: 'config' }), errors(80)], /shows a release/],
  [
    'the release could not be read',
    [findingOf(deploy(90), { status: 'error' }), errors(80)],
    /shows a release/,
  ],
  [
    'something else ran before',
    [deploy(90, { from: '1.5.0' }), errors(80)],
    /there was 1\.5\.0, not 1\.0\.0/,
  ],
  [
    'nothing on record ran before',
    [deploy(90, { from: null }), errors(80)],
    /nothing on record, not 1\.0\.0/,
  ],
  [
    'a newer release is there since',
    [deploy(90), deploy(70, { from: '2.0.0', to: '2.0.1' }), errors(80)],
    /before 2\.0\.1 there was 2\.0\.0/,
  ],
  ['nothing fails', [deploy(90), errors(-1)], /no cited evidence shows errors after 2\.0\.0/],
  ['the errors ended before the release', [deploy(90), errors(300, 0, 95)], /shows errors after/],
  ['next to nothing fails', [deploy(90), series('error_ratio', () => 0.0144)], /shows errors after/],
  ['something else is bad than errors', [deploy(90), series('latency_p95', () => 5)], /shows errors after/],
  ['the errors began before the release', [deploy(90), errors(300)], /had begun before 2\.0\.0/],
  [
    'the alert began before the release',
    [deploy(40), errors(30)],
    /released at .*, when the alert had begun/,
  ],
];
for (const [words, evidence, reason] of NO_ROLLBACK)
  test(`no rollback where ${words}`, () => refuses('preconditions', rollback(evidence), reason));

test('no rollback without citing both the release and the errors', () => {
  const evidence = [deploy(90), errors(80)];
  refuses('preconditions', rollback(evidence, { citations: ['E2'] }), /shows a release/);
  refuses('preconditions', rollback(evidence, { citations: ['E1'] }), /shows errors after/);
});

test('no rollback to a release that nobody names, nor for another cause', () => {
  const evidence = [deploy(90), errors(80)];
  refuses('preconditions', rollback(evidence, {}, { version: null }), /no previous release is named/);
  refuses('preconditions', rollback(evidence, {}, { version: '0.9.0' }), /not 0\.9\.0/);
  for (const category of CATEGORIES.filter((one) => one !== 'bad_release' && one !== 'crash_loop'))
    refuses('preconditions', rollback(evidence, { category }), new RegExp(`does not cure ${category}`));
  refuses('preconditions', rollback(evidence, { category: 'crash_loop' }), /no cited evidence shows a crash/);
});

/** It crashed so many seconds ago, each time, after a short life. */
const ends = (secondsAgo: number[], over: Partial<ExitData> = {}, omitted = 0): EvidenceData => ({
  kind: 'exit',
  exits: secondsAgo.map((seconds) => exitOf({ at: ago(seconds), ...over })),
  omitted,
});
const outOfLoop = (evidence: Given, over: Partial<Diagnosis> = {}) =>
  rollback(evidence, { category: 'crash_loop', ...over });

test('a rollback out of a crash loop is allowed where every crash came after the cited release', () => {
  allows('preconditions', outOfLoop([deploy(90), ends([5, 20, 60])]));
  allows('preconditions', outOfLoop([deploy(90), ends([5, 20, 60, 91])]), 'the clocks may differ a little');
  const asked = exitOf({ at: ago(95), requested: true });
  const all = [...[5, 20, 60].map((seconds) => exitOf({ at: ago(seconds) })), asked];
  allows('preconditions', outOfLoop([deploy(90), { kind: 'exit', exits: all, omitted: 0 }]));
});

const NO_WAY_OUT: [string, Given, RegExp][] = [
  ['nothing ended', [deploy(90)], /no cited evidence shows a crash loop/],
  ['two crashes are no loop', [deploy(90), ends([5, 20])], /shows a crash loop/],
  ['its ends were asked for', [deploy(90), ends([5, 20, 60], { requested: true })], /shows a crash loop/],
  ['it was killed for memory', [deploy(90), ends([5, 20, 60], { oomKilled: true })], /shows a crash loop/],
  ['it has stayed up since', [deploy(900), ends([200, 210, 220])], /shows a crash loop/],
  [
    'its ends could not be read',
    [deploy(90), findingOf(ends([5, 20, 60]), { status: 'error' })],
    /shows a crash loop/,
  ],
  ['it crashed before the release', [deploy(90), ends([5, 20, 60, 120])], /it had crashed before 2\.0\.0/],
  ['it crashed long before', [deploy(90), ends([5, 20, 60, 3_000])], /it had crashed before 2\.0\.0/],
  [
    'not all are listed',
    [deploy(90), ends([5, 20, 60], {}, 4)],
    /whether it crashed before 2\.0\.0 is not known/,
  ],
  ['nothing was released', [ends([5, 20, 60])], /shows a release/],
  ['something else ran before', [deploy(90, { from: '1.5.0' }), ends([5, 20, 60])], /not 1\.0\.0/],
  ['requests fail, too, and it does not crash', [deploy(90), errors(80)], /shows a crash loop/],
];
for (const [words, evidence, reason] of NO_WAY_OUT)
  test(`no rollback out of a crash loop where ${words}`, () =>
    refuses('preconditions', outOfLoop(evidence), reason));

test('crashes that nobody cites show nothing', () => {
  const evidence = [deploy(90), ends([5, 20, 60])];
  refuses(
    'preconditions',
    outOfLoop(evidence, { citations: ['E1'] }),
    /no cited evidence shows a crash loop/,
  );
});

/** Requests a second: so many times what they were, since so many seconds before now. */
const rate = (times: number, since = 90, until = 0) =>
  series('request_rate', (seconds) => (seconds <= since ? 50 * times : 50), until);

test('one more instance is allowed where the cited load grew and nothing was released lately', () => {
  allows('preconditions', scaleUp([rate(1.5)]));
  allows('preconditions', scaleUp([rate(4), deploy(3_000)]));
});

test('a release that the service had been on before is not to blame for a surge', () => {
  const back = deploy(100, { from: '2.0.0', to: '1.0.0' });
  allows('preconditions', scaleUp([rate(4), deploy(3_000), back]));
});

test('a release that every instance has left again is not to blame for a surge, but one that a single one keeps is', () => {
  const bad = deploy(120, { from: '1.0.0', to: '2.0.0' });
  const back = deploy(100, { from: '2.0.0', to: '1.0.0' });
  const kept = deploy(120, { from: '1.0.0', to: '2.0.0', instance: 'shop-2' });
  allows('preconditions', scaleUp([rate(4), bad, back]));
  refuses('preconditions', scaleUp([rate(4), bad, back, kept]), /2\.0\.0 was released at .*more of it/);
  refuses('preconditions', scaleUp([rate(4), bad, deploy(100, { from: '2.0.0', to: '3.0.0' })]), /3\.0\.0/);
});

const NO_SCALE_UP: [string, Given, RegExp][] = [
  ['the load is as it was', [rate(1)], /no cited evidence shows that the load grew/],
  ['the load grew a little', [rate(1.49)], /load grew/],
  ['the load has fallen again', [series('request_rate', (s) => (s > 30 && s < 90 ? 400 : 50))], /load grew/],
  ['there is no load at all', [series('request_rate', () => 0)], /load grew/],
  ['the load was measured long ago', [rate(4, 90, 20)], /load grew/],
  ['nothing was measured before', [memory([400, 400], { name: 'request_rate' })], /load grew/],
  ['the load could not be read', [findingOf(rate(4), { status: 'error' })], /load grew/],
  ['something else grew', [series('latency_p95', (s) => (s < 90 ? 9 : 1))], /load grew/],
  ['the release is young', [rate(4), deploy(120)], /2\.0\.0 was released at .*more of it would not help/],
  ['a release came after it', [rate(4), deploy(20)], /more of it would not help/],
];
for (const [words, evidence, reason] of NO_SCALE_UP)
  test(`no more instances where ${words}`, () => refuses('preconditions', scaleUp(evidence), reason));

test('no more instances on a load that is not cited, nor for another cause', () => {
  refuses('preconditions', scaleUp([rate(1), rate(4)], { citations: ['E1'] }), /load grew/);
  for (const category of CATEGORIES.filter((one) => one !== 'traffic_surge'))
    refuses('preconditions', scaleUp([rate(4)], { category }), new RegExp(`do not cure ${category}`));
});

test('a young release counts against more instances, cited or not', () => {
  refuses('preconditions', scaleUp([rate(4), deploy(120)], { citations: ['E1'] }), /more of it/);
});

test('what was done to the service once in this incident is not done again, whatever its instance', () => {
  for (const [action, given] of [
    ['ROLLBACK', rollback([deploy(90), errors(80)])],
    ['SCALE_UP', scaleUp([rate(4)])],
  ] as const) {
    const again = { ...given, planned: { ...plannedOf(), ...given.planned, attempt: 2 } };
    const after = (...actions: Parameters<typeof actionOf>) => ({
      ...again,
      incident: { ...incidentOf(), ...given.incident, actions: [actionOf(...actions)] },
    });
    for (const state of ['done', 'failed', 'unknown'] as const)
      refuses('preconditions', after({ action, state, instance: 'shop-9' }), /was tried in this incident/);
    allows('preconditions', after({ action, state: 'withdrawn' }));
    allows('preconditions', after({ action: 'RESTART' }));
  }
});
