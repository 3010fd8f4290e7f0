/** HTTP body -> validated, correlated, stored alerts. What is answered with success is in the database. */
import type { z } from 'zod';
import { AegisError } from '../errors.ts';
import type { Alert, Target } from '../incident/incident.ts';
import type { Rejected, Sighting, Stored } from '../incident/ingest.ts';
import { AlertmanagerEnvelope, parseAlert, reasonOf } from './alertmanager.ts';
import { makeBatch } from './batch.ts';
import { DirectBody, directAlert } from './direct.ts';

export interface Received {
  kind: 'alertmanager' | 'direct';
  stored: Stored[];
  rejected: string[];
}
interface Options {
  store: (sightings: Sighting[], rejected: Rejected[]) => Promise<Stored[]>;
  inventory: () => Promise<Target[]>;
  correlate: (alert: Alert, targets: Target[]) => { target: string };
  /** The Watchdog says only that the way from Prometheus to here works. */
  onWatchdog: () => Promise<void>;
  /** Told of every alert: `firing`, `resolved`, `rejected`. */
  onAlert: (status: string) => void;
  /** Traceparent of the request under way, where it is traced. */
  traceparent: () => string | null;
}
type Item = { sighting: Sighting } | { rejected: Rejected };

/** Throws AEGIS_BODY_UNREADABLE naming the field, AEGIS_OVERLOADED, AEGIS_DATABASE_DOWN: then nothing is stored. */
export function makeReceive({ store, inventory, correlate, onWatchdog, onAlert, traceparent }: Options) {
  const save = makeBatch<Item, Stored | null>({ write: (items) => writeAll(store, items) });

  return async (body: unknown): Promise<Received> => {
    const { kind, alerts, rejected } = parseBody(body);
    const targets = await inventory();
    if (alerts.some(isWatchdog)) await onWatchdog();
    const items: Item[] = [
      ...alerts
        .filter((alert) => !isWatchdog(alert))
        .map((alert) => ({
          sighting: { alert, target: correlate(alert, targets).target, traceparent: traceparent() },
        })),
      ...rejected.map((one) => ({ rejected: one })),
    ];
    const stored = items.length > 0 ? await save(items) : [];
    for (const alert of alerts) onAlert(alert.status);
    for (const _ of rejected) onAlert('rejected');
    return {
      kind,
      stored: stored.filter((one) => one !== null),
      rejected: rejected.map((one) => one.reason),
    };
  };
}

const isWatchdog = (alert: Alert) => alert.name === 'Watchdog';

async function writeAll(store: Options['store'], items: Item[]): Promise<(Stored | null)[]> {
  const sightings = items.flatMap((item) => ('sighting' in item ? [item.sighting] : []));
  const rejected = items.flatMap((item) => ('rejected' in item ? [item.rejected] : []));
  const stored = await store(sightings, rejected);
  let next = 0;
  return items.map((item) => ('sighting' in item ? (stored[next++] ?? null) : null));
}

interface Parsed {
  kind: Received['kind'];
  alerts: Alert[];
  rejected: Rejected[];
}

/** A body is Alertmanager's if it has `alerts`, else the direct one. One bad alert does not spoil the others. */
export function parseBody(body: unknown): Parsed {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AegisError('AEGIS_BODY_UNREADABLE', 'body: expected a JSON object', { field: 'body' });
  if (!('alerts' in body)) {
    const direct = DirectBody.safeParse(body);
    if (!direct.success) throw unreadable(direct.error);
    return { kind: 'direct', alerts: [directAlert(direct.data)], rejected: [] };
  }
  const envelope = AlertmanagerEnvelope.safeParse(body);
  if (!envelope.success) throw unreadable(envelope.error);
  const alerts: Alert[] = [];
  const rejected: Rejected[] = [];
  for (const one of envelope.data.alerts) {
    const alert = parseAlert(one, envelope.data);
    if ('rejected' in alert) rejected.push({ reason: alert.rejected, body: one });
    else alerts.push(alert);
  }
  return { kind: 'alertmanager', alerts, rejected };
}

function unreadable(error: z.ZodError): AegisError {
  const field = error.issues[0]?.path.join('.') || 'body';
  return new AegisError('AEGIS_BODY_UNREADABLE', reasonOf(error), { field, cause: error });
}
