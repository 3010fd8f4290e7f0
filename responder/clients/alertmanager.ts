/** Alertmanager's HTTP API (v2), as far as reconciliation and the guards need it. */
import { z } from 'zod';
import { AegisError } from '../errors.ts';
import { askJson } from './http.ts';

/** Not just any text: one that is no time would be no alert that we know, and no age of which it can be said to be too young. */
const time = z.iso.datetime({ offset: true });
const Alerts = z.array(
  z.object({ fingerprint: z.string(), startsAt: time, status: z.object({ state: z.string() }) }),
);
const Matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
const Silences = z.array(
  z.object({
    matchers: z.array(Matcher),
    createdBy: z.string(),
    comment: z.string(),
    endsAt: z.string(),
    status: z.object({ state: z.string() }),
  }),
);
const Status = z.object({ uptime: time });

export interface KnownAlert {
  fingerprint: string;
  startsAt: string;
  /** False where it is silenced or inhibited. */
  active: boolean;
}
export interface ActiveSilence {
  by: string;
  comment: string;
  endsAt: string;
  matchers: z.infer<typeof Matcher>[];
}

/** Each throws AEGIS_UPSTREAM when Alertmanager cannot be read. */
export interface Alertmanager {
  /** Every alert that it holds as firing, suppressed ones too. */
  alerts(): Promise<KnownAlert[]>;
  silences(): Promise<ActiveSilence[]>;
  /** When it was started: before Prometheus has sent everything again, it knows less than there is. */
  startedAt(): Promise<Date>;
}

export function makeAlertmanager({
  url,
  timeoutMs = 2_000,
}: {
  url: string;
  timeoutMs?: number;
}): Alertmanager {
  async function get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    const body = await askJson({ system: 'Alertmanager', url: `${url}/api/v2/${path}`, timeoutMs });
    const parsed = shape.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new AegisError('AEGIS_UPSTREAM', `Alertmanager gave an answer of another form to ${path}`);
  }
  return {
    async alerts() {
      const alerts = await get('alerts', Alerts);
      return alerts.map(({ fingerprint, startsAt, status }) => ({
        ...{ fingerprint, startsAt },
        active: status.state === 'active',
      }));
    },
    async silences() {
      const silences = await get('silences', Silences);
      return silences
        .filter(({ status }) => status.state === 'active')
        .map(({ matchers, createdBy, comment, endsAt }) => ({ by: createdBy, comment, endsAt, matchers }));
    },
    startedAt: async () => new Date((await get('status', Status)).uptime),
  };
}
