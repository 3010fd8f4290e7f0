/** With whom a line of a log speaks: whoever speaks with the same one has that in common. */

const HOST = /(?<=^|:\/\/|[^\w./-])[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,6}(?![\w-]|\.\w)/g;
/** Looks like a host and is a file of a program, or where its source comes from. */
const SOURCE =
  /\.(js|ts|mjs|py|go|rb|php|java|cs|rs|c|cc|cpp|h|ex|kt|scala|conf|cfg|ya?ml|json|toml|log|txt|html|css|sql|sock|pem|crt|key|so|jar|dll|gz)$|^(github|gitlab)\.com$|^(google\.)?golang\.org$|^gopkg\.in$|^k8s\.io$/;
const VERSION = /^v?\d+(\.\d+){1,2}$|^\d+\.\d+ms$/;

/** Names and addresses of machines, each once. */
export function hostsIn(text: string): string[] {
  const found = text.slice(0, 2_000).match(HOST) ?? [];
  return [...new Set(found)].filter(
    (host) =>
      !SOURCE.test(host) &&
      !VERSION.test(host) &&
      !/^[\d.]+[a-z]{0,2}$/.test(host.replace(ADDRESS, 'address')),
  );
}
const ADDRESS = /^(\d{1,3}\.){3}\d{1,3}$/;
