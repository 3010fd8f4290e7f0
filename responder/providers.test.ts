import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { incidentOf } from '../test/builders.ts';
import { rowsOf, startDatabase } from '../test/database.ts';
import { GEMINI_KEY, startGemini } from '../test/models/gemini.ts';
import { readConfig } from './config.ts';
import { makeDiagnose } from './diagnose/diagnose.ts';
import { GOOD, leaking } from './diagnose/models/ask.test-helper.ts';
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

test('with a database what is asked is booked, counted and kept: a second replica does not ask again', async () => {
  const [{ database, stop }, gemini] = await Promise.all([startDatabase(), startGemini()]);
  after(() => Promise.all([stop(), gemini.stop()]));
  gemini.play({ text: GOOD });
  const env = { DATABASE_URL: 'postgres://a:b@db/aegis', AEGIS_INVENTORY_FILE: 'i' };
  const config = readConfig({ ...env, GEMINI_API_KEY: GEMINI_KEY, GEMINI_BASE_URL: gemini.url });
  const spent: number[] = [];
  const onSpent = (_provider: string, _tokens: object, usd: number) => void spent.push(usd);
  const replica = async () => makeDiagnose(await makeProviders(config, { database, reading: null, onSpent }));
  const incident = incidentOf({ evidence: leaking().evidence });
  const run = { signal: new AbortController().signal };
  const first = (await (await replica())(incident, run)).found.diagnosis;
  const second = (await (await replica())(incident, run)).found.diagnosis;
  assert.deepEqual([first.provider, first.authority, first.asked?.cached], ['gemini', 'cloud', false]);
  assert.deepEqual([second.provider, second.asked?.cached], ['gemini', true]);
  assert.equal(gemini.seen.length, 1);
  assert.deepEqual(
    await rowsOf(database, 'select incident_id, provider, tokens_in, tokens_out from model_call'),
    [{ incident_id: 'inc-1', provider: 'gemini', tokens_in: 900, tokens_out: 100 }],
  );
  assert.deepEqual(spent, [(900 * 0.3 + 100 * 2.5) / 1e6]);
});
