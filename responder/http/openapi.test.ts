/** The description tells what there is, all of it, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Express } from 'express';
import type { z } from 'zod';
import {
  actionOf,
  ago,
  diagnosisOf,
  evidenceOf,
  incidentOf,
  logs,
  memory,
  verdictOf,
} from '../../test/builders.ts';
import { ERRORS } from '../errors.ts';
import { BODIES } from '../receive/receive.ts';
import { IncidentAnswer } from './answers.ts';
import { type OpenApi, openApi } from './openapi.ts';
import { API, approvalOf, READ, serve, WEBHOOK } from './server.test-helper.ts';
import { operationsOf } from './server.ts';
import { shown, type WholeIncident } from './whole-incident.ts';

const OPERATIONS = operationsOf(BODIES);
const document = openApi(OPERATIONS, '1.2.3');
const titleOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

interface Layer {
  route?: { path: string; stack: { method: string }[] };
  handle: { stack?: Layer[] };
}
/** Every route that Express has, those of the routers in it included. */
function routesOf(layers: Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (!route) return routesOf(handle.stack ?? []);
    return [...new Set(route.stack.map(({ method }) => titleOf({ method, path: route.path })))];
  });
}

test('every route is described, and everything described is a route', async (t) => {
  const { app } = await serve(t);
  const real = routesOf((app as Express & { router: { stack: Layer[] } }).router.stack).toSorted();
  assert.ok(real.length > 20, 'the walk finds routes');
  assert.deepEqual(OPERATIONS.map(titleOf).toSorted(), real);
  const inDocument = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => titleOf({ method, path: path.replaceAll(/{(\w+)}/g, ':$1') })),
  );
  assert.deepEqual(inDocument.toSorted(), real);
});

test('each door wants what is said of it: no token is 401, and an open one asks for none', async (t) => {
  const { ask } = await serve(t, { approval: approvalOf() });
  const tokens = { webhook: WEBHOOK, read: READ, api: API };
  for (const { method, path, door } of OPERATIONS) {
    const knock = (authorization: string) =>
      ask(path.replace(':id', 'inc-1').replace(':name', 'X'), {
        method: method.toUpperCase(),
        headers: { authorization, 'content-type': 'application/json' },
        ...(method === 'post' && { body: '{}' }),
      });
    const title = titleOf({ method, path });
    // The forms' token is one of their fields.
    if (path === '/incidents/:id/decide') continue;
    assert.equal((await knock('')).status === 401, door !== undefined, title);
    if (door) assert.notEqual((await knock(`Bearer ${tokens[door]}`)).status, 401, title);
    if (door === 'api') assert.equal((await knock(`Bearer ${READ}`)).status, 401, title);
    if (door === 'read') assert.notEqual((await knock(`Bearer ${API}`)).status, 401, title);
  }
});

test('every example is what its schema reads', () => {
  const check = (schema: z.ZodType, example: unknown, title: string) =>
    assert.deepEqual(
      schema.safeParse(example).error?.issues ?? [],
      [],
      `${title}: ${JSON.stringify(example)}`,
    );
  for (const operation of OPERATIONS) {
    const { body, answers } = operation;
    for (const [shows, example] of Object.entries(body?.examples ?? {}))
      check(body?.schema as z.ZodType, example, `${titleOf(operation)}, ${shows}`);
    for (const { schema, example, status } of answers)
      if (example !== undefined) check(schema as z.ZodType, example, `${titleOf(operation)}, ${status}`);
    assert.ok(!body || Object.keys(body.examples).length > 0, `${titleOf(operation)} has an example`);
  }
});

test('every code that is listed is one, and stands under its status', () => {
  for (const operation of OPERATIONS) {
    for (const code of operation.problems) assert.ok(code in ERRORS, code);
    assert.equal(new Set(operation.problems).size, operation.problems.length, titleOf(operation));
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    const { responses = {} } = document.paths[path]?.[operation.method] ?? {};
    for (const code of operation.problems)
      assert.ok(responses[ERRORS[code].status]?.description.includes(code), `${titleOf(operation)} ${code}`);
  }
});

