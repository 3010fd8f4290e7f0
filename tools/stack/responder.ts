/** The responder, as it runs in production, with the timings of the demo. */
import { databaseUrlOf, evidenceUrlOf, ROOT, type StackContext, urlOf } from './context.ts';
import { answers, type PartPlan } from './part.ts';

/** @param env settings that differ from the demo's. */
export function responderPlan(
  context: StackContext,
  script = 'responder/main.ts',
  env: Record<string, string> = {},
): PartPlan {
  const url = urlOf(context, 'responder');
  return {
    name: 'responder',
    address: url,
    ports: ['responder'],
    command: [process.execPath, '--import', './responder/telemetry.ts', script],
    cwd: ROOT,
    env: {
      NODE_NO_WARNINGS: '1',
      AEGIS_HOST: '127.0.0.1',
      AEGIS_PORT: String(context.ports.of('responder')),
      AEGIS_PUBLIC_URL: url,
      DATABASE_URL: databaseUrlOf(context, 'aegis'),
      AEGIS_EVIDENCE_DATABASE_URL: evidenceUrlOf(context),
      PROMETHEUS_URL: urlOf(context, 'prometheus'),
      ALERTMANAGER_URL: urlOf(context, 'alertmanager'),
      AEGIS_RUNTIME: 'process',
      AEGIS_INVENTORY_FILE: context.inventoryFile,
      AEGIS_WEBHOOK_TOKEN: context.tokens.webhook,
      AEGIS_API_TOKEN: context.tokens.api,
      AEGIS_AUTONOMY: 'suggest',
      AEGIS_VERIFY_TIMEOUT_SECONDS: '30',
      // Whoever looks around wants to break it again, and again.
      AEGIS_COOLDOWN_SECONDS: '20',
      AEGIS_FLAPPING_LIMIT: '100',
      AEGIS_DRAIN_SECONDS: '3',
      AEGIS_TAKE_BACK_SECONDS: '10',
      AEGIS_RECONCILE_SECONDS: '2',
      AEGIS_STILL_FIRING_SECONDS: '20',
      OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(context, 'otlpHttp'),
      OTEL_SERVICE_NAME: 'responder',
      ...env,
    },
    ready: () => answers(`${url}/ready`),
  };
}
