/** Until a new process of the service answers its health endpoint. */
import { get } from 'node:http';

const EVERY_MS = 20;
const ANSWER_MS = 2_000;
/** A process that is busy answers late; it is not to be buried under questions. */
const MOST_UNDER_WAY = 8;

export interface NewProcess {
  /** Epoch ms of its first 200. */
  answeredAt: number;
  /** Epoch ms of its start, as it says. */
  startedAt: number;
}

export interface Watch {
  url: string;
  /** Epoch ms: whoever started earlier does not count. */
  since: number;
  limitMs: number;
}

/**
 * Asks every 20 ms, each time on a connection of its own, so that the old process' end breaks nothing but its own answers.
 * @throws Error where none has answered within the limit
 */
export function newProcess({ url, since, limitMs }: Watch): Promise<NewProcess> {
  let underWay = 0;
  let last = 'nothing';
  return new Promise((done, fail) => {
    const end = () => {
      clearInterval(poll);
      clearTimeout(timer);
    };
    const timer = setTimeout(() => {
      end();
      fail(new Error(`no new process answered ${url} within ${limitMs / 1000} s; last was ${last}`));
    }, limitMs);
    const poll = setInterval(async () => {
      if (underWay >= MOST_UNDER_WAY) return;
      underWay += 1;
      const answer = await ask(url);
      underWay -= 1;
      last = answer.words;
      if (answer.startedAt === null || answer.startedAt <= since) return;
      end();
      done({ answeredAt: answer.at, startedAt: answer.startedAt });
    }, EVERY_MS);
  });
}

interface Answer {
  /** Epoch ms. */
  at: number;
  words: string;
  /** Of a 200 that tells it. */
  startedAt: number | null;
}

function ask(url: string): Promise<Answer> {
  return new Promise((done) => {
    const failed = (words: string) => done({ at: Date.now(), words, startedAt: null });
    const request = get(url, { agent: false, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', (error) => failed(error.message));
      response.on('end', () => {
        const startedAt = response.statusCode === 200 ? startIn(text) : null;
        done({ at: Date.now(), words: `${response.statusCode}: ${text.slice(0, 200)}`, startedAt });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    request.on('error', (error) => failed(error.message));
  });
}

function startIn(text: string): number | null {
  try {
    const at = Date.parse((JSON.parse(text) as { startedAt: string }).startedAt);
    return Number.isNaN(at) ? null : at;
  } catch {
    return null; // no answer of ours
  }
}
