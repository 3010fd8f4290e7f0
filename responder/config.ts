/** The one place that reads the environment. A wrong or missing setting stops the start, all of them in one line. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AegisError, wordsOf } from './errors.ts';

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((u) => u.replace(/\/+$/, ''));
const MAX_SECONDS = 86_400;
const seconds = (fallback: number, min = 1, max = MAX_SECONDS) =>
  number('a number of seconds', min, max).default(fallback);
const number = (what: string, min: number, max: number) => {
  const error = `must be ${what} from ${min} to ${max}`;
  return z.coerce.number({ error }).min(min, error).max(max, error);
};
const whole = (what: string, min: number, max: number) =>
  number(what, min, max).int(`must be ${what} from ${min} to ${max}`);
const oneOf = <const T extends readonly [string, ...string[]]>(words: T, more = '') =>
  z.enum(words, { error: `must be ${words.join(', ')}${more}` });
const secret = z.string().min(16, 'must have at least 16 characters');
const dollars = (fallback: number) => number('dollars', 0, 1_000_000).default(fallback);
const count = (what: string, fallback: number) =>
  whole(`a whole number of ${what}`, 0, 1e9).default(fallback);
/** Dollars per million tokens, of what is asked and of what is answered. */
const price = (fallback: string) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?,\d+(\.\d+)?$/, 'must be two numbers of dollars by a comma, like 0.30,2.50')
    .default(fallback)
    .transform((text) => {
      const [into = 0, out = 0] = text.split(',').map(Number);
      return { in: into, out };
    });

