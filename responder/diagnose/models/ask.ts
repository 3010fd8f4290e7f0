/**
 * One model as a diagnoser: asked once by default, with at most a few look-ups between, all under one deadline. What it answers
 * is checked; whatever goes wrong falls through to the next diagnoser, with the reason and what was asked.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Model, ModelFailure, ModelReply, Tokens } from '../../clients/model.ts';
import { wordsOf } from '../../errors.ts';
import type { Asked, Why } from '../../incident/asked.ts';
import { allowedActions, type Option } from '../allowed.ts';
import type { Case, Hypothesis } from '../rules/hypothesis.ts';
import { MODEL_SCHEMA, readAnswer } from './answer.ts';
import type { Breaker } from './breaker.ts';
import type { Budget } from './budget.ts';
import type { Cache } from './cache.ts';
import { lookUp, type Sources, toolsFor } from './look-ups.ts';
import { PROMPT_VERSION, type Prompt, promptFor, textsIn } from './prompt.ts';

export interface ModelOptions {
  model: Model;
  authority: 'cloud' | 'local';
  breaker: Breaker;
  budget: Budget;
  cache: Cache;
  /** Null: it cannot look anything up. */
  sources: Sources | null;
  /** At most so many look-ups. */
  lookUps: number;
  /** Dollars per million tokens. */
  price: Tokens;
  maxTokens: number;
  /** Room for log lines in the prompt; 0: no word of a log goes to the model, in whatever way. */
  logChars: number;
  /** The deadline where the caller gives none, in ms. */
  timeoutMs: number;
  /** The rules' answer, and all their hypotheses, the surest first. */
  rules: (incident: Case) => Hypothesis;
  ranked: (incident: Case) => Hypothesis[];
  /** Kinds of words in a text that speak to the reader. */
  flagsIn: (text: string) => string[];
  onSpent: (provider: string, tokens: Tokens, usd: number) => void;
}
/** What the caller knows beyond the case. */
export interface Circumstances {
  incidentId: string;
  rules: Hypothesis;
  /** When the first alert began, ISO 8601. */
  startsAt: string;
  /** How long it may take, in ms. */
  ms: number;
}

/** Thrown by a model that gave no diagnosis. */
export class FellThrough extends Error {
  readonly why: Why;
  readonly asked: Asked;
  constructor(why: Why, reason: string, asked: Asked) {
    super(reason);
    this.why = why;
    this.asked = asked;
  }
}

const CHARS_PER_TOKEN = 4;
/** What an answer is guessed to take before it is there. */
const ANSWER_TOKENS = 1_000;
const ANSWER_CHARS = 4_000;
/** After a wait this must be left for the answer, in ms. */
const LEAST_MS = 1_000;
/** Whoever asks to be left alone for longer is asked again after this, in ms. */
const MOST_ALONE_MS = 3_600_000;
/** A failure that says something about the question, and nothing about the provider. */
const QUESTIONS_FAULT: ReadonlySet<Why> = new Set<Why>(['refused']);

/** One conversation: what it is about, and what is known of it so far. */
interface Talk {
  prompt: Prompt;
  incident: Case;
  incidentId: string;
  signal: AbortSignal;
  /** By `performance.now()`. */
  until: number;
  asked: Asked;
}

