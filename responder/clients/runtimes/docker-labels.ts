/** Which containers the runtime may touch: those that their owner opted in, and never ourselves, our database or the telemetry stack. */
import type { Container, Summary } from './docker-engine.ts';

export const ENABLE = 'aegis.enable';
const SERVICE = 'aegis.service';
const COMPOSE_SERVICE = 'com.docker.compose.service';
const ONE_OFF = 'com.docker.compose.oneoff';
/** Whoever can talk to the engine can do everything: that is us, or a proxy before us. */
const SOCKET = /(^|\/)docker\.sock$/;
/** Telemetry by what it is, wherever it runs and whoever labelled it. */
const TELEMETRY =
  /(^|\/)(prom\/(prometheus|alertmanager)|prometheus\/(prometheus|alertmanager)|otel\/opentelemetry-collector[^:]*|grafana\/[^:]+|jaegertracing\/[^:]+)(:|@|$)/;

export interface Protection {
  /** Host names and addresses of our database, telemetry and engine, as our settings have them. */
  hosts: string[];
  /** Id of the container that we run in; null outside of one. */
  ownId: string | null;
  /** Only containers with this label, `NAME=VALUE`, are ours to care for; null: all that are opted in. */
  filter: string | null;
}

/** Why a container must never be acted on, whatever its labels say; null where it may. */
export function whyProtected(container: Container, { hosts, ownId }: Protection): string | null {
  const { Id, Name, Config, Mounts, NetworkSettings } = container;
  if (Id === ownId) return 'it is the responder itself';
  if (Mounts.some(({ Source, Destination }) => SOCKET.test(Source ?? '') || SOCKET.test(Destination)))
    return 'it has the socket of the Docker engine';
  if (TELEMETRY.test(Config.Image)) return `it is telemetry (${Config.Image})`;
  const names = new Set([
    Name.replace(/^\//, ''),
    ...Object.values(NetworkSettings.Networks).flatMap(({ Aliases, IPAddress }) => [
      ...(Aliases ?? []),
      IPAddress,
    ]),
  ]);
  const named = hosts.find((host) => names.has(host));
  return named ? `the responder's own settings name it (${named})` : null;
}

/** Why the runtime may not do this to a container, in words; null where it may. */
export function whyNotAllowed(container: Container, action: string, protection: Protection): string | null {
  const name = container.Name.replace(/^\//, '');
  const labels = container.Config.Labels ?? {};
  if (labels[ENABLE] !== 'true') return `${name} is not opted in (label ${ENABLE}=true)`;
  if (!isOurs(labels, protection)) return `${name} is not among those with the label ${protection.filter}`;
  const reason = whyProtected(container, protection);
  if (reason) return `${name} is never acted on: ${reason}`;
  const allowed = (labels['aegis.actions'] ?? '').split(',').map((word) => word.trim());
  return allowed.includes(action) ? null : `${name} does not allow ${action} (label aegis.actions)`;
}

/** Whether a container is among those that this responder was set to care for. */
export function isOurs(labels: Record<string, string>, { filter }: Pick<Protection, 'filter'>): boolean {
  if (filter === null) return true;
  const [, name = '', value] = /^([^=]+)=(.*)$/.exec(filter) ?? [];
  return labels[name] === value;
}

/** The service that a container belongs to. */
export function serviceOf(name: string, labels: Record<string, string>): string {
  return labels[SERVICE] || labels[COMPOSE_SERVICE] || name;
}

/** Made by `docker compose run`: a person's errand, no instance. */
export const isErrand = ({ Labels }: Pick<Summary, 'Labels'>) => Labels[ONE_OFF] === 'True';

/** Of the container that this process runs in, by the files that the engine mounts into each (`/proc/self/mountinfo`). */
export function containerIdIn(mountinfo: string): string | null {
  return /\/containers\/([0-9a-f]{64})\//.exec(mountinfo)?.[1] ?? null;
}
