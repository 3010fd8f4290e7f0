/** Speaks Gemini's `generateContent` as its reference describes it, errors included. */
import { type Answer, type FakeModel, type Seen, startFake, wordsIn } from './server.ts';

export const GEMINI_KEY = 'a-gemini-key-of-some-length';
const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};
const USAGE = {
  promptTokenCount: 900,
  candidatesTokenCount: 80,
  thoughtsTokenCount: 20,
  totalTokenCount: 1000,
};

export function startGemini(): Promise<FakeModel> {
  return startFake({
    refusal,
    answer(step) {
      if ('status' in step)
        return errorOf(step.status, step.words ?? 'something is wrong', step.retryAfterMs);
      if ('refuses' in step)
        return { status: 200, body: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: USAGE } };
      const parts =
        'calls' in step
          ? step.calls.map(({ name, arguments: args }) => ({
              functionCall: { name, args },
              thoughtSignature: 's1',
            }))
          : [{ text: wordsIn('text' in step ? step.text : step.cutOff) }];
      const finishReason = 'cutOff' in step ? 'MAX_TOKENS' : 'STOP';
      const candidate = { index: 0, content: { role: 'model', parts }, finishReason };
      return { status: 200, body: { candidates: [candidate], usageMetadata: USAGE, modelVersion: 'fake' } };
    },
  });
}

function refusal({ path, headers, body }: Seen): Answer | null {
  const model = /^\/v1beta\/models\/([\w.-]+):generateContent$/.exec(path)?.[1];
  if (!model) return errorOf(404, `no such method: ${path}`);
  if (headers['x-goog-api-key'] !== GEMINI_KEY)
    return errorOf(400, 'API key not valid. Please pass a valid API key.');
  const { contents, generationConfig = {}, tools, toolConfig } = body ?? {};
  if (!Array.isArray(contents) || contents.some(({ parts }) => !Array.isArray(parts)))
    return errorOf(400, 'contents are required');
  if (tools && generationConfig.responseMimeType)
    return errorOf(400, "Function calling with a response mime type: 'application/json' is unsupported");
  const allowed: string[] = toolConfig?.functionCallingConfig?.allowedFunctionNames ?? [];
  const declared = (tools ?? []).flatMap((tool: Seen['body']) =>
    tool.functionDeclarations.map((f: Seen['body']) => f.name),
  );
  if (allowed.some((name) => !declared.includes(name)))
    return errorOf(400, 'a function that is not declared');
  if (JSON.stringify([generationConfig, tools]).includes('additionalProperties'))
    return errorOf(400, 'Unknown name "additionalProperties": Cannot find field.');
  // Each result has to follow the turn that called for it, as it came.
  for (const [i, { role, parts }] of contents.entries()) {
    if (role !== 'function') continue;
    const before = contents[i - 1]?.parts.filter((part: Seen['body']) => part.functionCall) ?? [];
    if (before.length !== parts.length)
      return errorOf(400, 'the number of function response parts must equal that of the calls');
    if (before.some((part: Seen['body']) => !part.thoughtSignature))
      return errorOf(400, 'a thought signature is missing');
  }
  return null;
}

function errorOf(code: number, message: string, retryAfterMs?: number): Answer {
  const retry = {
    '@type': 'type.googleapis.com/google.rpc.RetryInfo',
    retryDelay: `${(retryAfterMs ?? 0) / 1000}s`,
  };
  const details = retryAfterMs === undefined ? {} : { details: [retry] };
  return { status: code, body: { error: { code, message, status: STATUS[code] ?? 'UNKNOWN', ...details } } };
}