export function makeModelProvider(options: ModelOptions) {
  const { model, authority, cache, flagsIn } = options;
  return {
    name: model.provider,
    authority,
    /** Throws FellThrough, or the reason of `signal` where that was aborted for another reason than time. */
    async diagnose(incident: Case, signal: AbortSignal, given?: Circumstances) {
      const began = performance.now();
      const ms = given?.ms ?? options.timeoutMs;
      const rules = given?.rules ?? options.rules(incident);
      const allowed = allowedActions(incident, rules);
      const prompt = promptOf(options, incident, {
        rules,
        allowed,
        startsAt: given?.startsAt ?? startIn(incident),
      });
      const asked = nothingAsked(model, prompt, flagsOf(textsIn({ incident }), flagsIn));
      const talk: Talk = {
        ...{ prompt, incident, asked, until: began + ms },
        incidentId: given?.incidentId ?? incident.target,
        signal: AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.round(ms)))]),
      };
      const key = createHash('sha256')
        .update(JSON.stringify([model.provider, model.name, prompt.hash]))
        .digest('hex');
      const known = await cache.get(key);
      asked.cached = known !== null;
      const text = known ?? (await converse(options, talk).finally(() => noteTime(asked, began)));
      asked.answer = text.slice(0, ANSWER_CHARS);
      // What was looked up, and whether it spoke to the reader, is not kept with an answer: such a one is asked for again.
      if (known === null && asked.lookUps.length === 0) await cache.put(key, text);
      const isTrusted = authority === 'cloud' && asked.flags.length === 0;
      try {
        return { ...readAnswer(text, { incident, options: allowed, rules, isTrusted }), asked };
      } catch (error) {
        throw new FellThrough('bad_answer', wordsOf(error), asked);
      }
    },
  };
}

function noteTime(asked: Asked, began: number): void {
  asked.ms = Math.round(performance.now() - began);
}

interface Told {
  rules: Hypothesis;
  allowed: Option[];
  startsAt: string | null;
}
function promptOf(options: ModelOptions, incident: Case, { rules, allowed, startsAt }: Told): Prompt {
  const others = options.ranked(incident).filter(({ root_cause }) => root_cause !== rules.root_cause);
  return promptFor({
    ...{ incident, options: allowed, ranked: [rules, ...others.slice(0, 4)], startsAt },
    logChars: options.logChars,
    lookUps: mostLookUps(options),
  });
}

const mostLookUps = ({ model, sources, lookUps }: ModelOptions) => (model.canCall && sources ? lookUps : 0);

function startIn({ subject }: Case): string | null {
  const starts = (subject?.alerts ?? []).flatMap(({ startsAt }) => startsAt ?? []);
  return starts.toSorted()[0] ?? null;
}

function nothingAsked({ name }: Model, { hash }: Prompt, flags: string[]): Asked {
  return {
    ...{ model: name, promptVersion: PROMPT_VERSION, promptHash: hash, answer: null, cached: false },
    ...{ calls: 0, tokens: { in: 0, out: 0 }, usd: 0, ms: 0, lookUps: [], flags },
  };
}

function flagsOf(texts: string[], flagsIn: ModelOptions['flagsIn']): string[] {
  return [...new Set(texts.flatMap((text) => flagsIn(text)))];
}

/** To the text of an answer. */
async function converse(options: ModelOptions, talk: Talk): Promise<string> {
  const { asked, prompt } = talk;
  const messages: Message[] = [{ role: 'user', text: prompt.user }];
  let left = mostLookUps(options);
  for (;;) {
    const reply = await patientCall(options, talk, messages, left > 0);
    if (reply.kind === 'text') return reply.text;
    if (left === 0) throw new FellThrough('bad_answer', 'it wanted to look up more than it may', asked);
    const results = [];
    for (const call of reply.calls) {
      if (left > 0) results.push({ id: call.id, name: call.name, text: await looked(options, talk, call) });
      else results.push({ id: call.id, name: call.name, text: 'No look-up is left. Answer now.' });
      left = Math.max(0, left - 1);
    }
    messages.push({ role: 'model', calls: reply.calls, turn: reply.turn }, { role: 'results', results });
  }
}

/** @returns the result as the model is shown it. */
async function looked(
  options: ModelOptions,
  talk: Talk,
  call: Parameters<typeof lookUp>[2],
): Promise<string> {
  const { asked, prompt, incident, signal } = talk;
  const { sources, logChars } = options;
  const found = await lookUp(sources as Sources, incident.target, call, toolsFor(logChars > 0), signal).catch(
    (error) => {
      if (isTimeout(signal))
        throw new FellThrough('timeout', 'no time was left while it looked something up', asked);
      throw error;
    },
  );
  asked.lookUps.push(found);
  asked.flags = [...new Set([...asked.flags, ...options.flagsIn(found.result)])];
  return prompt.fence('RESULT', found.result);
}