/** `.env.example` explains each; a test compares the two. */
export const Settings = z.object({
  AEGIS_HOST: z.string().default('127.0.0.1'),
  AEGIS_PORT: whole('a port', 0, 65_535).default(8001),
  AEGIS_PUBLIC_URL: url.optional(),
  DATABASE_URL: databaseUrl(z.string('is missing: postgres://user:password@host:port/database')),
  AEGIS_EVIDENCE_DATABASE_URL: databaseUrl(z.string()).optional(),
  PROMETHEUS_URL: url.default('http://127.0.0.1:9090'),
  ALERTMANAGER_URL: url.optional(),
  GRAFANA_URL: url.optional(),
  GRAFANA_TOKEN: z.string().optional(),
  GRAFANA_USER: z.string().default('admin'),
  GRAFANA_PASSWORD: z.string().optional(),
  SLACK_BOT_TOKEN: z.string().optional(),
  // An empty file of Compose's is none.
  SLACK_SIGNING_SECRET: z.literal('').or(secret).optional(),
  SLACK_CHANNEL: z.string().optional(),
  SLACK_CHANNELS: slackChannels(),
  SLACK_APPROVERS: slackUsers(),
  SLACK_API_URL: url.default('https://slack.com/api'),
  AEGIS_WEBHOOK_TOKEN: secret.optional(),
  AEGIS_API_TOKEN: secret.optional(),
  AEGIS_READ_TOKEN: secret.optional(),
  AEGIS_RUNTIME: oneOf(['process', 'docker'], ' (swarm and kubernetes are to come)').default('process'),
  AEGIS_DOCKER_FILTER: z
    .string()
    .regex(/^[^=\s]+=.*$/, 'must be a label, NAME=VALUE')
    .optional(),
  DOCKER_HOST: dockerHost().default('unix:///var/run/docker.sock'),
  AEGIS_INVENTORY_FILE: z.string('is missing: name the inventory file'),
  AEGIS_AUTONOMY: oneOf(['observe', 'suggest', 'approve', 'auto']).default('suggest'),
  AEGIS_MIN_CONFIDENCE: number('a share', 0, 1).default(0.7),
  AEGIS_COOLDOWN_SECONDS: seconds(300, 0),
  AEGIS_FLAPPING_LIMIT: whole('a whole number of cures', 1, 1_000).default(3),
  AEGIS_APPROVAL_SECONDS: seconds(900),
  AEGIS_TAKE_BACK_SECONDS: seconds(900),
  AEGIS_MAX_ATTEMPTS: whole('a whole number of attempts', 1, 10).default(2),
  AEGIS_GATHER_SECONDS: seconds(2, 0.1),
  AEGIS_VERIFY_TIMEOUT_SECONDS: seconds(60),
  AEGIS_LEASE_SECONDS: seconds(15, 7),
  AEGIS_RESTART_GRACE_SECONDS: seconds(1, 0),
  AEGIS_DRAIN_SECONDS: seconds(15, 0),
  AEGIS_RECONCILE_SECONDS: seconds(10),
  AEGIS_STILL_FIRING_SECONDS: seconds(120),
  AEGIS_LOG_CHARS: whole('a whole number of characters', 0, 100_000).default(2_000),
  AEGIS_RUNBOOK_HALF_LIFE_DAYS: number('a number of days', 0.01, 3_650).default(30),
  AEGIS_COST_PER_MINUTE: dollars(0),
  AEGIS_PERSON_MINUTES: number('a number of minutes', 0, 1_440).default(15),
  AEGIS_WORKERS: whole('a whole number of workers', 1, 32).default(4),
  LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
  GEMINI_API_KEY: z.string().optional(),
  GEMINI_MODEL: z.string().default('gemini-2.5-flash'),
  GEMINI_BASE_URL: url.optional(),
  GEMINI_PRICE: price('0.30,2.50'),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().default('gpt-4.1-mini'),
  OPENAI_BASE_URL: url.optional(),
  OPENAI_PRICE: price('0.40,1.60'),
  OLLAMA_HOST: z
    .string()
    .regex(/^(https?:\/\/)?[^\s/]+(\/\S*)?$/, 'must be a URL or host:port')
    .default('http://127.0.0.1:11434')
    .transform(ollamaUrl),
  OLLAMA_MODEL: z.string().optional(),
  // Evidence may be 60 s old when it is acted upon: a longer wait for models would make all of it stale.
  AEGIS_MODEL_SECONDS: seconds(20, 1, 40),
  AEGIS_MODEL_LOOKUPS: whole('a whole number of look-ups', 0, 3).default(3),
  AEGIS_MODEL_MAX_TOKENS: whole('a whole number of tokens', 200, 100_000).default(4_096),
  AEGIS_MODEL_CALLS_PER_INCIDENT: count('calls', 12),
  AEGIS_MODEL_CALLS_PER_DAY: count('calls', 500),
  AEGIS_MODEL_TOKENS_PER_INCIDENT: count('tokens', 150_000),
  AEGIS_MODEL_TOKENS_PER_DAY: count('tokens', 2_000_000),
  AEGIS_MODEL_USD_PER_INCIDENT: dollars(0.5),
  AEGIS_MODEL_USD_PER_DAY: dollars(5),
});
export type Config = z.infer<typeof Settings>;

/** What a call on one instance may take besides the grace time, at least, and then some. */
const CALL_SECONDS = { process: 4, docker: 8 };
const LEAST_CALL_SECONDS = 7;
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;
/** These may be given as `NAME_FILE`, a file that holds the value (Docker and Kubernetes secrets). */
const SECRETS = [
  'DATABASE_URL',
  'AEGIS_EVIDENCE_DATABASE_URL',
  'AEGIS_WEBHOOK_TOKEN',
  'AEGIS_API_TOKEN',
  'AEGIS_READ_TOKEN',
  'GEMINI_API_KEY',
  'OPENAI_API_KEY',
  'GRAFANA_TOKEN',
  'GRAFANA_PASSWORD',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
] as const;

/** Throws AEGIS_CONFIG naming every bad setting in one line. An empty setting counts as not set. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given: Record<string, string> = {};
  const bad: string[] = [];
  for (const name of Object.keys(Settings.shape)) if (env[name]) given[name] = env[name];
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (given[name]) bad.push(`${name} and ${name}_FILE are both set; set one`);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      bad.push(`${name}_FILE: ${wordsOf(error)}`);
    }
  }
  const parsed = Settings.safeParse(given);
  const issues = parsed.error?.issues ?? [];
  bad.push(...issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  bad.push(...tooShortLease(given), ...openDoors(given), ...halfSetUp(given));
  if (!parsed.success || bad.length > 0)
    throw new AegisError('AEGIS_CONFIG', `bad settings: ${bad.join('; ')}`);
  return parsed.data;
}

/** As Ollama itself reads it: a host alone means its own port. */
function ollamaUrl(host: string): string {
  if (host.includes('://')) return host;
  return /:\d+$/.test(host) ? `http://${host}` : `http://${host}:11434`;
}

