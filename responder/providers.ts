/** Who diagnoses, in the order of asking: the models that are set up, and the rules last. */
import type { Model } from './clients/model.ts';
import type { Config } from './config.ts';
import {
  diagnoseByRules,
  hypothesesByRules,
  type ModelOptions,
  makeBreaker,
  makeBudget,
  makeCache,
  makeLookUpSources,
  makeModelProvider,
  NO_BREAKER,
  NO_BUDGET,
  NO_CACHE,
  type Provider,
} from './diagnose/diagnose.ts';
import type { FallThrough } from './incident/asked.ts';
import type { Database } from './incident/database.ts';
import { flagsIn } from './incident/text/flags.ts';

export type ModelConfig = Pick<
  Config,
  Extract<
    keyof Config,
    `GEMINI_${string}` | `OPENAI_${string}` | `OLLAMA_${string}` | `AEGIS_MODEL_${string}`
  >
> &
  Pick<Config, 'AEGIS_LOG_CHARS'>;

interface Options {
  /** Null: one question and no memory, as `npm run diagnose` asks it. */
  database: Database | null;
  /** What models may look things up in; null: they cannot. */
  reading: Parameters<typeof makeLookUpSources>[0] | null;
  onSpent?: ModelOptions['onSpent'];
  /** This one alone, beside the rules. */
  only?: Model['provider'];
}

/** So many failures in a row, and a provider is left alone for so long. */
const BREAKER = { failures: 3, openMs: 60_000 };
const FREE = { in: 0, out: 0 };
const RULES: Provider = { name: 'rules', diagnose: diagnoseByRules };

interface Place {
  name: Model['provider'];
  authority: 'cloud' | 'local';
  price: { in: number; out: number };
  /** Why it is not set up; null: it is. */
  missing: string | null;
  /** Its package is loaded only where it is used. */
  make: () => Promise<Model>;
}

/** What `makeDiagnose` takes. */
export async function makeProviders(config: ModelConfig, options: Options) {
  const places = placesOf(config).filter(({ name }) => !options.only || name === options.only);
  const used = places.filter(({ missing }) => missing === null);
  const shared = sharedBy(config, options);
  const models = await Promise.all(
    used.map(async ({ make, authority, price }) =>
      makeModelProvider({ ...shared, model: await make(), authority, price }),
    ),
  );
  const absent = places.flatMap(({ name, missing }): FallThrough[] =>
    missing === null ? [] : [{ provider: name, reason: missing, why: 'not_set_up' }],
  );
  return { providers: [...models, RULES], modelMs: config.AEGIS_MODEL_SECONDS * 1000, absent };
}

function placesOf(config: ModelConfig): Place[] {
  const { GEMINI_API_KEY, OPENAI_API_KEY, OLLAMA_MODEL, OLLAMA_HOST } = config;
  return [
    {
      ...{ name: 'gemini', authority: 'cloud', price: config.GEMINI_PRICE },
      missing: GEMINI_API_KEY ? null : 'no key',
      make: async () => {
        const { makeGemini } = await import('./clients/gemini.ts');
        const place = { model: config.GEMINI_MODEL, url: config.GEMINI_BASE_URL };
        return makeGemini({ key: GEMINI_API_KEY ?? '', ...place });
      },
    },
    {
      ...{ name: 'openai', authority: 'cloud', price: config.OPENAI_PRICE },
      missing: OPENAI_API_KEY ? null : 'no key',
      make: async () => {
        const { makeOpenAi } = await import('./clients/openai.ts');
        const place = { model: config.OPENAI_MODEL, url: config.OPENAI_BASE_URL };
        return makeOpenAi({ key: OPENAI_API_KEY ?? '', ...place });
      },
    },
    {
      ...{ name: 'ollama', authority: 'local', price: FREE },
      missing: OLLAMA_MODEL ? null : 'no model is named',
      make: async () => {
        const { makeOllama } = await import('./clients/ollama.ts');
        return makeOllama({ host: OLLAMA_HOST, model: OLLAMA_MODEL ?? '' });
      },
    },
  ];
}

function sharedBy(config: ModelConfig, { database, reading, onSpent = () => {} }: Options) {
  return {
    sources: reading && makeLookUpSources(reading),
    breaker: database ? makeBreaker({ sql: database, ...BREAKER }) : NO_BREAKER,
    budget: database ? makeBudget({ database, ...limitsOf(config) }) : NO_BUDGET,
    cache: database ? makeCache({ sql: database }) : NO_CACHE,
    lookUps: config.AEGIS_MODEL_LOOKUPS,
    maxTokens: config.AEGIS_MODEL_MAX_TOKENS,
    logChars: config.AEGIS_LOG_CHARS,
    timeoutMs: config.AEGIS_MODEL_SECONDS * 1000,
    ...{ rules: diagnoseByRules, ranked: hypothesesByRules, flagsIn, onSpent },
  };
}

function limitsOf(config: ModelConfig) {
  return {
    perIncident: {
      calls: config.AEGIS_MODEL_CALLS_PER_INCIDENT,
      tokens: config.AEGIS_MODEL_TOKENS_PER_INCIDENT,
      usd: config.AEGIS_MODEL_USD_PER_INCIDENT,
    },
    perDay: {
      calls: config.AEGIS_MODEL_CALLS_PER_DAY,
      tokens: config.AEGIS_MODEL_TOKENS_PER_DAY,
      usd: config.AEGIS_MODEL_USD_PER_DAY,
    },
  };
}
