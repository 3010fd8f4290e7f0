/** The responder's whole surface over fakes, for tests: how to ask it, and what it was told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { incidentOf, NOW } from '../../test/builders.ts';
import { AegisError } from '../errors.ts';
import type { Approval, Approvals, Hold } from '../incident/approvals.ts';
import type { Archive, ListFilter } from '../incident/archive.ts';
import type { Incident } from '../incident/incident.ts';
import type { News } from '../incident/news.ts';
import type { Runbook } from '../incident/runbook.ts';
import { BODIES } from '../receive/receive.ts';
import type { BrakeOptions } from './brake.ts';
import type { IntakeOptions } from './intake.ts';
import { makeServer } from './server.ts';
import type { SlackOptions } from './slack.ts';

export const WEBHOOK = 'webhook-token-0123456789';
export const READ = 'read-token-0123456789';
export const API = 'api-token-0123456789';
export const JSON_TYPE = { 'content-type': 'application/json', authorization: `Bearer ${WEBHOOK}` };

export interface Over {
  intake?: Partial<IntakeOptions>;
  incident?: Partial<Incident>;
  approval?: Approval | null;
  hold?: Hold | null;
  /** Thrown by whoever lists incidents. */
  unreadable?: AegisError;
  /** Thrown by whoever decides or takes. */
  refusal?: AegisError;
  /** Null: the door stands open. */
  apiToken?: string | null;
  readTokens?: string[];
  publicUrl?: string;
  brake?: BrakeOptions;
  news?: News;
  /** Buttons in Slack, over the approvals that are asked everywhere else. */
  slack?: (approvals: Approvals) => SlackOptions;
}

const NO_NEWS: News = { follow: () => () => {} };
const NOT_HALTED = async () => ({ on: false, by: '', at: '' });

/** @param over what is other than an incident `inc-1` about which nothing was asked. */
export async function serve(t: TestContext, over: Over = {}) {
  const bodies: unknown[] = [];
  const errors: string[] = [];
  const filters: ListFilter[] = [];
  const decided: unknown[][] = [];
  const approvals = approvalsOf(over, decided);
  const app = makeServer({
    readTokens: over.readTokens ?? [READ, API],
    publicUrl: over.publicUrl,
    brake: { waitMs: 0, ...over.brake },
    intake: { ...intakeOf(bodies), ...over.intake },
    halt: { token: API, control: { halt: NOT_HALTED, setHalt: async () => {} } },
    approvals: {
      token: over.apiToken === null ? undefined : (over.apiToken ?? API),
      approvals,
    },
    slack: over.slack?.(approvals),
    api: { archive: archiveOf(over, filters), runbook: NOTHING_LEARNED },
    pages: {
      archive: archiveOf(over, filters),
      runbook: NOTHING_LEARNED,
      halt: NOT_HALTED,
      clock: () => NOW,
      runbooksDir: '/nowhere',
    },
    events: { news: over.news ?? NO_NEWS },
    registry: new Registry(),
    ready: async () => Promise.reject(new Error('no database')),
    onError: (words) => errors.push(words),
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${base}${path}`, { redirect: 'manual', ...init });
  const post = (
    path: string,
    body: string | Buffer<ArrayBuffer>,
    headers: Record<string, string> = JSON_TYPE,
  ) => ask(path, { method: 'POST', body, headers });
  return { app, base, ask, post, bodies, errors, filters, decided };
}

const NOTHING_LEARNED: Runbook = { similar: async () => [], all: async () => [] };

function intakeOf(bodies: unknown[]): IntakeOptions {
  return {
    token: WEBHOOK,
    bodies: BODIES,
    receive: async (body) => {
      bodies.push(body);
      return { kind: 'direct', stored: [{ incidentId: 'inc-1', effect: 'opened' }], rejected: [] };
    },
    parseLogs: (body) => {
      bodies.push(body);
      return [];
    },
    offerLogs: () => 0,
  };
}

function archiveOf({ incident, unreadable }: Over, filters: ListFilter[]): Archive {
  const one = { ...incidentOf({ postmortem: '# one', ...incident }), timeline: [] };
  return {
    list: async (filter) => {
      if (unreadable) throw unreadable;
      filters.push(filter);
      return { incidents: [], next: null };
    },
    one: async (id) => (id === 'inc-1' ? one : null),
    openStates: assert.fail,
    ping: assert.fail,
  };
}

function approvalsOf({ approval = null, hold = null, refusal }: Over, decided: unknown[][]): Approvals {
  const of = (id: string) => {
    if (id !== 'inc-1') throw new AegisError('AEGIS_NOT_FOUND', `there is no incident ${id}`);
    if (refusal) throw refusal;
  };
  return {
    of: async () => approval,
    latest: async () => approval,
    holdOn: async () => hold,
    lapse: async () => {},
    async decide(id, hash, decision, by) {
      of(id);
      decided.push([id, hash, decision, by]);
      return { ...(approval ?? assert.fail()), decision, decidedBy: by, decidedAt: NOW.toISOString() };
    },
    async take(id, by, minutes) {
      of(id);
      decided.push([id, 'take', by, minutes]);
      const until = new Date(NOW.getTime() + minutes * 60_000).toISOString();
      return { target: 'shop', by, incidentId: id, since: NOW.toISOString(), until };
    },
    async release(id, by) {
      of(id);
      decided.push([id, 'release', by]);
      return { target: 'shop' };
    },
  };
}

/** Nobody has answered yet, and there is a minute left. */
export function approvalOf(over: Partial<Approval> = {}): Approval {
  return {
    hash: 'a'.repeat(64),
    incidentId: 'inc-1',
    planned: {
      incidentId: 'inc-1',
      attempt: 1,
      action: 'RESTART',
      target: 'shop',
      instance: 'shop-1',
      version: null,
    },
    askedAt: new Date(NOW.getTime() - 10_000).toISOString(),
    expiresAt: new Date(NOW.getTime() + 60_000).toISOString(),
    decision: null,
    decidedBy: null,
    decidedAt: null,
    ...over,
  };
}

export async function problemOf(response: Response) {
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return (await response.json()) as { status: number; code: string; detail: string; field?: string };
}