function databaseUrl(text: z.ZodString) {
  return text.refine(isDatabaseUrl, { error: 'must be postgres://user:password@host:port/database' });
}

/** `critical=#sre-page,team:payments=C0123456789`, as what is on the left to its channel. */
function slackChannels() {
  const error = 'must be SEVERITY=CHANNEL or team:NAME=CHANNEL, by commas: critical=#sre-page,warning=#sre';
  return z
    .string()
    .regex(/^[^=,\s]+=#?[^=,\s#]+(\s*,\s*[^=,\s]+=#?[^=,\s#]+)*$/, error)
    .transform((text) => Object.fromEntries(text.split(/\s*,\s*/).map((pair) => pair.split('='))))
    .pipe(z.record(z.string(), z.string()))
    .default({});
}

function slackUsers() {
  const error = 'must be ids of users in Slack, by commas: U012AB3CD,U045EF6GH';
  return z
    .string()
    .regex(/^[UW][A-Z0-9]+(\s*,\s*[UW][A-Z0-9]+)*$/, error)
    .transform((text) => text.split(/\s*,\s*/))
    .default([]);
}

/** Set up by half it would look as if it worked. */
function halfSetUp(given: Record<string, string>): string[] {
  const slack = given.SLACK_BOT_TOKEN && !given.SLACK_CHANNEL && !given.SLACK_CHANNELS;
  const grafana = given.GRAFANA_URL && !given.GRAFANA_TOKEN && !given.GRAFANA_PASSWORD;
  return [
    ...(slack ? ['SLACK_CHANNEL is missing (needed because SLACK_BOT_TOKEN is set)'] : []),
    ...(grafana ? ['GRAFANA_TOKEN or GRAFANA_PASSWORD is missing (needed because GRAFANA_URL is set)'] : []),
  ];
}

function dockerHost() {
  const error = 'must be unix:///path/of/the/socket or tcp://host:port';
  return z.string().regex(/^(unix:\/\/\/\S+|tcp:\/\/[^\s/]+)$/, error);
}

/** Also that it can be taken apart: a stray percent sign could not be decoded. */
function isDatabaseUrl(text: string): boolean {
  try {
    const { protocol, hostname, pathname, username, password } = new URL(text);
    decodeURIComponent(`${username}${password}${pathname}`);
    return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && pathname.length > 1;
  } catch {
    return false;
  }
}

/** A call on the runtime takes the grace time and a few seconds more; a lease that ends before could never be used for one. */
function tooShortLease(given: Record<string, string>): string[] {
  const parsed = Settings.pick({
    AEGIS_LEASE_SECONDS: true,
    AEGIS_RESTART_GRACE_SECONDS: true,
    AEGIS_RUNTIME: true,
  }).safeParse(given);
  if (!parsed.success) return [];
  const {
    AEGIS_LEASE_SECONDS: lease,
    AEGIS_RESTART_GRACE_SECONDS: grace,
    AEGIS_RUNTIME: runtime,
  } = parsed.data;
  const more = CALL_SECONDS[runtime];
  const least = Math.max(grace + more, LEAST_CALL_SECONDS);
  return lease < least
    ? [
        `AEGIS_LEASE_SECONDS must be at least ${least} (AEGIS_RESTART_GRACE_SECONDS and ${more} more, ${LEAST_CALL_SECONDS} at least)`,
      ]
    : [];
}

/** Beyond loopback nothing stands open by having been forgotten. */
function openDoors(given: Record<string, string>): string[] {
  const host = given.AEGIS_HOST;
  if (!host || LOOPBACK.test(host)) return [];
  return (['AEGIS_WEBHOOK_TOKEN', 'AEGIS_API_TOKEN', 'AEGIS_READ_TOKEN'] as const)
    .filter((name) => !given[name])
    .map((name) => `${name} is missing (needed because AEGIS_HOST=${host} is not loopback)`);
}
