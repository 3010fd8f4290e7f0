/** Google's Gemini, by its own package: the only file that knows it. */
import {
  type Content,
  FunctionCallingMode,
  type FunctionDeclaration,
  type GenerateContentCandidate,
  type GenerateContentResponse,
  type GenerationConfig,
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  type Part,
} from '@google/generative-ai';
import {
  failed,
  failedCall,
  failedStatus,
  type JsonSchema,
  type Message,
  type Model,
  type ModelReply,
  type ModelRequest,
  NO_TOKENS,
  type Tokens,
  type ToolCall,
} from './model.ts';

/** Gemini takes either tools or a schema: beside tools the answer is one of them, of this name. */
const ANSWER = 'answer';
/** Reasons to end that are an answer, or a part of one. */
const ENDED = ['STOP', 'MAX_TOKENS', 'FINISH_REASON_UNSPECIFIED'];

interface Options {
  key: string;
  model: string;
  /** By default Google's. */
  url?: string | undefined;
}

export function makeGemini({ key, model, url }: Options): Model {
  const client = new GoogleGenerativeAI(key);
  return {
    provider: 'gemini',
    name: model,
    canCall: true,
    async ask(request) {
      const { signal, system } = request;
      signal.throwIfAborted();
      const base = { model, systemInstruction: system };
      const gemini = client.getGenerativeModel(base, { ...(url ? { baseUrl: url } : {}) });
      try {
        const body = { contents: request.messages.map(contentOf), ...shapeOf(request) };
        const { response } = await gemini.generateContent(body, { signal });
        return replyOf(response);
      } catch (error) {
        if (!(error instanceof GoogleGenerativeAIFetchError) || signal.aborted)
          return failedCall(error, signal);
        // The package's own words are the address and everything; what the server said comes after the status.
        const said = error.message.replace(/^.*?\[\d{3}[^\]]*\]\s*/s, '');
        return failedStatus(error.status ?? 500, said, retryDelayIn(error));
      }
    },
  };
}

function shapeOf({ schema, tools, mayCall, maxTokens }: ModelRequest) {
  const config: GenerationConfig = { maxOutputTokens: maxTokens, temperature: 0 };
  if (tools.length === 0) {
    const responseSchema = geminiSchema(schema) as unknown as NonNullable<GenerationConfig['responseSchema']>;
    return { generationConfig: { ...config, responseMimeType: 'application/json', responseSchema } };
  }
  const all = [...tools, { name: ANSWER, description: 'The diagnosis.', parameters: schema }];
  const functionDeclarations = all.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: geminiSchema(parameters) as unknown as NonNullable<FunctionDeclaration['parameters']>,
  }));
  const allowedFunctionNames = mayCall ? all.map(({ name }) => name) : [ANSWER];
  const functionCallingConfig = { mode: FunctionCallingMode.ANY, allowedFunctionNames };
  return {
    generationConfig: config,
    tools: [{ functionDeclarations }],
    toolConfig: { functionCallingConfig },
  };
}

function contentOf(message: Message): Content {
  if (message.role === 'user') return { role: 'user', parts: [{ text: message.text }] };
  if (message.role === 'model') return message.turn as Content;
  const parts = message.results.map(
    ({ name, text }): Part => ({ functionResponse: { name, response: { result: text } } }),
  );
  return { role: 'function', parts };
}

function replyOf(response: GenerateContentResponse): ModelReply {
  const tokens = tokensOf(response);
  const candidate = response.candidates?.[0];
  if (!candidate) {
    const reason = response.promptFeedback?.blockReason;
    return reason
      ? failed('refused', `the prompt was blocked: ${reason}`, { tokens })
      : failed('unreadable', 'it gave no candidate', { tokens });
  }
  const { finishReason = 'STOP' } = candidate;
  if (!ENDED.includes(finishReason)) return failed('refused', `it ended with ${finishReason}`, { tokens });
  const calls = callsOf(candidate);
  const answer = calls.find(({ name }) => name === ANSWER);
  if (answer) return { kind: 'text', text: JSON.stringify(answer.arguments), tokens };
  if (calls.length > 0) return { kind: 'calls', calls, turn: candidate.content, tokens };
  const text = (candidate.content?.parts ?? []).map((part) => part.text ?? '').join('');
  if (finishReason === 'MAX_TOKENS')
    return failed('unreadable', 'it was cut off at its limit of tokens', { tokens });
  return text ? { kind: 'text', text, tokens } : failed('unreadable', 'its answer is empty', { tokens });
}

function callsOf({ content }: GenerateContentCandidate): ToolCall[] {
  return (content?.parts ?? []).flatMap(({ functionCall }, i) =>
    functionCall ? [{ id: String(i), name: functionCall.name, arguments: { ...functionCall.args } }] : [],
  );
}

/** What it thought before it answered is billed like what it answered. */
function tokensOf({ usageMetadata: usage }: GenerateContentResponse): Tokens {
  if (!usage) return NO_TOKENS;
  const { promptTokenCount = 0, totalTokenCount = 0, candidatesTokenCount = 0 } = usage;
  return { in: promptTokenCount, out: Math.max(candidatesTokenCount, totalTokenCount - promptTokenCount) };
}

/** `google.rpc.RetryInfo` says it like "12s" or "0.5s". */
function retryDelayIn({ errorDetails }: GoogleGenerativeAIFetchError): number | null {
  for (const detail of errorDetails ?? []) {
    const match = /^([\d.]+)s$/.exec(String(detail.retryDelay ?? ''));
    if (match) return Number(match[1]) * 1000;
  }
  return null;
}

/** Gemini's dialect: no `additionalProperties`, `nullable` instead of a choice with null, enumerations named as such. */
function geminiSchema(schema: JsonSchema): JsonSchema {
  const { additionalProperties: _, anyOf, properties, items, ...rest } = schema;
  const choices = (anyOf as JsonSchema[] | undefined)?.filter(({ type }) => type !== 'null') ?? [];
  if (choices[0]) return { ...geminiSchema(choices[0]), ...rest, nullable: true };
  const inner = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
  return {
    ...rest,
    ...(rest.enum ? { format: 'enum' } : {}),
    ...(properties
      ? { properties: Object.fromEntries(inner.map(([name, one]) => [name, geminiSchema(one)])) }
      : {}),
    ...(items ? { items: geminiSchema(items as JsonSchema) } : {}),
  };
}
