/** OpenAI, and whoever speaks its chat completions (FastRouter and the like): the only file that knows its package. */
import OpenAI, { APIError } from 'openai';
import {
  failed,
  failedCall,
  failedStatus,
  type Message,
  type Model,
  type ModelReply,
  type ModelRequest,
  retryAfterIn,
  type Tokens,
} from './model.ts';

type ChatMessage = OpenAI.Chat.ChatCompletionMessageParam;

interface Options {
  key: string;
  model: string;
  /** By default OpenAI's; with its version, e.g. `https://host/v1`. */
  url?: string | undefined;
}

export function makeOpenAi({ key, model, url }: Options): Model {
  const client = new OpenAI({
    apiKey: key,
    // Nothing but our own settings decides where evidence goes, and under whose account.
    baseURL: url ?? 'https://api.openai.com/v1',
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: 'off',
  });
  return {
    provider: 'openai',
    name: model,
    canCall: true,
    async ask(request) {
      const { signal } = request;
      signal.throwIfAborted();
      try {
        const body = { model, messages: messagesOf(request), ...shapeOf(request, url !== undefined) };
        return replyOf(await client.chat.completions.create(body, { signal }));
      } catch (error) {
        if (!(error instanceof APIError) || error.status === undefined || signal.aborted)
          return failedCall(error, signal);
        const headers = error.headers as Headers | undefined;
        // No waiting brings money: a used-up account says 429 as well.
        const isBroke = error.code === 'insufficient_quota';
        return failedStatus(
          isBroke ? 402 : error.status,
          error.message.replace(/^\d{3} /, ''),
          retryAfterIn(headers),
        );
      }
    },
  };
}

function shapeOf({ schema, tools, mayCall, maxTokens }: ModelRequest, isElsewhere: boolean) {
  const functions = tools.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    function: { name, description, parameters },
  }));
  return {
    response_format: {
      type: 'json_schema' as const,
      json_schema: { name: 'diagnosis', strict: true, schema },
    },
    // OpenAI itself has another name for it by now, which the others may not know.
    ...(isElsewhere ? { max_tokens: maxTokens } : { max_completion_tokens: maxTokens }),
    ...(functions.length > 0
      ? { tools: functions, tool_choice: mayCall ? ('auto' as const) : ('none' as const) }
      : {}),
  };
}

function messagesOf({ system, messages }: ModelRequest): ChatMessage[] {
  return [{ role: 'system', content: system }, ...messages.flatMap(messageOf)];
}

function messageOf(message: Message): ChatMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  if (message.role === 'model') return [message.turn as ChatMessage];
  return message.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }));
}

function replyOf({ choices, usage }: OpenAI.Chat.ChatCompletion): ModelReply {
  const tokens: Tokens = { in: usage?.prompt_tokens ?? 0, out: usage?.completion_tokens ?? 0 };
  const choice = choices?.[0];
  if (!choice?.message) return failed('unreadable', 'it gave no choice', { tokens });
  const { message, finish_reason: ended } = choice;
  if (message.refusal) return failed('refused', `it refused: ${message.refusal}`, { tokens });
  if (ended === 'content_filter') return failed('refused', 'it ended with content_filter', { tokens });
  const asked = (message.tool_calls ?? []).filter((call) => call.type === 'function');
  if (asked.length > 0) {
    const calls = asked.map((call) => ({
      id: call.id,
      name: call.function.name,
      arguments: argumentsOf(call.function.arguments),
    }));
    return { kind: 'calls', calls, turn: message, tokens };
  }
  if (ended === 'length') return failed('unreadable', 'it was cut off at its limit of tokens', { tokens });
  return message.content
    ? { kind: 'text', text: message.content, tokens }
    : failed('unreadable', 'its answer is empty', { tokens });
}

/** They come as text, which the model wrote: may be anything. */
function argumentsOf(text: string): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null ? { ...given } : {};
  } catch {
    return {};
  }
}
