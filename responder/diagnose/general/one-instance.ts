/** One of several alike is sick and the others are well: what they share is not to blame, so it is that one. */
import { type Claim, evidenceOf } from './claim.ts';
import { isSame } from './log-book.ts';
import type { Scene } from './scene.ts';

interface Sides {
  sick: Set<string>;
  well: Set<string>;
}

export function oneOfMany(scene: Scene): Claim | null {
  const { logs, tracks, down, dependencies, bad, target, incident } = scene;
  const { sick, well } = sidesOf(scene);
  const [one] = sick;
  if (sick.size !== 1 || one === undefined || well.size === 0) return null;
  const own = tracks.filter(({ instance, state }) => instance === one && state === 'bad');
  const named = incident.subject?.alerts.some(({ labels }) => Object.values(labels).includes(one)) === true;
  return {
    category: 'process_down',
    action: 'RESTART',
    instance: one,
    cause: `${one} alone is not well, and ${[...well].slice(0, 3).join(', ')} ${well.size > 1 ? 'are' : 'is'}`,
    cure: `What they share is not to blame; a restart of ${one} clears what it has got itself into.`,
    base: 0.46,
    pro: [
      [logs.wrong > 0, 0.08, 'its lines tell of trouble', logs.evidence],
      [own.length > 0, 0.06, 'its signals show it', evidenceOf(own)],
      [dependencies.length > 0 && down.length === 0, 0.1, `what ${target} depends on is well`, dependencies],
      [named, 0.06, 'it is the one that alerts'],
    ],
    con: [
      [down.length > 0, 0.2, 'a dependency is not well', down],
      [
        bad('machine').length > 0 || logs.says('node', 'disk').share >= 0.3,
        0.35,
        'the machine below it is not well',
        evidenceOf(bad('machine')),
      ],
      [
        logs.says('code', 'schema', 'config').share >= 0.5,
        0.15,
        'the logs speak of code or configuration',
        logs.evidence,
      ],
    ],
    cites: [...evidenceOf(own), ...logs.evidence],
  };
}

/** Instances by what their own signals and lines tell; the service itself is none of them. */
function sidesOf({ tracks, logs, target }: Scene): Sides {
  const sick = new Set<string>();
  const all = new Set<string>();
  for (const { instance, state } of tracks) {
    // Another source of the same reading is no instance.
    if (instance === null || !isSame(instance, target)) continue;
    all.add(instance);
    if (state === 'bad') sick.add(instance);
  }
  for (const { pattern, weight } of logs.entries) {
    const { service } = pattern;
    if (!service || service === target || !isSame(service, target) || pattern.flags.length > 0) continue;
    all.add(service);
    if (weight > 0.3) sick.add(service);
  }
  return { sick, well: new Set([...all].filter((one) => !sick.has(one))) };
}
