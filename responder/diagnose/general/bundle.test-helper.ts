/** Cases as an outside bundle gives them, in few words: minutes before the alert, and values. */
import { parseBundle } from '../../incident/bundle.ts';
import { caseOf } from '../from-bundle.ts';
import type { Case } from '../rules/hypothesis.ts';

/** Everything is told against this moment, when the alert fires. */
const ALERT_AT = Date.parse('2026-11-24T02:04:00Z');

/** ISO time so many minutes before the alert. */
export function ago(minutes: number): string {
  return new Date(ALERT_AT - minutes * 60_000).toISOString();
}

/** One value a minute, the last at the alert. */
export function signal(name: string, values: number[], more: { unit?: string; baseline?: number } = {}) {
  const start = ALERT_AT / 1000 - 60 * (values.length - 1);
  return { name, unit: 'ratio', series: values.map((value, i) => [start + 60 * i, value]), ...more };
}
export const times = (count: number, value: number) => Array.from({ length: count }, () => value);

/** Lines of one message, one a minute, the last so many minutes before the alert. */
export function lines(
  message: string,
  count: number,
  { last = 0, severity = 'error', service = 'shop' } = {},
) {
  return Array.from({ length: count }, (_, i) => ({
    ...{ timestamp: ago(last + count - 1 - i), severity, message, service },
  }));
}
export function change(minutes: number, more: object = {}) {
  return { timestamp: ago(minutes), kind: 'deploy', target: 'shop', from: '1.0', to: '1.1', ...more };
}

export function bundleCase(sections: object, target = 'shop'): Case {
  const alert = { name: 'ShopBad', severity: 'critical', target, startsAt: ago(0), summary: '' };
  return caseOf(parseBundle(JSON.stringify({ version: 1, alert, ...sections })));
}
