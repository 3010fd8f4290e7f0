/** Versions as programs print them. */

const PATTERN = /(?:version )?v?(\d+)\.(\d+)(?:\.(\d+))?/;

/** The first `1.2.3` in a text, without what follows (`3.5.3+ds1` is 3.5.3); undefined where there is none. */
export function versionIn(text: string): string | undefined {
  const match = PATTERN.exec(text);
  return match ? `${match[1]}.${match[2]}.${match[3] ?? 0}` : undefined;
}

/** Negative, zero or positive, as sort wants it. Both are `1.2.3`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
