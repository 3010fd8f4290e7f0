/** What every part's plan is made from. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Programs } from '../toolchain/products.ts';
import type { Ports } from './ports.ts';

/** The project's folder, without a slash at its end. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

export interface StackContext {
  /** Private working folder; gone after `stop`. */
  dir: string;
  programs: Programs;
  ports: Ports;
  tokens: { webhook: string; api: string };
  /** Password of every database role. */
  databasePassword: string;
  inventoryFile: string;
}

/** `http://127.0.0.1:<port>` of a reserved port. */
export function urlOf(context: StackContext, port: string): string {
  return `http://127.0.0.1:${context.ports.of(port)}`;
}

/** `postgres://role:password@127.0.0.1:<port>/<database>`; each role owns the database of its name. */
export function databaseUrlOf(context: StackContext, role: string): string {
  return `postgres://${role}:${context.databasePassword}@127.0.0.1:${context.ports.of('postgres')}/${role}`;
}

/** Who reads evidence about locks and sessions: all of the server's activity (`pg_monitor`), and no data. */
export const EVIDENCE_ROLE = 'aegis_evidence';

/** Connection URL of that role, to the database of `aegis`. */
export function evidenceUrlOf(context: StackContext): string {
  const url = new URL(databaseUrlOf(context, 'aegis'));
  url.username = EVIDENCE_ROLE;
  return url.href;
}

/** Where Alertmanager and the Collector read the token for `/webhook` and `/v1/logs`. */
export function webhookTokenFile({ dir }: Pick<StackContext, 'dir'>): string {
  return join(dir, 'webhook_token');
}

/** Committed addresses and paths, and what they are on this machine. */
export function addressesOf(context: StackContext): Record<string, string> {
  const here = (port: string) => `127.0.0.1:${context.ports.of(port)}`;
  return {
    'responder:8001': here('responder'),
    'localhost:8001': here('responder'),
    'otel-collector:8889': here('collectorMetrics'),
    'prometheus:9090': here('prometheus'),
    'alertmanager:9093': here('alertmanager'),
    '/etc/prometheus/inventory/inventory.json': context.inventoryFile,
    '/run/secrets/webhook_token': webhookTokenFile(context),
  };
}
