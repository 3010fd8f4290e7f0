/** Ports of the parts: the documented one where it is free, else the next free one. */
import { createServer, type Server } from 'node:net';

/** In the order in which they are given out. 0 asks for any free port. */
export const DEFAULT_PORTS = {
  responder: 8001,
  otlpGrpc: 4317,
  otlpHttp: 4318,
  collectorMetrics: 8889,
  collectorTelemetry: 8888,
  collectorHealth: 13133,
  prometheus: 9090,
  alertmanager: 9093,
  postgres: 0,
} as const;
export type FixedPort = keyof typeof DEFAULT_PORTS;

export interface Ports {
  /** Reserves a port (held open until `release`) and remembers it under `name`. Throws when none of 200 is free. */
  reserve(name: string, preferred: number): Promise<number>;
  /** The port reserved under `name`. */
  of(name: string): number;
  /** True where the part did not get the port that the documentation names. */
  moved(name: string): boolean;
  /** Lets go of a port, for the part that is about to listen on it; nothing happens the second time. */
  release(name: string): Promise<void>;
}

const TRIES = 200;

export function makePorts(host = '127.0.0.1'): Ports {
  const held = new Map<string, { preferred: number; port: number; server: Server | null }>();
  const entry = (name: string) => {
    const found = held.get(name);
    if (!found) throw new Error(`no port was reserved for ${name}`);
    return found;
  };

  return {
    async reserve(name, preferred) {
      const last = Math.min(preferred + TRIES, 65_536);
      for (let port = preferred; port < last; port++) {
        const server = await listen(host, port);
        if (!server) continue;
        held.set(name, { preferred, port: portOf(server), server });
        return portOf(server);
      }
      throw new Error(
        `${name}: no port from ${preferred} to ${last - 1} is free on ${host}; free one of them`,
      );
    },
    of: (name) => entry(name).port,
    moved: (name) => entry(name).preferred !== 0 && entry(name).preferred !== entry(name).port,
    async release(name) {
      const { server } = entry(name);
      entry(name).server = null;
      if (server) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that listens there, or null where somebody else does (or only root may). */
function listen(host: string, port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()); // nobody shall wait for an answer here
    server.once('listening', () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(null) : reject(error),
    );
    server.listen({ host, port, exclusive: true });
    server.unref();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}
