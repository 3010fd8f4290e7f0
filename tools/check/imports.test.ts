/** The rules of .dependency-cruiser.cjs, on small trees that break them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../stack/context.ts';
import { folderOf } from './folders.test-helper.ts';
import { importProblems } from './imports.ts';

/** What is allowed, in every tree, so that there are arrows. */
const FINE = {
  'package.json': '{ "type": "module" }',
  'responder/errors.ts': 'export const code = 1;',
  'responder/incident/incident.ts':
    "import { code } from '../errors.ts';\nimport type { Verdict } from './verdict.ts';\nexport type Incident = [Verdict];\nexport const a = code;",
  'responder/incident/verdict.ts':
    "import { code } from '../errors.ts';\nexport type Verdict = 1;\nexport const decide = code;",
  'responder/guard/guard.ts':
    "import { decide } from '../incident/verdict.ts';\nimport { code } from '../errors.ts';\nimport { p } from './policy.ts';\nexport const guard = [decide, code, p];",
  'responder/guard/policy.ts':
    "import { code } from '../errors.ts';\nimport { a } from '../incident/incident.ts';\nexport const p = [code, a];",
  'responder/clients/prometheus.ts': 'export interface Prometheus { a: 1 }\nexport const make = 1;',
  'responder/gather/gather.ts':
    "import type { Prometheus } from '../clients/prometheus.ts';\nimport { a } from '../incident/incident.ts';\nexport const gather = (p: Prometheus) => [a, p];",
};

async function arrowsOf(t: TestContext, files: Record<string, string>): Promise<string[]> {
  const problems = await importProblems(folderOf(t, { ...FINE, ...files }), ROOT);
  return [...problems.join('\n').matchAll(/error ([\w-]+: \S+)(?: → (\S+))?/g)].map(
    ([, from, to]) => `${from} -> ${to}`,
  );
}

test('allowed arrows alone are no problem', async (t) => {
  assert.deepEqual(await importProblems(folderOf(t, FINE), ROOT), []);
});

test('each arrow that the table does not list is named', async (t) => {
  const found = await arrowsOf(t, {
    'responder/verify/verify.ts': "import { guard } from '../guard/guard.ts';\nexport const v = guard;",
    'responder/learn/learn.ts':
      "import type { gather } from '../gather/gather.ts';\nexport type L = typeof gather;",
    'responder/diagnose/diagnose.ts':
      "import { make } from '../clients/prometheus.ts';\nexport const d = make;",
    'target-app/shop.ts': "import { code } from '../responder/errors.ts';\nexport const s = code;",
  });
  assert.deepEqual(found.sort(), [
    'not-in-allowed: responder/diagnose/diagnose.ts -> responder/clients/prometheus.ts',
    'not-in-allowed: responder/learn/learn.ts -> responder/gather/gather.ts',
    'not-in-allowed: responder/verify/verify.ts -> responder/guard/guard.ts',
    'not-in-allowed: target-app/shop.ts -> responder/errors.ts',
  ]);
});

test('only the guard may have the maker of verdicts, and no program a test', async (t) => {
  const found = await arrowsOf(t, {
    'responder/verify/verify.ts':
      "import { decide } from '../incident/verdict.ts';\nexport const v = decide;",
    'responder/learn/learn.ts': "import { x } from './learn.test.ts';\nexport const l = x;",
    'responder/learn/learn.test.ts':
      "import { decide } from '../incident/verdict.ts';\nexport const x = decide;",
  });
  assert.deepEqual(found.sort(), [
    'no-test-in-a-program: responder/learn/learn.ts -> responder/learn/learn.test.ts',
    'only-the-guard-makes-a-verdict: responder/verify/verify.ts -> responder/incident/verdict.ts',
  ]);
});

test('a circle is named', async (t) => {
  const found = await arrowsOf(t, {
    'target-app/a.ts': "import { b } from './b.ts';\nexport const a = () => b;",
    'target-app/b.ts': "import { a } from './a.ts';\nexport const b = () => a;",
  });
  assert.ok(
    found.some((line) => line.startsWith('no-circle: target-app/')),
    found.join('\n'),
  );
});

test('a parser that sees no imports is found out', async (t) => {
  const root = folderOf(t, {
    'target-app/a.ts': 'export const a = 1;',
    'target-app/b.ts': 'export const b = 1;',
  });
  assert.match((await importProblems(root, ROOT)).join(), /saw no imports/);
});
