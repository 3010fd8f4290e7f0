/** The only reader of the environment: the shop's settings and the load generator's, validated. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { nameInstance } from './instance.ts';
import { VERSIONS, type Version } from './releases/releases.ts';

/** Compose passes an unset variable as an empty string; both mean "use the default". */
const unsetWhenEmpty = (value: unknown) => (value === '' ? undefined : value);
const setting = <T extends z.ZodType>(schema: T) => z.preprocess(unsetWhenEmpty, schema);

const text = (fallback: string) => setting(z.string().default(fallback));
const port = (fallback: number) =>
  setting(z.coerce.number('must be a port').int().min(1).max(65_535).default(fallback));
const count = (fallback: number, max: number) =>
  setting(z.coerce.number('must be a number').int().min(1).max(max).default(fallback));
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http(s) address' });

const AppSettings = z.object({
  HOST: text('127.0.0.1'),
  PORT: port(8000),
  METRICS_PORT: port(9464),
  DATABASE_URL: setting(
    z.string('is missing: postgres://user:password@host:port/database').transform(parseDatabaseUrl),
  ),
  AEGIS_FAULTS: setting(z.enum(['on', 'off'], 'must be on or off').default('off')),
  OTEL_SERVICE_NAME: text('target-app'),
  SERVICE_VERSION: setting(
    z.enum(VERSIONS, `must be a release of this shop: ${VERSIONS.join(', ')}`).default('1.0.0'),
  ),
  SERVICE_INSTANCE_ID: setting(z.string().optional()),
  REQUEST_SLOTS: count(8, 1_000),
  REQUEST_WAIT_MS: count(100, 60_000),
  MEMORY_LIMIT_BYTES: setting(z.coerce.number('must be bytes').int().min(1_048_576).optional()),
  LEAK_SECONDS: setting(z.coerce.number('must be seconds').min(0.1).max(86_400).optional()),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(httpUrl.optional()),
  OTEL_METRIC_EXPORT_INTERVAL: count(10_000, 3_600_000),
});

const LoadSettings = z.object({
  AEGIS_INVENTORY_FILE: setting(z.string('is missing: the path of inventory.json')),
  LOAD_SERVICE: text('target-app'),
  LOAD_RPS: count(20, 1_000),
  LOAD_MAX_IN_FLIGHT: count(50, 1_000),
});

/** Connection fields rather than a URL: the pg instrumentation takes its metric labels from the fields. */
export interface DatabaseConfig {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

export interface Config {
  host: string;
  port: number;
  metricsPort: number;
  database: DatabaseConfig;
  faultsOn: boolean;
  service: string;
  version: Version;
  instance: string;
  /** How long the fault `memory` takes from the trigger to 120 % of the limit; undefined: faults/memory.ts decides. */
  leakSeconds: number | undefined;
  /** Requests that may wait for the warehouse at a time, and how long each does, in ms: an instance carries slots / wait. */
  requestSlots: number;
  requestWaitMs: number;
  /** Explicit memory limit in bytes; undefined means the cgroup's, else the machine's. */
  memoryLimitBytes: number | undefined;
  /** Base address of an OTLP/HTTP receiver, without a trailing slash; undefined turns pushing off. */
  otlpEndpoint: string | undefined;
  metricIntervalMs: number;
}

export interface LoadConfig {
  inventoryFile: string;
  service: string;
  rps: number;
  maxInFlight: number;
}

/** As the settings say it: an instance may be left without a name. */
export type Settings = Omit<Config, 'instance'> & { instance: string | undefined };

export type Parsed<T> = { config: T } | { problem: string };
type Environment = Record<string, string | undefined>;

/** The shop's settings, or one line that names every bad one. */
export function parseConfig(env: Environment): Parsed<Settings> {
  const withSecret = readSecret(env, 'DATABASE_URL');
  if ('problem' in withSecret) return withSecret;
  const parsed = AppSettings.safeParse(withSecret.config);
  if (!parsed.success) return { problem: problemOf(parsed.error) };
  const s = parsed.data;
  if (s.PORT === s.METRICS_PORT)
    return { problem: `wrong settings: PORT and METRICS_PORT are both ${s.PORT}; give them different ports` };
  return {
    config: {
      host: s.HOST,
      port: s.PORT,
      metricsPort: s.METRICS_PORT,
      database: s.DATABASE_URL,
      faultsOn: s.AEGIS_FAULTS === 'on',
      service: s.OTEL_SERVICE_NAME,
      version: s.SERVICE_VERSION,
      instance: s.SERVICE_INSTANCE_ID,
      leakSeconds: s.LEAK_SECONDS,
      requestSlots: s.REQUEST_SLOTS,
      requestWaitMs: s.REQUEST_WAIT_MS,
      memoryLimitBytes: s.MEMORY_LIMIT_BYTES,
      otlpEndpoint: s.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, ''),
      metricIntervalMs: s.OTEL_METRIC_EXPORT_INTERVAL,
    },
  };
}

/** The load generator's settings, or one line that names every bad one. */
export function parseLoadConfig(env: Environment): Parsed<LoadConfig> {
  const parsed = LoadSettings.safeParse(env);
  if (!parsed.success) return { problem: problemOf(parsed.error) };
  const s = parsed.data;
  return {
    config: {
      inventoryFile: s.AEGIS_INVENTORY_FILE,
      service: s.LOAD_SERVICE,
      rps: s.LOAD_RPS,
      maxInFlight: s.LOAD_MAX_IN_FLIGHT,
    },
  };
}

/** Reads the real environment; a wrong setting ends the process with status 1 and one line on stderr. */
export function readConfig<T>(parse: (env: Environment) => Parsed<T>): T {
  const parsed = parse(process.env);
  if ('config' in parsed) return parsed.config;
  process.stderr.write(`${parsed.problem}\n`);
  process.exit(1);
}

let instance: Promise<string> | undefined;

/** The shop's settings from the real environment; whoever was given no name asks for it once (instance.ts). */
export async function readAppConfig(): Promise<Config> {
  const settings = readConfig(parseConfig);
  instance ??= settings.instance === undefined ? nameInstance() : Promise.resolve(settings.instance);
  return { ...settings, instance: await instance };
}

/** The environment with the value of a secret that was given as `NAME_FILE`, a file that holds it (Docker, Kubernetes). */
function readSecret(env: Environment, name: string): Parsed<Environment> {
  const file = env[`${name}_FILE`];
  if (!file) return { config: env };
  if (env[name]) return { problem: `wrong settings: ${name} and ${name}_FILE are both set; set one` };
  try {
    return { config: { ...env, [name]: readFileSync(file, 'utf8').trim() } };
  } catch (error) {
    return { problem: `wrong settings: ${name}_FILE cannot be read: ${(error as Error).message}` };
  }
}

function problemOf(error: z.ZodError): string {
  const named = error.issues.map((issue) => `${issue.path.join('.')} ${lowerFirst(issue.message)}`);
  return `wrong settings: ${named.join('; ')}`;
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function parseDatabaseUrl(value: string, context: z.RefinementCtx): DatabaseConfig {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (!URL.canParse(value)) return refuse('must be postgres://user:password@host:port/database');
  const url = new URL(value);
  if (!/^postgres(ql)?:$/.test(url.protocol) || !url.hostname || url.pathname.length < 2)
    return refuse('must be postgres://user:password@host:port/database');
  if (url.search) return refuse(`has parameters that are not supported: ${url.search}`);
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username || 'postgres'),
    password: decodeURIComponent(url.password),
  };
}
