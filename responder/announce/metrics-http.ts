/** How long the responder's own answers take, and what they are. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { Histogram, type Registry } from 'prom-client';

const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

/**
 * Times every answer. The route is the pattern (`/incidents/:id`), which Express notes at the request; whatever has none, as a
 * path that does not exist, is `none`.
 */
export function timeRequests(registry: Registry, listener: RequestListener): RequestListener {
  const seconds = new Histogram({
    name: 'aegis_http_request_duration_seconds',
    help: 'Answers of the responder, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return (request, response) => {
    const began = performance.now();
    response.once('close', () => {
      // A stream lasts for as long as somebody looks: that tells nothing of how fast we are.
      if (response.getHeader('content-type') === 'text/event-stream') return;
      const method = METHODS.includes(request.method ?? '') ? (request.method as string) : 'other';
      // Who went away before the answer was complete, was given none.
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      seconds.observe({ method, route: routeOf(request), status }, (performance.now() - began) / 1000);
    });
    listener(request, response);
  };
}

function routeOf(request: IncomingMessage & { route?: { path?: unknown } }): string {
  const path = request.route?.path;
  return typeof path === 'string' ? path : 'none';
}
