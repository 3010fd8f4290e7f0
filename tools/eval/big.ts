/** As much as an incident brings along at most: 200 lines of logs of many kinds, and 20 series of 240 points. */
import { type Bundle, parseBundle } from '../../responder/incident/bundle.ts';

const LINES = 200;
const SERIES = 20;
const POINTS = 240;
const END = Date.parse('2026-11-24T02:04:00Z');
const SAYS = [
  (i: number) => `GET /api/orders/${i * 7919} 200 in ${i % 90} ms`,
  (i: number) => `timeout after ${3_000 + i} ms waiting for a connection from the pool`,
  (i: number) => `order ${i} of customer c-${i * 31} accepted, total ${i % 400}.50 EUR`,
  (i: number) =>
    `java.lang.IllegalStateException: cart ${i} is closed\n\tat shop.Cart.add(Cart.java:${i % 300})\n\tat shop.Api.post(Api.java:88)`,
  (i: number) => `{"level":"warn","msg":"slow query","ms":${800 + i},"table":"orders"}`,
];

export function bigBundle(): Bundle {
  const logs = Array.from({ length: LINES }, (_, i) => ({
    timestamp: new Date(END - (LINES - i) * 2_000).toISOString(),
    severity: ['info', 'error', 'info', 'error', 'warn'][i % 5],
    message: SAYS[i % SAYS.length]?.(i) ?? '',
    service: 'shop',
  }));
  const signals = Array.from({ length: SERIES }, (_, n) => ({
    name: `signal_${n}_ratio`,
    unit: 'ratio',
    series: Array.from({ length: POINTS }, (_, i) => [
      END / 1000 - (POINTS - i) * 15,
      0.2 + ((i * (n + 3)) % 17) / 100 + (i > 200 ? n / 40 : 0),
    ]),
  }));
  const alert = { name: 'ShopSlow', target: 'shop', startsAt: new Date(END).toISOString() };
  return parseBundle(JSON.stringify({ version: 1, alert, logs, signals, changes: [] }));
}
