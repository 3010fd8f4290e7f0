/** What the bench asks of the running system: only what any user could ask for, by HTTP. */
import { type Addresses, type Project, SERVICE } from './project.ts';

const TIMEOUT_MS = 5_000;

/** An incident as `GET /api/incidents/:id` gives it, as far as the bench needs it. */
export interface Incident {
  id: string;
  outcome: string | null;
  closedAt: string | null;
  conclusion: string | null;
  actions: { action: string; instance: string; state: string }[];
  timeline: { stage: string; kind: string; ms: number | null }[];
}

export interface Asked {
  /** Newest first. */
  incidentIds(): Promise<string[]>;
  incident(id: string): Promise<Incident>;
  /** Value of the first series of a PromQL expression; null where there is none. */
  value(expression: string): Promise<number | null>;
  /** Epoch ms of all samples of the first series that a range selector finds. */
  sampleTimes(selector: string): Promise<number[]>;
  /** Epoch ms of the start of the service's process. */
  processStart(): Promise<number>;
  trigger(fault: string): Promise<void>;
  /** Alertmanager reads its configuration again. */
  reload(): Promise<void>;
}

export function makeAsked(at: Addresses, { readToken }: Pick<Project, 'readToken'>): Asked {
  const api = <T>(path: string) =>
    send<T>(`${at.responder}/api${path}`, { headers: { authorization: `Bearer ${readToken}` } });
  const query = async (expression: string) => {
    const url = `${at.prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const { data } = await send<{ data: { result: Series[] } }>(url);
    return data.result[0];
  };
  return {
    async incidentIds() {
      const { incidents } = await api<{ incidents: { id: string }[] }>(
        `/incidents?limit=200&target=${SERVICE}`,
      );
      return incidents.map(({ id }) => id);
    },
    incident: (id) => api<Incident>(`/incidents/${id}`),
    async value(expression) {
      const value = (await query(expression))?.value?.[1];
      return value === undefined ? null : Number(value);
    },
    async sampleTimes(selector) {
      return ((await query(selector))?.values ?? []).map(([seconds]) => seconds * 1000);
    },
    async processStart() {
      const { startedAt } = await send<{ startedAt: string }>(`${at[SERVICE]}/health`);
      return Date.parse(startedAt);
    },
    trigger: (fault) => send(`${at[SERVICE]}/trigger_${fault}`, { method: 'POST' }),
    async reload() {
      await send(`${at.alertmanager}/-/reload`, { method: 'POST' });
    },
  };
}

interface Series {
  value?: [number, string];
  values?: [number, string][];
}

/** @throws Error naming the address and what it answered */
async function send<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
