/** Speaks OpenAI's chat completions as its reference describes them, errors included. */
import { type Answer, type Body, type FakeModel, type Seen, startFake, wordsIn } from './server.ts';

export const OPENAI_KEY = 'an-openai-key-of-some-length';
const USAGE = { prompt_tokens: 900, completion_tokens: 100, total_tokens: 1000 };
const TYPE: Record<number, string> = { 401: 'invalid_request_error', 429: 'requests', 500: 'server_error' };

/** `url` is with the version, as OPENAI_BASE_URL has it. */
export async function startOpenAi(): Promise<FakeModel> {
  const fake = await startFake({
    refusal,
    answer(step, { body }) {
      if ('status' in step) return errorOf(step.status, step.words ?? 'something is wrong', step);
      const calls =
        'calls' in step &&
        step.calls.map(({ name, arguments: args }, i) => ({
          ...{ id: `call_${i}`, type: 'function' },
          function: { name, arguments: wordsIn(args) },
        }));
      const refusalText = 'refuses' in step ? "I'm sorry, I cannot help with that." : null;
      const content = 'text' in step ? wordsIn(step.text) : 'cutOff' in step ? step.cutOff : null;
      const message = {
        ...{ role: 'assistant', content, refusal: refusalText },
        ...(calls ? { tool_calls: calls } : {}),
      };
      const finish_reason = calls ? 'tool_calls' : 'cutOff' in step ? 'length' : 'stop';
      const choices = [{ index: 0, message, finish_reason, logprobs: null }];
      const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: body.model };
      return { status: 200, body: { ...head, choices, usage: USAGE } };
    },
  });
  return { ...fake, url: `${fake.url}/v1` };
}

function refusal({ path, headers, body }: Seen): Answer | null {
  if (path !== '/v1/chat/completions') return errorOf(404, `Unknown request URL: POST ${path}`);
  if (headers.authorization !== `Bearer ${OPENAI_KEY}`)
    return errorOf(401, 'Incorrect API key provided', { code: 'invalid_api_key' });
  const { model, messages, response_format: format, tools = [] } = body ?? {};
  if (!model || !Array.isArray(messages)) return errorOf(400, "you must provide a model and 'messages'");
  if (format?.type !== 'json_schema' || !isStrict(format.json_schema.schema))
    return errorOf(
      400,
      "Invalid schema for response_format: 'additionalProperties' and 'required' must be supplied",
    );
  if (tools.some((tool: Body) => tool.type !== 'function' || !tool.function?.name))
    return errorOf(400, "Missing required parameter: 'tools[0].function.name'");
  const known = new Set(messages.flatMap((m: Body) => (m.tool_calls ?? []).map((call: Body) => call.id)));
  if (messages.some((m: Body) => m.role === 'tool' && !known.has(m.tool_call_id)))
    return errorOf(
      400,
      "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    );
  return null;
}

/** As `strict: true` wants it. */
function isStrict(schema: Body): boolean {
  if (schema?.type !== 'object') return true;
  const names = Object.keys(schema.properties);
  return (
    schema.additionalProperties === false &&
    names.every((name) => schema.required?.includes(name)) &&
    names.every((name) => isStrict(schema.properties[name]))
  );
}

function errorOf(
  status: number,
  message: string,
  { retryAfterMs, code = null }: { retryAfterMs?: number | undefined; code?: string | null | undefined } = {},
): Answer {
  const headers =
    retryAfterMs === undefined
      ? {}
      : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) };
  const error = { message, type: TYPE[status] ?? 'invalid_request_error', param: null, code };
  return { status, body: { error }, headers };
}
