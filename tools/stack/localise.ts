/** Makes the variants that run on one machine out of the configuration files as they are committed for Compose. */

/** What the demo and the story tests shorten; everything else stays as it is in production. */
export const DEMO_TIMINGS: Record<string, string> = {
  'interval: 5s': 'interval: 1s', // scrape_, evaluation_ and refresh_interval
  'scrape_timeout: 4s': 'scrape_timeout: 1s',
  'for: 10s': 'for: 0s', // of the target alerts; ResponderSilent and TargetAlertUnanswered keep theirs
  // A process that has just started may be busy for the whole of its first reading, so the demo waits for two more, too.
  '> 0.9\n        for: 10s': '> 0.9\n        for: 2s',
  'for: 60s': 'for: 10s', // TargetTelemetryAbsent; longer than a restart takes here
  // Ranges of the SLIs and of the error budget, whose recorded names stay. At 1 s, five seconds hold five samples.
  '[30s]': '[5s]',
  '[5m]': '[5s]',
  '[30m]': '[30s]',
  '[1h]': '[1m]',
  '[6h]': '[6m]',
  'group_interval: 10s': 'group_interval: 1s',
};

/** Replaces each key by its value, all in one pass: what a replacement brought in is not replaced again. */
export function localise(text: string, replacements: Record<string, string>): string {
  const keys = Object.keys(replacements).sort((a, b) => b.length - a.length);
  if (keys.length === 0) return text;
  const pattern = new RegExp(keys.map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  return text.replace(pattern, (key) => replacements[key] ?? key);
}

/** Addresses and paths that only exist inside Compose. Empty when a text was localised whole. */
export function strayAddresses(text: string): string[] {
  const withoutComments = text.replace(/^\s*#.*$/gm, '');
  const hosts = withoutComments.match(/\b[a-z][a-z0-9.-]*:\d{2,5}\b/g) ?? [];
  const paths = withoutComments.match(/(?<=[\s["'])\/(?:etc|run|var)\/[^\s\]"',]+/g) ?? [];
  return [...hosts, ...paths];
}
