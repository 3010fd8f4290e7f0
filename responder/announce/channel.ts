/** A place where people are shown incidents. It makes the place look like the record, with as few calls as it can. */
import type { Remote, Told } from '../incident/outbox.ts';

export interface Channel {
  /** Column and label: grafana, slack, log. */
  name: string;
  /** For people: `Grafana at http://...`. */
  title: string;
  /**
   * @param remote what was kept from the last time
   * @param save keeps what the other side said; called before each call that must not be made twice, and after it.
   * Throws where somebody else delivers this by now, or we are stopping.
   */
  deliver(told: Told, remote: Remote, save: (remote: Remote) => Promise<void>): Promise<Delivered>;
}

export type Delivered =
  | { result: 'shown' }
  | {
      result: 'later';
      /** `channel`: nothing can be shown there now; `incident`: this one cannot, others may. */
      scope: 'channel' | 'incident';
      /** For the metric. */
      outcome: Failure;
      why: string;
      /** Not before this. */
      afterMs?: number;
    };

/** `refused`: the credentials or the message; a person has to do something. `lost`: whether it was done is not known. */
export type Failure = 'refused' | 'rate_limited' | 'down' | 'lost';

/** Nobody corrects credentials within seconds. */
const REFUSED_MS = 60_000;

/** What any call that was not done means for its channel. Kinds are those of `clients/sent.ts`. */
export function troubleOf(
  sent:
    | { kind: 'refused'; words: string }
    | { kind: 'limited'; afterMs: number; words: string }
    | { kind: 'down' | 'unknown'; words: string },
  { scope = 'channel' }: { scope?: 'channel' | 'incident' } = {},
): Delivered {
  const { words: why } = sent;
  switch (sent.kind) {
    case 'refused':
      return { result: 'later', scope, outcome: 'refused', why, afterMs: REFUSED_MS };
    case 'limited':
      return { result: 'later', scope: 'channel', outcome: 'rate_limited', why, afterMs: sent.afterMs };
    case 'down':
      return { result: 'later', scope: 'channel', outcome: 'down', why };
    case 'unknown':
      return { result: 'later', scope: 'channel', outcome: 'lost', why };
  }
}
