/** One piece of news to every sink. Announcing can never fail the work. */
import { wordsOf } from '../errors.ts';
import type { Incident, Outcome } from '../incident/incident.ts';
import type { Stage, State } from '../incident/lifecycle.ts';

/** A stage of an incident has ended. */
export interface News {
  incident: Incident;
  stage: Stage;
  result: string;
  say: string;
  /** State the incident is in now. */
  state: State;
  /** Set once: when the incident closes. */
  outcome: Outcome | null;
  ms: number;
}
export interface Sink {
  name: string;
  tell: (news: News) => void | Promise<void>;
}
export type Announce = (news: News) => void;

export function makeAnnounce({
  sinks,
  onError,
}: {
  sinks: Sink[];
  onError: (words: string) => void;
}): Announce {
  return (news) => {
    for (const sink of sinks) void tell(sink, news, onError);
  };
}

async function tell(sink: Sink, news: News, onError: (words: string) => void): Promise<void> {
  try {
    await sink.tell(news);
  } catch (error) {
    onError(`announcing to ${sink.name}: ${wordsOf(error)}`);
  }
}
