/** The OpenTelemetry Collector, with the committed configuration: all that differs comes by environment. */
import { join } from 'node:path';
import { ROOT, type StackContext, urlOf, webhookTokenFile } from './context.ts';
import { answers, type PartPlan } from './part.ts';

export function collectorPlan(context: StackContext, timing: { metricExpiration: string }): PartPlan {
  const port = (name: string) => String(context.ports.of(name));
  const tracesEndpoint = process.env.OTEL_TRACES_ENDPOINT;
  const configs = ['config.yaml', ...(tracesEndpoint ? ['traces.yaml'] : [])];
  return {
    name: 'otel-collector',
    address: urlOf(context, 'otlpHttp'),
    ports: ['otlpGrpc', 'otlpHttp', 'collectorMetrics', 'collectorTelemetry', 'collectorHealth'],
    command: [
      context.programs.otelcol,
      ...configs.map((file) => `--config=${join(ROOT, 'otel-collector', file)}`),
    ],
    cwd: context.dir,
    env: {
      OTELCOL_HOST: '127.0.0.1',
      OTELCOL_GRPC_PORT: port('otlpGrpc'),
      OTELCOL_HTTP_PORT: port('otlpHttp'),
      OTELCOL_PROMETHEUS_PORT: port('collectorMetrics'),
      OTELCOL_TELEMETRY_PORT: port('collectorTelemetry'),
      OTELCOL_HEALTH_PORT: port('collectorHealth'),
      RESPONDER_URL: urlOf(context, 'responder'),
      AEGIS_WEBHOOK_TOKEN_FILE: webhookTokenFile(context),
      METRIC_EXPIRATION: timing.metricExpiration,
      ...(tracesEndpoint ? { OTEL_TRACES_ENDPOINT: tracesEndpoint } : {}),
    },
    ready: () => answers(`${urlOf(context, 'collectorHealth')}/`),
  };
}
