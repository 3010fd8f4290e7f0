/** The three clients against servers that speak each protocol: the same failures, whoever makes the model. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { GEMINI_KEY, startGemini } from '../../test/models/gemini.ts';
import { OLLAMA_MODEL, startOllama } from '../../test/models/ollama.ts';
import { OPENAI_KEY, startOpenAi } from '../../test/models/openai.ts';
import { makeGemini } from './gemini.ts';
import { type Model, type ModelFailure, type ModelRequest, retryAfterIn } from './model.ts';
import { makeOllama } from './ollama.ts';
import { makeOpenAi } from './openai.ts';

const fakes = { gemini: await startGemini(), openai: await startOpenAi(), ollama: await startOllama() };
const { gemini, openai, ollama } = fakes;
const models: Record<keyof typeof fakes, Model> = {
  gemini: makeGemini({ key: GEMINI_KEY, model: 'gemini-2.5-flash', url: gemini.url }),
  openai: makeOpenAi({ key: OPENAI_KEY, model: 'gpt-4.1-mini', url: openai.url }),
  ollama: makeOllama({ host: ollama.url, model: OLLAMA_MODEL }),
};
const NAMES = ['gemini', 'openai', 'ollama'] as const;
beforeEach(() => Object.values(fakes).forEach((fake) => void fake.reset()));
after(() => Promise.all(Object.values(fakes).map((fake) => fake.stop())));

const schema = {
  type: 'object',
  properties: {
    action: { type: 'string', enum: ['RESTART', 'NOOP'] },
    instance: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['action', 'instance'],
  additionalProperties: false,
};
const look = {
  name: 'promql',
  description: 'One query.',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string' } },
    required: ['query'],
    additionalProperties: false,
  },
};
const request = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'Diagnose.',
  messages: [{ role: 'user', text: 'memory rose' }],
  schema,
  tools: [],
  mayCall: false,
  maxTokens: 500,
  signal: AbortSignal.timeout(5_000),
  ...over,
});
const failureOf = async (model: Model, over?: Partial<ModelRequest>): Promise<ModelFailure> => {
  const reply = await model.ask(request(over));
  assert.ok(reply.kind === 'failed', JSON.stringify(reply));
  return reply;
};
const ANSWER = { action: 'NOOP', instance: null };

for (const name of NAMES) {
  const [fake, model] = [fakes[name], models[name]];

  test(`${name}: an answer comes as it was written, with the tokens that it took`, async () => {
    fake.play({ text: ANSWER });
    const reply = await model.ask(request());
    assert.deepEqual(reply, { kind: 'text', text: JSON.stringify(ANSWER), tokens: { in: 900, out: 100 } });
    const sent = JSON.stringify(fake.seen[0]?.body);
    for (const word of ['Diagnose.', 'memory rose', '"enum":["RESTART","NOOP"]', '500'])
      assert.ok(sent.includes(word), `${word} in ${sent}`);
  });

  test(`${name}: 429 says how long to wait`, async () => {
    fake.play({ status: 429, words: 'slow down', retryAfterMs: 2_000 });
    const { why, retryAfterMs, words } = await failureOf(model);
    assert.deepEqual([why, retryAfterMs], ['rate_limited', 2_000]);
    assert.match(words, /^answered 429: slow down/);
    assert.equal(fake.seen.length, 1, 'the package does not try again by itself');
  });

  test(`${name}: 5xx, 4xx and a broken connection are told apart, each asked once`, async () => {
    for (const [step, why, words] of [
      [{ status: 503, words: 'overloaded' }, 'server_error', /answered 503: .*overloaded/],
      [{ status: 404, words: 'no such model' }, 'client_error', /answered 404: .*no such model/],
      [{ hangsUp: true }, 'network', /./],
    ] as const) {
      fake.reset();
      fake.play(step);
      const failure = await failureOf(model);
      assert.equal(failure.why, why);
      assert.match(failure.words, words);
      assert.equal(fake.seen.length, 1);
    }
  });

  test(`${name}: an answer that is cut off, empty, or not the protocol at all is unreadable`, async () => {
    for (const step of [
      { cutOff: '{"action":' },
      { text: '' },
      { raw: '<html>hello</html>' },
      { raw: '{}' },
    ]) {
      fake.reset();
      fake.play(step);
      assert.equal((await failureOf(model)).why, 'unreadable', JSON.stringify(step));
    }
  });

  test(`${name}: time that is up is a timeout, another abort is thrown as it is`, async () => {
    fake.play({ hangs: true });
    assert.equal((await failureOf(model, { signal: AbortSignal.timeout(50) })).why, 'timeout');
    const lost = new AbortController();
    const asked = model.ask(request({ signal: lost.signal }));
    setTimeout(() => lost.abort(new Error('the lease is lost')), 50);
    await assert.rejects(asked, /the lease is lost/);
    await assert.rejects(model.ask(request({ signal: lost.signal })), /the lease is lost/);
  });
}

test('gemini, openai: a refusal is one; a model on the own machine refuses in words', async () => {
  gemini.play({ refuses: true });
  openai.play({ refuses: true });
  const refused = await failureOf(models.gemini);
  assert.deepEqual(
    [refused.why, refused.words, refused.tokens.in],
    ['refused', 'the prompt was blocked: SAFETY', 900],
  );
  const other = await failureOf(models.openai);
  assert.equal(other.why, 'refused');
  assert.match(other.words, /cannot help/);
});

test('a wrong key is a 4xx that says so', async () => {
  const wrong = [
    makeGemini({ key: 'wrong', model: 'gemini-2.5-flash', url: gemini.url }),
    makeOpenAi({ key: 'wrong', model: 'gpt-4.1-mini', url: openai.url }),
    makeOllama({ host: ollama.url, model: 'unknown' }),
  ];
  for (const model of wrong) {
    const { why, words } = await failureOf(model);
    assert.equal(why, 'client_error');
    assert.match(words, /API key|not found/);
  }
});

test('openai: an account without money is no rate limit, since waiting does not help', async () => {
  openai.play({ status: 429, code: 'insufficient_quota', words: 'You exceeded your current quota' });
  assert.equal((await failureOf(models.openai)).why, 'client_error');
});

for (const name of ['gemini', 'openai'] as const)
  test(`${name}: it may look something up, is given the result, and then answers in the form`, async () => {
    const [fake, model] = [fakes[name], models[name]];
    fake.play({ calls: [{ name: 'promql', arguments: { query: 'up' } }] });
    const first = request({ tools: [look], mayCall: true });
    const asked = await model.ask(first);
    assert.ok(asked.kind === 'calls');
    assert.deepEqual(
      asked.calls.map((call) => [call.name, call.arguments]),
      [['promql', { query: 'up' }]],
    );
    fake.reset();
    fake.play(name === 'gemini' ? { calls: [{ name: 'answer', arguments: ANSWER }] } : { text: ANSWER });
    const results = asked.calls.map(({ id, name: tool }) => ({ id, name: tool, text: 'up is 1' }));
    const reply = await model.ask({
      ...first,
      mayCall: false,
      messages: [
        ...first.messages,
        { role: 'model', calls: asked.calls, turn: asked.turn },
        { role: 'results', results },
      ],
    });
    assert.ok(reply.kind === 'text', JSON.stringify(reply));
    assert.deepEqual(JSON.parse(reply.text), ANSWER);
    assert.match(JSON.stringify(fake.seen[0]?.body), /up is 1/);
  });

test('openai: arguments that are no JSON are none, and not an error of ours', async () => {
  openai.play({ calls: [{ name: 'promql', arguments: '{"query": "up' }] });
  const reply = await models.openai.ask(request({ tools: [look], mayCall: true }));
  assert.deepEqual(reply.kind === 'calls' && reply.calls[0]?.arguments, {});
});

test('ollama: the prompt has room, and the answer is bound to the schema', async () => {
  ollama.play({ text: ANSWER });
  await models.ollama.ask(request());
  const { format, options } = ollama.seen[0]?.body ?? {};
  assert.deepEqual([format, options.num_predict], [schema, 500]);
  assert.ok(options.num_ctx >= 16_000);
});

test('Retry-After in seconds, as a date, in ms, or unreadable', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const of = (headers: Record<string, string>) => retryAfterIn(new Headers(headers), now);
  assert.equal(of({ 'retry-after': '7' }), 7_000);
  assert.equal(of({ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }), 9_000);
  assert.equal(of({ 'retry-after': '7', 'retry-after-ms': '150' }), 150);
  assert.equal(of({ 'retry-after': 'soon' }), null);
  assert.equal(of({}), null);
});
