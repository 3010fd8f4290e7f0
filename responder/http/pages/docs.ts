/** The API's description as a page, made from the OpenAPI document. */
import type { DocumentedContent, DocumentedOperation, JsonSchema, OpenApi } from '../openapi.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

interface Route extends DocumentedOperation {
  method: string;
  path: string;
}

export function docsPage({ info, tags, paths, components }: OpenApi): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => ({ ...operation, method, path })),
  );
  const groups = tags.map(
    ({ name }) => html`<h2 id="${anchor(name)}">${name}</h2>
${routes.filter((route) => route.tags.includes(name)).map((route) => operation(route, components.schemas))}`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => html`<section class="operation" id="${name}"><h3>${name}</h3>
${schema.description && html`<p>${prose(schema.description)}</p>`}${fields(schema)}</section>`,
  );
  const body = html`<h1>${info.title}, version ${info.version}</h1>
<p class="lead">${info.description}</p>
<p>The same for programs: <a href="/openapi.json">/openapi.json</a>. Failures are <a href="#Problem"><code>application/problem+json</code></a> with code, cause and cure. A door whose
token is not set stands open, which is allowed on loopback only.</p>
<p>${tags.map(({ name }) => html`<a href="#${anchor(name)}">${name}</a> · `)}<a href="#schemas">Schemas</a></p>
${groups}
<h2 id="schemas">Schemas</h2>
${schemas}`;
  return layout({ title: 'API', here: '/docs', body });
}

const anchor = (name: string) => name.toLowerCase().replaceAll(/\W+/g, '-');

function operation(route: Route, schemas: OpenApi['components']['schemas']): Html {
  const [type, content] = Object.entries(route.requestBody?.content ?? {})[0] ?? [];
  const parameters = route.parameters.map(
    (one) =>
      html`<tr><td><code>${one.name}</code></td><td>${one.in}${one.required && ', required'}</td><td>${typeOf(one.schema)}</td><td>${prose(one.description)}</td></tr>`,
  );
  return html`<section class="operation" id="${route.operationId}"><h3><code>${route.method.toUpperCase()} ${route.path}</code></h3>
<p>${prose(`${route.summary}. ${route.description ?? ''}`)}</p>
<p class="quiet">${doorOf(route)}</p>
${parameters.length > 0 && html`<div class="wide"><table><tr><th>Parameter</th><th>In</th><th>Type</th><th>What it is</th></tr>${parameters}</table></div>`}
${content && html`<p>Body, <code>${type}</code>: ${typeOf(content.schema ?? {})}</p>${fields(resolved(content.schema ?? {}, schemas))}`}
<div class="wide"><table><tr><th>Answer</th><th>What it means</th><th>Form</th></tr>${answers(route.responses)}</table></div>
<pre>${curl(route, content)}</pre></section>`;
}

/** Words between backticks are code. */
function prose(text = ''): Html[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

function doorOf({ security }: Route): string {
  const keys = security.flatMap((one) => Object.keys(one));
  const tokens = keys.map((key) => TOKENS[key]).filter(Boolean);
  if (tokens.length === 0) return 'Open to everybody.';
  return `Bearer token: ${tokens.join(' or ')}${keys.includes('loginCookie') ? ', or a browser that is logged in' : ''}.`;
}
const TOKENS: Record<string, string> = {
  webhookToken: 'AEGIS_WEBHOOK_TOKEN',
  readToken: 'AEGIS_READ_TOKEN',
  apiToken: 'AEGIS_API_TOKEN',
};

function answers(responses: Route['responses']): Html[] {
  return Object.entries(responses).map(([status, { description, content = {} }]) => {
    const forms = Object.entries(content).map(
      ([type, { schema, example }]) =>
        html`<code>${type}</code>${schema?.$ref && html` ${typeOf(schema)}`}${example !== undefined && html`<br><code class="quiet">${JSON.stringify(example)}</code>`}`,
    );
    return html`<tr><td>${status}</td><td>${description}</td><td>${forms}</td></tr>`;
  });
}

/** A line that can be run as it stands, once the token is in the environment. */
function curl(
  { method, path, security, requestBody }: Route,
  content: DocumentedContent[string] | undefined,
) {
  const parts = ['curl', method === 'get' ? '' : '-X POST', `localhost:8001${path}`];
  const [key] = security.flatMap((one) => Object.keys(one));
  if (key) parts.push(`-H "authorization: Bearer $${TOKENS[key]}"`);
  const example = Object.values(content?.examples ?? {})[0]?.value;
  const [type] = Object.keys(requestBody?.content ?? {});
  if (type === 'application/json')
    parts.push(`-H 'content-type: application/json' -d ${quoted(JSON.stringify(example))}`);
  else if (type)
    parts.push(
      `-H 'sec-fetch-site: same-origin' -d ${quoted(`${new URLSearchParams(example as Record<string, string>)}`)}`,
    );
  return parts.filter(Boolean).join(' ');
}
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function resolved(schema: JsonSchema, schemas: OpenApi['components']['schemas']): JsonSchema {
  return schema.$ref ? (schemas[nameOf(schema.$ref)] ?? {}) : schema;
}
const nameOf = (reference: string) => reference.split('/').at(-1) ?? '';

/** One row a field; of alternatives, each in turn. */
function fields(schema: JsonSchema): Html | Html[] | null {
  const alternatives = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (alternatives) return alternatives.map((one) => html`<p class="quiet">${typeOf(one)}</p>${fields(one)}`);
  if (!schema.properties) return schema.type === 'array' ? html`<p>${typeOf(schema)}</p>` : null;
  const rows = Object.entries(schema.properties).map(
    ([name, field]) =>
      html`<tr><td><code>${name}</code></td><td>${schema.required?.includes(name) ? 'always' : 'optional'}</td><td>${typeOf(field)}</td><td>${prose(field.description)}</td></tr>`,
  );
  return html`<div class="wide"><table><tr><th>Field</th><th>There</th><th>Type</th><th>What it is</th></tr>${rows}</table></div>`;
}

/** A type in a few words: `string or null`, `list of Alert`, `1 to 200`. */
function typeOf(schema: JsonSchema): Html {
  if (schema.$ref) return html`<a href="#${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`;
  const either = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (either) return html`${either.map((one, i) => html`${i > 0 && ' or '}${typeOf(one)}`)}`;
  const all = schema.allOf as JsonSchema[] | undefined;
  if (all?.[0]) return typeOf(all[0]);
  if (Array.isArray(schema.enum))
    return html`${schema.enum.map((word, i) => html`${i > 0 && ', '}<code>${word}</code>`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.type === 'array') return html`list of ${typeOf((schema.items ?? {}) as JsonSchema)}`;
  return html`${schema.type ?? 'anything'}${schema.format === 'date-time' && ' (ISO 8601 time)'}${limits(schema)}`;
}

function limits({ minimum, maximum, minLength, maxLength, default: fallback }: JsonSchema): string {
  const given = (limit: unknown) => typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  const range = (low: unknown, high: unknown, unit: string) => {
    if (given(low) && given(high)) return `, ${low} to ${high}${unit}`;
    if (given(low) && low !== 0) return `, at least ${low}${unit}`;
    return given(high) ? `, at most ${high}${unit}` : '';
  };
  const otherwise = fallback === undefined ? '' : `, default ${JSON.stringify(fallback)}`;
  return `${range(minimum, maximum, '')}${range(minLength, maxLength, ' characters')}${otherwise}`;
}
