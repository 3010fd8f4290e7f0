import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './config.ts';
import { makeProviders } from './providers.ts';

const made = (env: Record<string, string> = {}) =>
  makeProviders(readConfig({ DATABASE_URL: 'postgres://a:b@db/aegis', AEGIS_INVENTORY_FILE: 'i', ...env }), {
    ...{ database: null, reading: null },
  });
const namesOf = ({ providers }: Awaited<ReturnType<typeof made>>) =>
  providers.map(({ name, authority }) => `${name} ${authority ?? ''}`.trim());

test('without a key the rules are alone, and why nobody else is asked is told', async () => {
  const found = await made();
  assert.deepEqual(namesOf(found), ['rules']);
  assert.deepEqual(found.absent, [
    { provider: 'gemini', reason: 'no key', why: 'not_set_up' },
    { provider: 'openai', reason: 'no key', why: 'not_set_up' },
    { provider: 'ollama', reason: 'no model is named', why: 'not_set_up' },
  ]);
});

test('who is set up is asked in order, the rules last', async () => {
  const found = await made({
    GEMINI_API_KEY: 'k',
    OPENAI_API_KEY: 'k',
    OLLAMA_MODEL: 'm',
    AEGIS_MODEL_SECONDS: '7',
  });
  assert.deepEqual(namesOf(found), ['gemini cloud', 'openai cloud', 'ollama local', 'rules']);
  assert.deepEqual([found.absent, found.modelMs], [[], 7_000]);
});

test('a host of Ollama alone asks nobody: only a model that is named is used', async () => {
  assert.deepEqual(namesOf(await made({ OLLAMA_HOST: 'ollama:11434' })), ['rules']);
});
