/** The name of an instance that was given none: in a container the container's own. */

import { Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';

/** Docker answers for its own addresses in a few ms; a start must not wait for anybody else's name server. */
const LOOKUP = { timeout: 500, tries: 2 };
/** Docker and Podman leave one of these in every container. */
const MARKS = ['/.dockerenv', '/run/.containerenv'];

export interface Surroundings {
  inContainer: boolean;
  hostname: string;
  /** Own IPv4 addresses but loopback's. */
  addresses: string[];
  /** Names of an address; rejects where it has none. */
  reverse: (address: string) => Promise<string[]>;
}

/**
 * Docker tells a container its name nowhere but in the reverse look-up of its address: `<container>.<network>`. Of several
 * networks any will do. Otherwise the host name (a Pod's is its name); outside of containers `target-app-1`.
 */
export async function nameInstance(around: Surroundings = surroundings()): Promise<string> {
  if (!around.inContainer) return 'target-app-1';
  for (const address of around.addresses) {
    // No such name, or nobody to ask: the next address may have one.
    const [name] = await around.reverse(address).catch(() => []);
    const container = name?.replace(/\.[^.]*$/, '');
    if (container) return container;
  }
  return around.hostname;
}

function surroundings(): Surroundings {
  const resolver = new Resolver(LOOKUP);
  return {
    inContainer: MARKS.some((file) => existsSync(file)),
    hostname: hostname(),
    addresses: Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address),
    // Not `reverse`: that looks into /etc/hosts first, where a container's own address has a name already.
    reverse: (address) => resolver.resolvePtr(`${address.split('.').reverse().join('.')}.in-addr.arpa`),
  };
}
