/** What the demo sees of the system: only what any user could ask for, by HTTP. */
import type { Stack } from '../stack/stack.ts';

/** An incident as `GET /api/incidents/:id` gives it, as far as the report needs it. */
export interface IncidentView {
  id: string;
  target: string;
  outcome: string | null;
  startsAt: string;
  closedAt: string | null;
  conclusion: string | null;
  lesson: string | null;
  alerts: { name: string; annotations: Record<string, string> }[];
  evidence: { id: string; reading: string }[];
  diagnosis: {
    root_cause: string;
    category: string;
    action: string;
    target: string;
    justification: string;
    confidence: number;
    citations: string[];
    provider: string;
  } | null;
  verdict: { decision: string; checks: { guard: string; allowed: boolean; reason: string }[] } | null;
  actions: { action: string; instance: string; state: string; detail: string; settledAt: string | null }[];
  recovery: { result: string; checks: { name: string; result: string; reading: string }[] } | null;
  timeline: TimelineEvent[];
}
export interface TimelineEvent {
  at: string;
  stage: string;
  kind: string;
  text: string;
  ms: number | null;
}

const TIMEOUT_MS = 5_000;

/** @throws Error naming the address and what it answered */
async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return (await response.json()) as T;
}

/** The newest incident, whole; null while there is none. */
export async function newestIncident(stack: Stack): Promise<IncidentView | null> {
  const base = `${stack.addresses.responder}/api/incidents`;
  const { incidents } = await getJson<{ incidents: { id: string }[] }>(`${base}?limit=1`);
  return incidents[0] ? oneIncident(stack, incidents[0].id) : null;
}

export function oneIncident(stack: Stack, id: string): Promise<IncidentView> {
  return getJson<IncidentView>(`${stack.addresses.responder}/api/incidents/${id}`);
}

/** Its evidence in the format that `npm run diagnose` takes. */
export function bundleOf(stack: Stack, id: string): Promise<object> {
  return getJson<object>(`${stack.addresses.responder}/api/incidents/${id}/bundle`);
}

/** Value of the first series of a PromQL query; null where there is none. */
export async function promql(stack: Stack, query: string): Promise<number | null> {
  const url = `${stack.addresses.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
  const { data } = await getJson<{ data: { result: { value: [number, string] }[] } }>(url);
  const value = data.result[0]?.value[1];
  return value === undefined ? null : Number(value);
}
