/** A model on one's own machine, by Ollama: the only file that knows its package. */
import { type ChatResponse, Ollama } from 'ollama';
import {
  failed,
  failedCall,
  failedStatus,
  type Model,
  type ModelFailure,
  type ModelReply,
  type ModelRequest,
  retryAfterIn,
} from './model.ts';

/** Ollama's own default cuts a long prompt off without a word. */
const CONTEXT_TOKENS = 16_384;

interface Options {
  /** As `OLLAMA_HOST`: a URL, or host:port. */
  host: string;
  model: string;
}

export function makeOllama({ host, model }: Options): Model {
  return {
    provider: 'ollama',
    name: model,
    // An answer bound to a schema is made token by token and has no room for calls.
    canCall: false,
    async ask(request) {
      const { signal } = request;
      signal.throwIfAborted();
      const client = new Ollama({ host, fetch: fetchUnder(signal) });
      try {
        return replyOf(await client.chat(bodyOf(model, request)));
      } catch (error) {
        return error instanceof Answered && !signal.aborted ? error.failure : failedCall(error, signal);
      }
    },
  };
}

function bodyOf(model: string, { system, messages, schema, maxTokens }: ModelRequest) {
  const said = messages.flatMap((message) =>
    message.role === 'user' ? [{ role: 'user', content: message.text }] : [],
  );
  return {
    model,
    messages: [{ role: 'system', content: system }, ...said],
    format: schema,
    stream: false as const,
    think: false,
    options: { temperature: 0, seed: 1, num_ctx: CONTEXT_TOKENS, num_predict: maxTokens },
  };
}

/** A status that is no answer: taken before the package sees it, which would write to the console. */
class Answered extends Error {
  readonly failure: ModelFailure;
  constructor(failure: ModelFailure) {
    super(failure.words);
    this.failure = failure;
  }
}

/** The package takes no signal for what is not streamed. */
function fetchUnder(signal: AbortSignal): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, signal });
    if (response.ok) return response;
    const words = errorIn(await response.text());
    throw new Answered(failedStatus(response.status, words, retryAfterIn(response.headers)));
  };
}

function errorIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}

function replyOf({ message, done_reason, prompt_eval_count = 0, eval_count = 0 }: ChatResponse): ModelReply {
  const tokens = { in: prompt_eval_count, out: eval_count };
  if (done_reason === 'length')
    return failed('unreadable', 'it was cut off at its limit of tokens', { tokens });
  return message?.content
    ? { kind: 'text', text: message.content, tokens }
    : failed('unreadable', 'its answer is empty', { tokens });
}
