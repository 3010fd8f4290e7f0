import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Chart, chart, inWords } from './chart.ts';
import { render } from './html.ts';

const T0 = 1_772_366_400; // 2026-03-01 12:00:00 UTC
const every = (step: number, values: number[], from = T0): [number, number][] =>
  values.map((value, i) => [from + i * step, value]);
function drawn(over: Partial<Chart> = {}): string {
  const made = chart({
    ...{ name: 'memory_utilization of shop-1', unit: 'ratio', series: every(5, [0.3, 0.6, 0.9]) },
    ...{ baseline: null, limit: null, marks: [] },
    ...over,
  });
  return made ? render(made) : '';
}
const numbers = (svg: string, what: RegExp) => [...svg.matchAll(what)].map((match) => Number(match[1]));

test('a line goes from the first point to the last, higher values higher up', () => {
  const svg = drawn();
  const [, path] = /<path class="curve" d="([^"]+)"/.exec(svg) ?? [];
  const points = [...(path ?? '').matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map((m) => [
    Number(m[1]),
    Number(m[2]),
  ]);
  assert.equal(points.length, 3);
  assert.deepEqual([points[0]?.[0], points[2]?.[0]], [52, 330]);
  assert.ok((points[0]?.[1] ?? 0) > (points[1]?.[1] ?? 0) && (points[1]?.[1] ?? 0) > (points[2]?.[1] ?? 0));
  assert.match(svg, /100 %/, 'a ratio is seen against the whole');
});

test('too few points, or none that is a number, make no drawing', () => {
  assert.equal(drawn({ series: every(5, [1]) }), '');
  assert.equal(
    drawn({
      series: [
        [T0, Number.NaN],
        [T0 + 1, 2],
      ],
    }),
    '',
  );
});

test('points may come in any order, all be the same, or all be zero', () => {
  assert.equal(drawn({ series: every(5, [0.3, 0.6, 0.9]).reverse() }), drawn());
  for (const value of [0, 7, -3]) {
    const svg = drawn({ unit: 'count', series: every(5, [value, value]) });
    assert.ok(svg !== '' && !/NaN|Infinity/.test(svg), String(value));
  }
});

test('where nothing was measured for long there is a gap', () => {
  const series = [...every(1, [1, 1, 1, 1]), ...every(1, [2, 2, 2], T0 + 60)];
  const [, path = ''] = /d="([^"]+)"/.exec(drawn({ unit: 'count', series })) ?? [];
  assert.equal(path.match(/M/g)?.length, 2);
});

test('marks stand at their times, are named in a large chart, and those of another time are left out', () => {
  const marks: Chart['marks'] = [
    { kind: 'onset', at: T0 + 5, name: 'it began' },
    { kind: 'action', at: T0 + 10, name: 'RESTART' },
    { kind: 'recovery', at: T0 + 12, name: 'recovered' },
    { kind: 'action', at: T0 + 5_000, name: 'much later' },
  ];
  const svg = drawn({ marks, large: true });
  const lines = numbers(svg, /<line class="mark \w+" x1="([\d.]+)"/g);
  assert.equal(lines.length, 3);
  assert.ok((lines[0] ?? 0) < (lines[1] ?? 0) && (lines[1] ?? 0) < (lines[2] ?? 0));
  assert.ok(svg.includes('>RESTART<') && !svg.includes('>much later<'));
  assert.ok(!drawn({ marks }).includes('>RESTART<'), 'a small one has no words');
});

test('what happened long before it began is left away', () => {
  const series = every(
    10,
    Array.from({ length: 100 }, (_, i) => i / 100),
  );
  const marks: Chart['marks'] = [{ kind: 'onset', at: T0 + 900, name: 'it began' }];
  const svg = drawn({ series, marks });
  assert.match(svg, />12:14:00</, 'a minute before');
  assert.ok(!svg.includes('>12:00:00<'));
});

test('whoever does not see it is told what it shows, and nothing in it is markup', () => {
  const svg = drawn({ name: '"><script>', marks: [{ kind: 'action', at: T0 + 10, name: 'RESTART' }] });
  assert.match(
    svg,
    /role="img" aria-label="&#34;&#62;&#60;script&#62;: from 30 % to 90 %, between 30 % and 90 %, 12:00:00 to 12:00:10 UTC; RESTART at 12:00:10"/,
  );
});

test('values are told in their unit', () => {
  const told: [number, Chart['unit'], string][] = [
    [0.874, 'ratio', '87 %'],
    [1.2, 'ratio', '120 %'],
    [0, 'ratio', '0 %'],
    [0.0123, 'seconds', '12.3 ms'],
    [4, 'seconds', '4 s'],
    [12.34, '1/s', '12.3/s'],
    [3 * 1024 ** 3, 'bytes', '3 GiB'],
    [0, 'bytes', '0 B'],
    [123_456, 'count', '1.2e+5'],
  ];
  for (const [value, unit, words] of told) assert.equal(inWords(value, unit), words);
});