const isTimeout = ({ reason }: AbortSignal) => reason instanceof Error && reason.name === 'TimeoutError';

/** A rate limit is waited out once, where the wait it asks for leaves time for an answer. */
async function patientCall(
  options: ModelOptions,
  talk: Talk,
  messages: Message[],
  mayCall: boolean,
): Promise<Exclude<ModelReply, ModelFailure>> {
  const first = await call(options, talk, messages, mayCall);
  if (first.kind !== 'failed') return first;
  const left = talk.until - performance.now();
  if (first.why !== 'rate_limited' || first.retryAfterMs === null) return giveUp(options, talk, first);
  if (first.retryAfterMs > left - LEAST_MS)
    return giveUp(options, talk, {
      ...first,
      words: `${first.words} (it asks to wait for ${first.retryAfterMs} ms, and ${Math.max(0, Math.round(left))} are left)`,
    });
  await sleep(first.retryAfterMs, undefined, { signal: talk.signal }).catch(() =>
    talk.signal.throwIfAborted(),
  );
  const second = await call(options, talk, messages, mayCall);
  return second.kind === 'failed' ? giveUp(options, talk, second) : second;
}

/** One call, through breaker and budget. */
async function call(
  options: ModelOptions,
  talk: Talk,
  messages: Message[],
  mayCall: boolean,
): Promise<ModelReply> {
  const { model, breaker, budget, maxTokens, price, logChars } = options;
  const { asked, prompt, incidentId, signal } = talk;
  const refusal = await breaker.refusal(model.provider);
  if (refusal) throw new FellThrough('breaker_open', refusal, asked);
  const guess = { in: guessed([prompt.system, messages]), out: ANSWER_TOKENS };
  const booked = await budget.book({
    ...{ incidentId, provider: model.provider },
    ...{ tokens: guess, usd: costOf(guess, price) },
  });
  if ('refusal' in booked) throw new FellThrough('budget', booked.refusal, asked);
  asked.calls += 1;
  const tools = mostLookUps(options) > 0 ? toolsFor(logChars > 0) : [];
  const reply = await model.ask({
    ...{ system: prompt.system, messages, schema: MODEL_SCHEMA, tools, mayCall, maxTokens, signal },
  });
  // Nobody tells what a call that was given up has cost: what was sent, at least.
  const isUntold = reply.kind === 'failed' && reply.why === 'timeout';
  const tokens = isUntold ? { in: guess.in, out: 0 } : reply.tokens;
  const usd = costOf(tokens, price);
  asked.tokens = { in: asked.tokens.in + tokens.in, out: asked.tokens.out + tokens.out };
  asked.usd += usd;
  options.onSpent(model.provider, tokens, usd);
  await budget.settle(booked.id, { tokens, usd });
  if (reply.kind !== 'failed') await breaker.succeeded(model.provider);
  return reply;
}

async function giveUp(
  { model, breaker }: ModelOptions,
  { asked }: Talk,
  failure: ModelFailure,
): Promise<never> {
  const { why, words, retryAfterMs } = failure;
  if (!QUESTIONS_FAULT.has(why))
    await breaker.failed(model.provider, Math.min(retryAfterMs ?? 0, MOST_ALONE_MS));
  throw new FellThrough(why, words, asked);
}

function guessed(parts: unknown): number {
  return Math.ceil(JSON.stringify(parts).length / CHARS_PER_TOKEN);
}

function costOf(tokens: Tokens, price: Tokens): number {
  return (tokens.in * price.in + tokens.out * price.out) / 1_000_000;
}