test('an incident with everything in it has no field that the description does not know', () => {
  const { hash: _hash, ...rest } = approvalOf();
  const incident: WholeIncident = {
    ...incidentOf({
      evidence: evidenceOf(memory([0.5]), logs('a line')),
      diagnosis: diagnosisOf({ fallthrough: [{ provider: 'gemini', reason: 'no key' }] }),
      verdict: verdictOf(),
      actions: [actionOf({ undo: { state: 'due', dueAt: ago(-60), detail: '', doneAt: null } })],
      recovery: { result: 'pending', checks: [], looks: 1, since: ago(5), at: ago(1) },
      watchUntil: ago(-600),
    }),
    timeline: [{ at: ago(1), stage: 'correlate', state: 'detected', kind: 'opened', text: 'x', ms: null }],
    approval: shown({ ...rest, hash: 'a'.repeat(64) }),
    hold: { target: 'shop', by: 'kim', incidentId: 'inc-1', since: ago(1), until: ago(-60) },
  };
  // The types agree in both directions, but for what evidence and pictures hold.
  const read: z.infer<typeof IncidentAnswer> = { ...incident, evidence: [], actions: [] };
  assert.ok(read);
  assert.deepEqual(IncidentAnswer.parse(incident), incident);
  assert.deepEqual(Object.keys(IncidentAnswer.shape).toSorted(), Object.keys(incident).toSorted());
});

test('it is OpenAPI 3.1: every reference leads somewhere, every operation has its name, answers and path', () => {
  assert.match(document.openapi, /^3\.1\.\d$/);
  assert.deepEqual([document.info.version, document.info.license.identifier], ['1.2.3', 'Apache-2.0']);
  const names = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths))
    for (const operation of Object.values(methods)) {
      names.add(operation.operationId);
      assert.match(operation.operationId, /^[a-z][A-Za-z0-9]*$/);
      assert.ok(Object.keys(operation.responses).length > 0, path);
      for (const status of Object.keys(operation.responses)) assert.match(status, /^[2345]\d\d$/);
      const inPath = operation.parameters.filter((one) => one.in === 'path').map((one) => one.name);
      assert.deepEqual(
        inPath,
        [...path.matchAll(/{(\w+)}/g)].map((match) => match[1]),
      );
      for (const key of operation.security.flatMap((one) => Object.keys(one)))
        assert.ok(key in document.components.securitySchemes, key);
    }
  assert.equal(names.size, OPERATIONS.length, 'no name twice');
  for (const reference of referencesIn(document)) {
    const found = reference.replace('#/', '').split('/').reduce<unknown>(step, document);
    assert.ok(found, reference);
  }
});
const step = (from: unknown, name: string) => (from as Record<string, unknown> | undefined)?.[name];
const referencesIn = (of: OpenApi) =>
  [...JSON.stringify(of).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] as string);

test('limits, defaults and words of a query are those that it is read by', () => {
  const { parameters = [] } = document.paths['/api/incidents']?.get ?? {};
  const byName = Object.fromEntries(parameters.map((one) => [one.name, one]));
  assert.deepEqual(byName.limit?.schema, { default: 50, type: 'integer', minimum: 1, maximum: 200 });
  assert.deepEqual(byName.outcome?.schema.enum, ['resolved', 'no_action', 'escalated', 'failed']);
  assert.ok(parameters.every((one) => !one.required));
});

test('both are open to everybody, and the page tells every route', async (t) => {
  const { ask } = await serve(t);
  const answer = await ask('/openapi.json');
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.keys((await answer.json()) as OpenApi), Object.keys(document));
  const page = await (await ask('/docs')).text();
  for (const { method, path } of OPERATIONS)
    assert.ok(page.includes(`${method.toUpperCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`), path);
  for (const code of ['AEGIS_CONFLICT', 'AEGIS_FORBIDDEN']) assert.ok(page.includes(code), code);
  assert.match(page, /curl -X POST localhost:8001\/api\/incidents\/\{id\}\/approve -H/);
});
