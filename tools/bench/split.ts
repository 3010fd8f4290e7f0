/** Where the time between a breach and the new process' first answer went. Pure. */

/** An event of the engine about the measured container, as `docker events --format '{{json .}}'` tells it. */
export interface EngineEvent {
  action: string;
  /** Epoch ms, with fractions. */
  at: number;
}

/** Each in ms, from the end of the one before it; together they are the whole time. */
export interface Split {
  /** From the breach until Prometheus' rule saw it: a scrape and an evaluation. */
  detected: number;
  /** Until the engine sent the stop signal: Alertmanager, and whatever comes between it and the call. */
  called: number;
  /** Until the old process was gone, within the grace time. */
  ended: number;
  /** Until the engine had started the new one. */
  started: number;
  /** Until that answered. */
  answered: number;
}
export const PARTS = ['detected', 'called', 'ended', 'started', 'answered'] as const;

export interface Seen {
  /** Epoch ms. */
  breach: number;
  /** Epoch ms of the first evaluation after the breach in which the alert fired. */
  firing: number;
  events: EngineEvent[];
  answeredAt: number;
}

/** Lines of the engine's events; other lines are passed over. */
export function eventsIn(output: string): EngineEvent[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { Action = '', timeNano = 0 } = JSON.parse(line) as { Action?: string; timeNano?: number };
    return [{ action: Action, at: timeNano / 1e6 }];
  });
}

/** @throws Error where the container was not restarted exactly once, on purpose: then it is no measurement */
export function splitOf({ breach, firing, events, answeredAt }: Seen): Split {
  const told = events
    .map(({ action }) => action)
    .filter((action) => /^(kill|oom|die|start|restart)$/.test(action));
  const of = (action: string) => events.filter((event) => event.action === action);
  const [call, end, start] = [of('kill')[0], of('die')[0], of('start')[0]];
  const once = ['die', 'start', 'restart'].every((action) => of(action).length === 1);
  if (!call || !end || !start || !once || of('oom').length > 0)
    throw new Error(`the container was not plainly restarted: the engine tells of ${told.join(', ')}`);
  return {
    detected: firing - breach,
    called: call.at - firing,
    ended: end.at - call.at,
    started: start.at - end.at,
    answered: answeredAt - start.at,
  };
}
