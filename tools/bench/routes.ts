/** Alertmanager's configuration for each side. Pure. */
import { parse, stringify } from 'yaml';

export interface WebhookRoute {
  /** The measured service, and the one alert of it that restarts it. */
  service: string;
  alertname: string;
  url: string;
}

interface Config {
  route: { routes?: Route[] };
  receivers: { name: string; webhook_configs?: object[] }[];
}
interface Route {
  matchers: string[];
  receiver: string;
}

/** As shipped has a receiver for people, which is empty: what goes there goes nowhere. */
const NOBODY = 'person';

/**
 * The shipped configuration, and in it one alert of one service going to `webhook` instead, with the same timings; its other
 * alerts go nowhere. As plain as that is built, and as good: a second alert (it is down while it starts), or the news that it is
 * over, would restart it once more.
 */
export function withWebhook(shipped: string, { service, alertname, url }: WebhookRoute): string {
  const config = parse(shipped) as Config;
  config.route.routes = [
    { matchers: [`service="${service}"`, `alertname="${alertname}"`], receiver: 'webhook' },
    { matchers: [`service="${service}"`], receiver: NOBODY },
    ...(config.route.routes ?? []),
  ];
  config.receivers.push({ name: 'webhook', webhook_configs: [{ url, send_resolved: false }] });
  return stringify(config);
}
