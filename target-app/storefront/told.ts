/**
 * What a browser tells (OTLP in JSON, as Faro's transport sends it), written anew before it goes to the Collector. Anybody
 * can post here, so nothing is passed on as it came: a list says what is kept, all of it is cut to size, whose it is and when
 * it was are ours to say. What could name a person (user, language, query of an address) is on no list.
 */
import { z } from 'zod';

const MAX_RECORDS = 100;
const BODY_CHARS = 1_000;
const VALUE_CHARS = 200;
/** So far back a batch may tell, in ms; Faro sends each after a quarter of a second. */
const MAX_AGE_MS = 60_000;
const OF_RESOURCE = ['browser.name', 'browser.version', 'browser.mobile', 'browser.platform'];
const OF_RECORD = [
  ...['session.id', 'page.id', 'view.name', 'event.name', 'exception.type'],
  ...['measurement.type', 'measurement.name', 'measurement.value'],
];
const OF_SPAN = ['http.request.method', 'http.response.status_code', 'error.type', 'session.id'];
/** Names and numbers of OpenTelemetry's log severities. A browser cannot be fatal to a service. */
const SEVERITIES: Record<string, number> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 };

const Value = z.looseObject({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.number(), z.string()]).optional(),
  doubleValue: z.number().optional(),
});
const Attributes = z
  .array(z.looseObject({ key: z.string(), value: Value.optional() }))
  .max(100)
  .default([]);
const Resource = z.looseObject({ attributes: Attributes }).optional();
/** Nanoseconds since the epoch. */
const Nanos = z.union([z.number(), z.string()]).optional();
const Hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), 'is no id');
const Records = z
  .array(
    z.looseObject({
      timeUnixNano: Nanos,
      severityText: z.string().optional(),
      body: Value.optional(),
      attributes: Attributes,
      traceId: Hex(32).optional(),
      spanId: Hex(16).optional(),
    }),
  )
  .max(MAX_RECORDS);
const Spans = z
  .array(
    z.looseObject({
      traceId: Hex(32),
      spanId: Hex(16),
      name: z.string(),
      startTimeUnixNano: Nanos,
      endTimeUnixNano: Nanos,
      status: z.looseObject({ code: z.int().min(0).max(2).optional() }).optional(),
      attributes: Attributes,
    }),
  )
  .max(MAX_RECORDS);
export const ToldLogs = z.object({
  resourceLogs: z
    .array(
      z.looseObject({
        resource: Resource,
        scopeLogs: z.array(z.looseObject({ logRecords: Records })).max(10),
      }),
    )
    .max(10),
});
export const ToldSpans = z.object({
  resourceSpans: z
    .array(
      z.looseObject({ resource: Resource, scopeSpans: z.array(z.looseObject({ spans: Spans })).max(10) }),
    )
    .max(10),
});

/** Whose page it is. */
export interface Page {
  service: string;
  version: string;
  instance: string;
}
type Attribute = z.infer<typeof Attributes>[number];

/** What the browser says belongs to this service of its own, whatever it claims: nobody's page writes into another's log. */
export const browserServiceOf = (service: string) => `${service}-browser`;

/** The same logs, safe to pass on; records that say nothing are left out. `now` in epoch ms. */
export function safeLogs({ resourceLogs }: z.infer<typeof ToldLogs>, page: Page, now: number) {
  const all = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
  const timeOf = ourClock(
    all.map((record) => record.timeUnixNano),
    now,
  );
  const logRecords = all.slice(0, MAX_RECORDS).flatMap((record) => {
    const text = textOf(record);
    if (text === '') return [];
    const severityText = severityOf(record);
    return [
      {
        timeUnixNano: timeOf(record.timeUnixNano),
        severityText,
        severityNumber: SEVERITIES[severityText],
        body: { stringValue: text },
        attributes: kept(record.attributes, OF_RECORD),
        ...(record.traceId && record.spanId && { traceId: record.traceId, spanId: record.spanId }),
      },
    ];
  });
  return {
    resourceLogs: [{ resource: resourceOf(resourceLogs[0]?.resource, page), scopeLogs: [{ logRecords }] }],
  };
}

/** The same spans, safe to pass on: an order as its customer saw it. `now` in epoch ms. */
export function safeSpans({ resourceSpans }: z.infer<typeof ToldSpans>, page: Page, now: number) {
  const all = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const timeOf = ourClock(
    all.map((span) => span.endTimeUnixNano),
    now,
  );
  const spans = all.slice(0, MAX_RECORDS).map((span) => ({
    traceId: span.traceId,
    spanId: span.spanId,
    name: plain(span.name, VALUE_CHARS),
    kind: 3, // a client
    startTimeUnixNano: timeOf(span.startTimeUnixNano),
    endTimeUnixNano: timeOf(span.endTimeUnixNano),
    attributes: kept(span.attributes, OF_SPAN),
    status: { code: span.status?.code ?? 0 },
  }));
  return {
    resourceSpans: [{ resource: resourceOf(resourceSpans[0]?.resource, page), scopeSpans: [{ spans }] }],
  };
}

function resourceOf(told: z.infer<typeof Resource>, page: Page) {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  return {
    attributes: [
      text('service.name', browserServiceOf(page.service)),
      text('service.version', page.version),
      text('service.instance.id', page.instance), // the one that took it
      ...kept(told?.attributes ?? [], OF_RESOURCE),
    ],
  };
}

/** Only what the list names, once each, and of that only plain values. */
function kept(attributes: Attribute[], names: string[]): Attribute[] {
  return names.flatMap((key): Attribute[] => {
    const { stringValue, boolValue, intValue, doubleValue } =
      attributes.find((one) => one.key === key)?.value ?? {};
    if (stringValue !== undefined) return [{ key, value: { stringValue: plain(stringValue, VALUE_CHARS) } }];
    if (boolValue !== undefined) return [{ key, value: { boolValue } }];
    if (Number.isSafeInteger(Number(intValue)))
      return [{ key, value: { intValue: String(Number(intValue)) } }];
    return doubleValue === undefined ? [] : [{ key, value: { doubleValue } }];
  });
}

/** Its words; of an exception or an event without any, what it is called. */
function textOf({ body, attributes }: z.infer<typeof Records>[number]): string {
  const named = (key: string) => attributes.find((one) => one.key === key)?.value?.stringValue;
  return plain(body?.stringValue ?? named('exception.type') ?? named('event.name') ?? '', BODY_CHARS);
}

/** Faro gives neither an exception nor a measurement one. */
function severityOf({ severityText, attributes }: z.infer<typeof Records>[number]): string {
  const told = severityText?.toUpperCase() ?? '';
  if (Object.hasOwn(SEVERITIES, told)) return told;
  return attributes.some(({ key }) => key === 'exception.type') ? 'ERROR' : 'INFO';
}

/** One line, without control characters: nobody's words can look like several lines of a log. */
function plain(text: string, chars: number): string {
  return text
    .slice(0, chars)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

/** A customer's clock may be hours off: the newest of a batch is taken for now, and the others keep their distance to it. */
function ourClock(
  told: (number | string | undefined)[],
  now: number,
): (nanos: number | string | undefined) => string {
  const inMs = (nanos: number | string | undefined) => Number(nanos) / 1e6;
  const newest = Math.max(...told.map(inMs).filter(Number.isFinite));
  return (nanos) => {
    const age = newest - inMs(nanos);
    const ago = Number.isFinite(age) ? Math.min(Math.max(age, 0), MAX_AGE_MS) : 0;
    return String(BigInt(Math.round((now - ago) * 1e3)) * 1_000n);
  };
}
