/**
 * OpenTelemetry of the shop. Loaded before everything else by `node --import ./target-app/telemetry.ts`, because only
 * modules that are imported after the hook is registered can be instrumented.
 */
import { register } from 'node:module';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { HostMetrics } from '@opentelemetry/host-metrics';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { KoaInstrumentation } from '@opentelemetry/instrumentation-koa';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationType,
  type IMetricReader,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK, resources, tracing } from '@opentelemetry/sdk-node';
import { type Config, readAppConfig } from './config.ts';
import { makeExportWatch } from './export-watch.ts';
import { REPLACED } from './usage-metrics.ts';

/** Requests that watch the shop rather than use it: no spans, and no share in its latency. */
const WATCHERS = /^\/(health|metrics|faro\/[^?]*)(\?|$)/;
/** One push takes at most this long, in ms; a Collector that hangs holds up nothing but its own queue. */
const PUSH_TIMEOUT_MS = 2_000;
/** Log records wait at most this long, in ms: they are evidence, and the process may be killed any moment. */
const LOG_BATCH_MS = 200;
const SPAN_BATCH_MS = 1_000;
/**
 * Buckets in seconds: those of the semantic conventions and a few between, because a good request takes a little more
 * than 100 ms and one that waits for the database a little more than 5 s, and a percentile is only as fine as its bucket.
 */
const REQUEST_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1, 2.5, 5, 5.5, 7.5, 10,
];
const OPERATION_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4, 5, 5.5, 10];

const config = await readAppConfig();
const watch = makeExportWatch();
const scrape = new PrometheusExporter({
  host: config.host,
  port: config.metricsPort,
  preventServerStart: true,
  withoutScopeInfo: true,
});
const sdk = makeSdk(config);
sdk.start();
new HostMetrics({ metricGroups: ['process.cpu', 'process.memory'] }).start();

/** Calls back when pushing to the Collector starts to fail (with the words of it) and when it works again (null). */
export const onExportChange = watch.onChange;

/** Serves `/metrics` on METRICS_PORT; rejects with the error of `listen`. */
export const startScrapeServer = () => scrape.startServer();

/** Sends what is left and closes; the caller bounds the time. */
export const shutdownTelemetry = () => sdk.shutdown();

function makeSdk({ otlpEndpoint, service, version, instance, metricIntervalMs }: Config): NodeSDK {
  const push = otlpEndpoint === undefined ? noPush() : pushTo(otlpEndpoint, metricIntervalMs);
  return new NodeSDK({
    resource: resources.resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'service.instance.id': instance,
    }),
    resourceDetectors: [resources.envDetector, resources.processDetector, resources.hostDetector],
    metricReaders: [scrape, ...push.metricReaders],
    spanProcessors: push.spanProcessors,
    logRecordProcessors: push.logRecordProcessors,
    views: [
      ...REPLACED.map((instrument) => ({
        ...instrument,
        aggregation: { type: AggregationType.DROP } as const,
      })),
      buckets('http.server.request.duration', REQUEST_SECONDS),
      buckets('db.client.operation.duration', OPERATION_SECONDS),
    ],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => WATCHERS.test(request.url ?? ''),
        // The shop calls nobody by HTTP; only the pushes of its own telemetry would be counted.
        disableOutgoingRequestInstrumentation: true,
      }),
      new KoaInstrumentation(),
      new PgInstrumentation({ requireParentSpan: true }),
      new PinoInstrumentation(),
      new RuntimeNodeInstrumentation(),
    ],
  });
}

function buckets(instrumentName: string, boundaries: number[]): ViewOptions {
  return {
    instrumentName,
    aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries } },
  };
}

function noPush() {
  return { metricReaders: [], spanProcessors: [], logRecordProcessors: [] };
}

function pushTo(endpoint: string, metricIntervalMs: number) {
  const to = (signal: string) => ({ url: `${endpoint}/v1/${signal}`, timeoutMillis: PUSH_TIMEOUT_MS });
  const traces = new OTLPTraceExporter(to('traces'));
  const metrics = new OTLPMetricExporter(to('metrics'));
  const logs = new OTLPLogExporter(to('logs'));
  watch.watch('traces', traces);
  watch.watch('metrics', metrics);
  watch.watch('logs', logs);
  const reader: IMetricReader = new PeriodicExportingMetricReader({
    exporter: metrics,
    exportIntervalMillis: metricIntervalMs,
    exportTimeoutMillis: Math.min(metricIntervalMs, PUSH_TIMEOUT_MS),
  });
  return {
    metricReaders: [reader],
    spanProcessors: [new tracing.BatchSpanProcessor(traces, { scheduledDelayMillis: SPAN_BATCH_MS })],
    logRecordProcessors: [
      new BatchLogRecordProcessor({ exporter: logs, scheduledDelayMillis: LOG_BATCH_MS }),
    ],
  };
}
