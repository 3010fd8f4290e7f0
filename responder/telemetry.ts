/**
 * The responder's own telemetry. Loaded by `node --import ./responder/telemetry.ts`, before anything it instruments;
 * the hook is needed because our modules are ESM. Without OTEL_EXPORTER_OTLP_ENDPOINT nothing is exported.
 */
import { register } from 'node:module';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { NodeSDK } from '@opentelemetry/sdk-node';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const SHUTDOWN_MS = 1_000;
const exporting = Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
// The SDK reads OTEL_* by itself; these are the defaults that fit us.
process.env.OTEL_SERVICE_NAME ??= 'responder';
process.env.OTEL_EXPORTER_OTLP_PROTOCOL ??= 'http/protobuf';
process.env.OTEL_TRACES_EXPORTER ??= exporting ? 'otlp' : 'none';
process.env.OTEL_LOGS_EXPORTER ??= exporting ? 'otlp' : 'none';
process.env.OTEL_METRICS_EXPORTER ??= 'none'; // prom-client serves them on /metrics

const quiet = (path = '') => ['/health', '/ready', '/metrics'].includes(path);
const sdk = new NodeSDK({
  instrumentations: [
    // What is asked every few seconds, for no incident, is no trace.
    new HttpInstrumentation({
      ignoreIncomingRequestHook: ({ url }) => quiet(url),
      requireParentforOutgoingSpans: true,
    }),
    new ExpressInstrumentation(),
    new PgInstrumentation({ requireParentSpan: true }),
    new PinoInstrumentation(),
  ],
});
sdk.start();

/** Sends what waits, for at most a second. Called by main at the end; without `--import` it is never loaded. */
export async function stopTelemetry(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SHUTDOWN_MS);
  });
  await Promise.race([sdk.shutdown(), late]).finally(() => clearTimeout(timer));
}
