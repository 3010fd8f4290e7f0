/** Speaks Ollama's `/api/chat` without streaming, as its documentation describes it, errors included. */
import { type Answer, type FakeModel, type Seen, startFake, wordsIn } from './server.ts';

export const OLLAMA_MODEL = 'small-one';

export function startOllama(): Promise<FakeModel> {
  return startFake({
    refusal,
    answer(step, { body }) {
      if ('status' in step) {
        const headers =
          step.retryAfterMs === undefined ? {} : { 'retry-after': String(step.retryAfterMs / 1000) };
        return { status: step.status, body: { error: step.words ?? 'something is wrong' }, headers };
      }
      // A model on one's own machine refuses in words, which are no answer of the form.
      const content =
        'text' in step ? wordsIn(step.text) : 'cutOff' in step ? step.cutOff : "I'm sorry, I can't do that.";
      return {
        status: 200,
        body: {
          ...{ model: body.model, created_at: '2026-01-01T00:00:00Z', done: true },
          message: { role: 'assistant', content },
          done_reason: 'cutOff' in step ? 'length' : 'stop',
          ...{ total_duration: 9, load_duration: 1, prompt_eval_duration: 3, eval_duration: 5 },
          ...{ prompt_eval_count: 900, eval_count: 100 },
        },
      };
    },
  });
}

function refusal({ path, body }: Seen): Answer | null {
  if (path !== '/api/chat') return { status: 404, body: { error: 'not found' } };
  if (body?.model !== OLLAMA_MODEL)
    return { status: 404, body: { error: `model '${body?.model}' not found` } };
  if (!Array.isArray(body.messages) || body.stream !== false)
    return { status: 400, body: { error: 'this stand-in does not stream' } };
  if (typeof body.format !== 'object') return { status: 400, body: { error: 'invalid format' } };
  return null;
}
