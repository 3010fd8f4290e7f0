import { context, propagation } from '@opentelemetry/api';

/** Of the request under way, so that the incident's stages join the trace in which its alert came in. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}
