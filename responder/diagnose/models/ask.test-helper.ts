/** The three models against their stand-ins, for tests of asking: nothing is stored unless a test says so. */
import { alertRead, container, evidenceOf, logs, memory } from '../../../test/builders.ts';
import { GEMINI_KEY, startGemini } from '../../../test/models/gemini.ts';
import { OLLAMA_MODEL, startOllama } from '../../../test/models/ollama.ts';
import { OPENAI_KEY, startOpenAi } from '../../../test/models/openai.ts';
import type { Play } from '../../../test/models/server.ts';
import { makeGemini } from '../../clients/gemini.ts';
import type { Model } from '../../clients/model.ts';
import { makeOllama } from '../../clients/ollama.ts';
import { makeOpenAi } from '../../clients/openai.ts';
import type { Case } from '../rules/hypothesis.ts';
import { diagnoseByRules } from '../rules/rules.ts';
import { FellThrough, type ModelOptions, makeModelProvider } from './ask.ts';
import { NO_BREAKER } from './breaker.ts';
import { NO_BUDGET } from './budget.ts';
import { NO_CACHE } from './cache.ts';

export const NAMES = ['gemini', 'openai', 'ollama'] as const;
export type Name = (typeof NAMES)[number];

export async function startModels() {
  const fakes = { gemini: await startGemini(), openai: await startOpenAi(), ollama: await startOllama() };
  const models: Record<Name, Model> = {
    gemini: makeGemini({ key: GEMINI_KEY, model: 'gemini-2.5-flash', url: fakes.gemini.url }),
    openai: makeOpenAi({ key: OPENAI_KEY, model: 'gpt-4.1-mini', url: fakes.openai.url }),
    ollama: makeOllama({ host: fakes.ollama.url, model: OLLAMA_MODEL }),
  };
  const provider = (name: Name, over: Partial<ModelOptions> = {}) =>
    makeModelProvider({
      ...{ model: models[name], authority: name === 'ollama' ? 'local' : 'cloud' },
      ...{ breaker: NO_BREAKER, budget: NO_BUDGET, cache: NO_CACHE, sources: null, lookUps: 3 },
      ...{ price: { in: 1, out: 10 }, maxTokens: 500, logChars: 2_000, timeoutMs: 3_000 },
      ...{ rules: diagnoseByRules, ranked: () => [], flagsIn: () => [], onSpent: () => {} },
      ...over,
    });
  return {
    fakes,
    provider,
    /** Asks after the fake was told what to play. */
    async ask(name: Name, plays: Play[], over: Partial<ModelOptions> = {}, incident = leaking()) {
      fakes[name].reset();
      fakes[name].play(...plays);
      return provider(name, over).diagnose(incident, new AbortController().signal);
    },
    stop: () => Promise.all(Object.values(fakes).map((fake) => fake.stop())),
  };
}

/** Memory of the only instance is nearly full. */
export const leaking = (...lines: string[]): Case => ({
  target: 'shop',
  evidence: evidenceOf(
    memory([0.5, 0.96]),
    container(),
    alertRead(true),
    ...(lines.length > 0 ? [logs(...lines)] : []),
  ),
  tried: [],
});

export const GOOD = {
  root_cause: 'it leaks',
  category: 'memory_leak',
  action: 'RESTART',
  target: 'shop',
  instance: 'shop-1',
  version: null,
  justification: 'it rose',
  confidence: 0.8,
  citations: ['E1', 'E2'],
};

/** How it fell through. */
export async function fallOf(asked: Promise<unknown>): Promise<FellThrough> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof FellThrough) return error;
    throw error;
  }
  throw new Error('it answered');
}
