/**
 * The dashboards, and the files that Grafana reads: dashboards/*.json, made by `npm run dashboards` from what stands here.
 * To add a panel: write it into a row of aegisops.ts, record.ts, service-slo.ts, responder.ts or work.ts (docs/grafana.md).
 */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { aegisops } from './aegisops.ts';
import { responder } from './responder.ts';
import { serviceSlo } from './service-slo.ts';

/** By the name of the file, without its end. */
export const DASHBOARDS: Record<string, Dashboard> = {
  aegisops,
  'service-slo': serviceSlo,
  responder,
};

/** @returns what a file holds, to the letter */
export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
