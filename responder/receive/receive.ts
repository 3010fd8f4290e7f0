/** HTTP body -> validated, correlated, stored alerts. What is answered with success is in the database. */
import { z } from 'zod';
import { AegisError, wordsOf } from '../errors.ts';
import type { Alert, Target } from '../incident/incident.ts';
import type { Rejected, Sighting, Stored } from '../incident/ingest.ts';
import { AlertBody, AlertmanagerEnvelope, parseAlert, reasonOf } from './alertmanager.ts';
import { makeBatch } from './batch.ts';
import { DirectBody, directAlert } from './direct.ts';
import { OtlpLogs } from './otlp-logs.ts';

export { parseOtlpLogs } from './otlp-logs.ts';

/** What is read, for the description of the API. Of a group each alert is read by itself, so that a bad one spoils no other. */
export const BODIES = {
  webhook: z
    .union([
      DirectBody.meta({ id: 'DirectBody' }),
      AlertmanagerEnvelope.extend({
        alerts: z.array(AlertBody.meta({ id: 'AlertmanagerAlert' })).max(10_000),
      }).meta({ id: 'AlertmanagerBody' }),
    ])
    .meta({ id: 'WebhookBody' }),
  logs: OtlpLogs.meta({ id: 'OtlpLogs' }),
};

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
type Written = Stored | { refused: string };

/** Throws AEGIS_BODY_UNREADABLE naming the field, AEGIS_OVERLOADED, AEGIS_DATABASE_DOWN: then nothing is stored. */
export function makeReceive({ store, inventory, correlate, onWatchdog, onAlert, traceparent }: Options) {
  const save = makeBatch<Item, Written>({ write: (items) => writeTolerantly(store, items) });

  return async (body: unknown): Promise<Received> => {
    const { kind, alerts, rejected } = parseBody(body);
    const targets = await inventory();
    if (alerts.some((alert) => isWatchdog(alert) && alert.status === 'firing')) await onWatchdog();
    const items: Item[] = [
      ...alerts
        .filter((alert) => !isWatchdog(alert))
        .map((alert) => ({
          sighting: { alert, target: correlate(alert, targets).target, traceparent: traceparent() },
        })),
      ...rejected.map((one) => ({ rejected: one })),
    ];
    const written = items.length > 0 ? await save(items) : [];
    const stored = written.filter(isStored);
    const refused = written.flatMap((one) => ('refused' in one ? [one.refused] : []));
    if (kind === 'direct' && refused[0])
      throw new AegisError('AEGIS_BODY_UNREADABLE', `body: ${refused[0]}`, { field: 'body' });
    for (const alert of alerts.filter(isWatchdog)) onAlert(alert.status);
    for (const [i, item] of items.entries())
      onAlert(isStored(written[i]) && 'sighting' in item ? item.sighting.alert.status : 'rejected');
    return { kind, stored, rejected: refused };
  };
}

const isWatchdog = (alert: Alert) => alert.name === 'Watchdog' && alert.source !== 'direct';

/**
 * Stores all; where the database is there but refuses, each by itself, so that one bad alert does not keep its whole group
 * from being stored: the refused one is kept as rejected.
 */
async function writeTolerantly(store: Options['store'], items: Item[]): Promise<Written[]> {
  try {
    return await writeAll(store, items);
  } catch (error) {
    if (error instanceof AegisError) throw error; // not now: the sender comes again
    if (items.length === 1) return [await reject(store, items[0] as Item, wordsOf(error))];
    const written: Written[] = [];
    for (const item of items) written.push(...(await writeTolerantly(store, [item])));
    return written;
  }
}

async function reject(store: Options['store'], item: Item, reason: string): Promise<Written> {
  const body = 'sighting' in item ? item.sighting.alert : item.rejected.body;
  await store([], [{ reason, body }]);
  return { refused: reason };
}

const isStored = (one: Written | undefined): one is Stored => one !== undefined && !('refused' in one);

async function writeAll(store: Options['store'], items: Item[]): Promise<Written[]> {
  const sightings = items.flatMap((item) => ('sighting' in item ? [item.sighting] : []));
  const rejected = items.flatMap((item) => ('rejected' in item ? [item.rejected] : []));
  const stored = await store(sightings, rejected);
  let next = 0;
  return items.map((item) =>
    'sighting' in item ? (stored[next++] as Stored) : { refused: item.rejected.reason },
  );
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
