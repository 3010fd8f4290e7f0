/**
 * In the customer's browser: web vitals, errors, sessions and every order go to the shop's own address, by Faro. The shop
 * works the same where this does not run (blocked, or an old browser).
 */
(() => {
  const { service, version, logs, traces } = document.currentScript.dataset;
  const sdk = globalThis.GrafanaFaroWebSdk;
  const otlp = globalThis.GrafanaFaroTransportOtlpHttp;
  if (!sdk || !otlp) return;

  const faro = sdk.initializeFaro({
    app: { name: `${service}-browser`, version },
    instrumentations: [
      new sdk.ErrorsInstrumentation(),
      new sdk.WebVitalsInstrumentation(),
      new sdk.SessionInstrumentation(),
      new sdk.CSPInstrumentation(),
    ],
    // A session is a random number in this tab, gone with it.
    sessionTracking: { persistent: false },
    transports: [
      new otlp.OtlpHttpTransport({
        logsURL: logs,
        tracesURL: traces,
        otlpTransform: { createErrorLogBody: wordsOfError, createMeasurementLogBody: wordsOfMeasurement },
      }),
    ],
  });

  /** Who reads the log sees one line: what, and where in the page's scripts. */
  function wordsOfError({ payload }) {
    const frame = payload.stacktrace?.frames?.[0];
    const file = frame?.filename?.split('/').pop()?.split('?')[0];
    const where = file ? ` (${file}:${frame.lineno ?? '?'}:${frame.colno ?? '?'})` : '';
    return `${payload.type}: ${payload.value}${where}`;
  }

  function wordsOfMeasurement({ payload }) {
    const [name, value] = Object.entries(payload.values)[0] ?? [];
    const { rating, outcome } = payload.context ?? {};
    if (payload.type === 'order') return `order ${outcome} after ${Math.round(value)} ms`;
    const reading = name === 'cls' ? Number(value).toFixed(3) : `${Math.round(value)} ms`;
    return `web vital ${String(name).toUpperCase()} ${reading}${rating ? ` (${rating})` : ''}`;
  }

  const hex = (bytes) =>
    Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');

  /** An order as the customer sees it: begins a trace that the shop goes on with, and becomes a measurement. */
  globalThis.beginOrder = () => {
    const [traceId, spanId] = [hex(16), hex(8)];
    const [began, from] = [Date.now(), performance.now()];
    return {
      headers: { traceparent: `00-${traceId}-${spanId}-01` },
      /** @param {number} status of the answer; 0 where there was none @param {string} why it failed, else '' */
      end(status, why) {
        const ms = performance.now() - from;
        const trace = { spanContext: { traceId, spanId } };
        const outcome = why ? `failed (${status || 'no answer'})` : `placed (${status})`;
        faro.api.pushMeasurement(
          { type: 'order', values: { duration_ms: ms } },
          { context: { outcome }, ...trace },
        );
        if (why) {
          const said = `order failed (${status || 'no answer'}) after ${Math.round(ms)} ms: ${why}`;
          faro.api.pushLog([said], { level: 'error', ...trace });
        }
        faro.api.pushTraces(spanOf({ traceId, spanId, began, ms, status, why }));
      },
    };
  };

  function spanOf({ traceId, spanId, began, ms, status, why }) {
    const nanos = (at) => `${Math.round(at * 1e3)}000`;
    const attributes = [
      { key: 'http.request.method', value: { stringValue: 'POST' } },
      { key: 'http.response.status_code', value: { intValue: status } },
    ];
    const span = {
      ...{ traceId, spanId, name: 'order', kind: 3, attributes },
      ...{ startTimeUnixNano: nanos(began), endTimeUnixNano: nanos(began + ms) },
      status: { code: why ? 2 : 0 },
    };
    return { resourceSpans: [{ scopeSpans: [{ scope: { name: 'storefront' }, spans: [span] }] }] };
  }
})();
