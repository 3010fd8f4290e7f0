/** The one place that reads the environment. A wrong or missing setting stops the start, all of them in one line. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AegisError, wordsOf } from './errors.ts';

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .transform((u) => u.replace(/\/+$/, ''));
const seconds = (fallback: number, min = 1) =>
  z.coerce.number({ error: 'must be a number of seconds' }).min(min).max(86_400).default(fallback);
const secret = z.string().min(16, 'must have at least 16 characters');

const Settings = z.object({
  AEGIS_HOST: z.string().default('127.0.0.1'),
  AEGIS_PORT: z.coerce.number().int().min(0).max(65_535).default(8001),
  AEGIS_PUBLIC_URL: url.optional(),
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'must be postgres://user:password@host:port/database',
  }),
  PROMETHEUS_URL: url.default('http://127.0.0.1:9090'),
  ALERTMANAGER_URL: url.default('http://127.0.0.1:9093'),
  AEGIS_WEBHOOK_TOKEN: secret.optional(),
  AEGIS_API_TOKEN: secret.optional(),
  AEGIS_READ_TOKEN: secret.optional(),
  AEGIS_RUNTIME: z
    .enum(['process'], { error: 'must be process (docker, swarm and kubernetes come later)' })
    .default('process'),
  AEGIS_INVENTORY_FILE: z.string({ error: 'is missing: name the inventory file' }).min(1),
  AEGIS_AUTONOMY: z.enum(['observe', 'suggest', 'approve', 'auto']).default('suggest'),
  AEGIS_MIN_CONFIDENCE: z.coerce.number().min(0).max(1).default(0.7),
  AEGIS_COOLDOWN_SECONDS: seconds(300, 0),
  AEGIS_MAX_ATTEMPTS: z.coerce.number().int().min(1).max(10).default(2),
  AEGIS_GATHER_SECONDS: seconds(2, 0.1),
  AEGIS_VERIFY_TIMEOUT_SECONDS: seconds(60),
  AEGIS_LEASE_SECONDS: seconds(15, 2),
  AEGIS_RESTART_GRACE_SECONDS: seconds(1, 0),
  AEGIS_LOG_CHARS: z.coerce.number().int().min(0).max(100_000).default(2_000),
  AEGIS_WORKERS: z.coerce.number().int().min(1).max(32).default(4),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
export type Config = z.infer<typeof Settings>;

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;
/** These may be given as `NAME_FILE`, a file that holds the value (Docker and Kubernetes secrets). */
const SECRETS = ['DATABASE_URL', 'AEGIS_WEBHOOK_TOKEN', 'AEGIS_API_TOKEN', 'AEGIS_READ_TOKEN'] as const;

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
  if (!parsed.success)
    bad.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${words(issue)}`));
  if (parsed.success && !LOOPBACK.test(parsed.data.AEGIS_HOST)) bad.push(...openDoors(parsed.data));
  if (!parsed.success || bad.length > 0)
    throw new AegisError('AEGIS_CONFIG', `bad settings: ${bad.join('; ')}`);
  return parsed.data;
}

function words(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' && /undefined/.test(issue.message) ? 'is missing' : issue.message;
}

/** Beyond loopback nothing stands open by having been forgotten. */
function openDoors(config: Config): string[] {
  return (['AEGIS_WEBHOOK_TOKEN', 'AEGIS_API_TOKEN', 'AEGIS_READ_TOKEN'] as const)
    .filter((name) => !config[name])
    .map((name) => `${name} is missing (needed because AEGIS_HOST=${config.AEGIS_HOST} is not loopback)`);
}
