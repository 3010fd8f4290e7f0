/** Ports for one more instance. */
import { createServer } from 'node:net';
import { refusal } from './process-instances.ts';

const HOST = '127.0.0.1';
const TRIES = 200;

/**
 * For each name the next free port above that of `like`. Free: nobody listens there, and `taken` does not have it,
 * since an instance that is down at the moment wants its own back. Throws AEGIS_RUNTIME where there is none.
 */
export async function portsAbove(
  like: Record<string, number>,
  taken: ReadonlySet<number>,
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  for (const [name, port] of Object.entries(like)) {
    const last = Math.min(port + TRIES, 65_535);
    let next = port + 1;
    while (next <= last && (taken.has(next) || Object.values(chosen).includes(next) || !(await isFree(next))))
      next++;
    if (next > last) throw refusal(`no port from ${port + 1} to ${last} is free on ${HOST} (${name})`);
    chosen[name] = next;
  }
  return chosen;
}

/** False also where only root may listen. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('listening', () => server.close(() => resolve(true)));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
    server.listen({ host: HOST, port, exclusive: true });
  });
}
