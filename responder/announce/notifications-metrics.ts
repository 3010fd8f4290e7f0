/** What became of what people are shown, and what waits for it. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { wordsOf } from '../errors.ts';
import type { Failure } from './channel.ts';

interface Options {
  registry: Registry;
  /** Channels that there are; no other becomes a label. */
  channels: string[];
  /** Read at every scrape, so that all replicas agree. */
  waiting: () => Promise<{ channel: string; count: number }[]>;
  onError: (words: string) => void;
}
export type CountNotification = (channel: string, outcome: 'delivered' | Failure) => void;

const OUTCOMES = ['delivered', 'refused', 'rate_limited', 'down', 'lost'] as const;

export function makeNotificationMetrics({
  registry,
  channels,
  waiting,
  onError,
}: Options): CountNotification {
  const counter = new Counter({
    name: 'aegis_notifications_total',
    help: 'Deliveries to where people look, by what became of them; whatever was not delivered is tried again.',
    labelNames: ['channel', 'outcome'],
    registers: [registry],
  });
  // From 0 on, so that the first failure is an increase.
  for (const channel of channels) for (const outcome of OUTCOMES) counter.inc({ channel, outcome }, 0);
  new Gauge({
    name: 'aegis_outbox_waiting',
    help: 'Incidents that a channel does not show as they are now.',
    labelNames: ['channel'],
    registers: [registry],
    async collect() {
      const rows = await waiting().catch((error) => {
        onError(`metrics: ${wordsOf(error)}`);
        return null;
      });
      this.reset();
      if (!rows) return;
      for (const channel of channels)
        this.set({ channel }, rows.find((row) => row.channel === channel)?.count ?? 0);
    },
  });
  return (channel, outcome) => counter.inc({ channel, outcome });
}
