/** OpenAPI 3.1 from the operations that stand beside the routes, and from the very schemas that read and answer. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { LOGIN_COOKIE } from './logins.ts';
import type { Answer, Door, Operation } from './operation.ts';
import { Problem } from './problem.ts';

/** A JSON Schema, as far as it is looked into here. */
export interface JsonSchema {
  [key: string]: unknown;
  $ref?: string;
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
}
export interface DocumentedParameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}
export interface DocumentedContent {
  [type: string]: { schema?: JsonSchema; example?: unknown; examples?: Record<string, { value: unknown }> };
}
export interface DocumentedOperation {
  tags: string[];
  operationId: string;
  summary: string;
  description?: string;
  security: Record<string, never[]>[];
  parameters: DocumentedParameter[];
  requestBody?: { required: boolean; content: DocumentedContent };
  responses: Record<string, { description: string; content?: DocumentedContent }>;
}
export interface OpenApi {
  openapi: '3.1.0';
  info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Partial<Record<Operation['method'], DocumentedOperation>>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, unknown> };
}

const COMPONENTS = '#/components/schemas/';
/** Where a door's token is not set the door is open, which is allowed on loopback only. */
const KEYS: Record<Door, string[]> = {
  webhook: ['webhookToken'],
  read: ['readToken', 'apiToken', 'loginCookie'],
  api: ['apiToken'],
};
const SETTINGS = {
  webhookToken: 'AEGIS_WEBHOOK_TOKEN',
  readToken: 'AEGIS_READ_TOKEN',
  apiToken: 'AEGIS_API_TOKEN',
};
const LOGIN = {
  type: 'apiKey',
  in: 'cookie',
  name: LOGIN_COOKIE,
  description: 'Of a browser in which somebody logged in at /login.',
};

export function openApi(operations: Operation[], version: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: documented(operation) };
  }
  const tokens = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, setting]) => [
      name,
      {
        type: 'http',
        scheme: 'bearer',
        description: `The token of ${setting}; not asked for where that is not set.`,
      },
    ]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'AegisOps responder',
      version,
      description: 'An on-call engineer made of software: takes alerts, asks, acts, and tells what it did.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemasOf(operations),
      securitySchemes: { ...tokens, loginCookie: LOGIN },
    },
  };
}

function documented({ method, path, group, summary, more, door, ...rest }: Operation): DocumentedOperation {
  const { query, body, answers, problems } = rest;
  return {
    tags: [group],
    operationId: `${method}${path.replaceAll(/[^a-zA-Z0-9]+(\w?)/g, (_match, next: string) => next.toUpperCase())}`,
    summary,
    ...(more && { description: more }),
    security: door ? KEYS[door].map((key) => ({ [key]: [] })) : [],
    parameters: [...pathParameters(path), ...queryParameters(query)],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          [body.type]: {
            schema: reference(body.schema),
            examples: Object.fromEntries(
              Object.entries(body.examples).map(([shows, value]) => [shows, { value }]),
            ),
          },
        },
      },
    }),
    responses: { ...Object.fromEntries(answers.map(answered)), ...refusals(problems, answers) },
  };
}

function answered({ status, says, schema, example, type = schema && 'application/json' }: Answer) {
  const content = type && {
    [type]: {
      schema: schema ? reference(schema) : { type: 'string' },
      ...(example !== undefined && { example }),
    },
  };
  return [String(status), { description: says, ...(content && { content }) }] as const;
}

/** The codes by their status; as pages, where the answers are pages for people. */
function refusals(codes: ErrorCode[], answers: Answer[]): DocumentedOperation['responses'] {
  const asPage = answers.every(({ type, status }) => type === 'text/html' || status === 303);
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, of]) => [
        String(status),
        {
          description: of.join(', '),
          content: asPage
            ? { 'text/html': { schema: { type: 'string' } } }
            : { 'application/problem+json': { schema: reference(Problem) } },
        },
      ]),
  );
}

function pathParameters(path: string): DocumentedParameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodObject | undefined): DocumentedParameter[] {
  if (!query) return [];
  const { properties = {}, required = [] } = tidy(z.toJSONSchema(query, AS_READ));
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description && { description }),
    schema,
  }));
}

/** What is read, not what becomes of it: a field with a default may be left out. */
const AS_READ = { io: 'input', unrepresentable: 'any' } as const;

function idOf(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (!id) throw new Error('a schema of an operation needs an id: .meta({ id })');
  return id;
}
function reference(schema: z.ZodType): JsonSchema {
  return { $ref: `${COMPONENTS}${idOf(schema)}` };
}

/** Those that the operations use, and those that they use in turn. */
function schemasOf(operations: Operation[]): Record<string, JsonSchema> {
  const options = { ...AS_READ, uri: (id: string) => `${COMPONENTS}${id}` };
  const all = z.toJSONSchema(z.globalRegistry, options).schemas;
  const wanted = new Set<string>();
  const want = (id: string) => {
    if (wanted.has(id)) return;
    wanted.add(id);
    for (const [, inner = ''] of JSON.stringify(all[id]).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      want(inner);
  };
  want(idOf(Problem));
  for (const { body, answers } of operations)
    for (const schema of [body?.schema, ...answers.map((answer) => answer.schema)])
      if (schema) want(idOf(schema));
  return Object.fromEntries([...wanted].toSorted().map((id) => [id, tidy(all[id] as JsonSchema)]));
}

/** Without zod's own marks, nor the pattern of a time, which says in 300 characters what `date-time` says. */
function tidy(schema: unknown): JsonSchema {
  const text = JSON.stringify(schema, (key, value) => {
    if (key === '$schema' || key === '$id' || key === 'id')
      return typeof value === 'string' ? undefined : value;
    if (value?.format === 'date-time') return { ...value, pattern: undefined };
    return value;
  });
  return JSON.parse(text) as JsonSchema;
}
