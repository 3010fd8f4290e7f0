/** The machine's platform, in the words that each side uses. */

export interface Platform {
  /** Node's words, as in the names of the cache's folders: `linux-x64`. */
  name: string;
  /** Go's words, as in the names of release archives. */
  os: string;
  arch: string;
}

const GO_ARCH: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** @throws Error on a platform for which nothing can be fetched */
export function platformOf(os: string = process.platform, arch: string = process.arch): Platform {
  const goArch = GO_ARCH[arch];
  if (!['linux', 'darwin'].includes(os) || goArch === undefined) {
    throw new Error(`${os}-${arch} is not supported: linux and darwin on x64 and arm64 are`);
  }
  return { name: `${os}-${arch}`, os, arch: goArch };
}
