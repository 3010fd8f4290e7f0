/** More than a healthy release can carry, or fewer instances than it needs: one more takes its share. */
import type { Hypothesis } from '../rules/hypothesis.ts';
import { type Claim, claimed, evidenceOf, type Reason, shown, toldOf } from './claim.ts';
import { ownOf, type Scene } from './scene.ts';
import { isScaleDown, type Suspect } from './suspects.ts';
import { ratioOf, standstills, type Track } from './tracks.ts';

/** So many times the usual load is no growth of the day. */
const CLEARLY = 1.8;
const CAN_SCALE = new Set(['container', 'deployment', 'job', 'other']);

export function load(scene: Scene): Hypothesis[] {
  if (!CAN_SCALE.has(scene.kind)) return [];
  const own = ownOf(scene);
  return [surge(own), tooFew(own), backlog(own)].filter((claim) => claim !== null).map(claimed);
}

function surge(scene: Scene): Claim | null {
  const { bad, load, logs, target, suspects } = scene;
  if (load.word !== 'grew' || !load.track) return null;
  const full = bad('cpu', 'loop', 'threads', 'pool', 'queue');
  const hurt = bad('latency', 'errors', 'up', 'queue');
  const told = logs.says('overload', 'threads-used-up', 'pool-empty');
  if (full.length === 0 && hurt.length === 0 && told.count === 0) return null;
  const suspect = suspects.find(({ innocent, change }) => innocent === null && !isScaleDown(change));
  return {
    category: 'traffic_surge',
    action: 'SCALE_UP',
    cause: `${target} gets more than it can carry: ${toldOf(load.track)}${full[0] ? `, ${toldOf(full[0])}` : ''}`,
    cure: 'One instance more takes its share.',
    base: 0.55,
    pro: [
      shown(0.16, full),
      shown(0.08, hurt),
      [told.count > 0, 0.08, 'the logs tell of more than it can take', logs.evidence],
      [suspect === undefined, 0.06, 'nothing was changed before it'],
      [
        bad('queue').length > 0 && bad('cpu', 'threads').length > 0,
        0.04,
        'work piles up',
        evidenceOf(bad('queue')),
      ],
    ],
    con: againstMore(scene, load.track, suspect),
    cites: [load.track.evidence, ...evidenceOf(full), ...evidenceOf(hurt)],
  };
}

/** When one instance more would only ask more of what is the bottleneck, or the load is not what came first. */
function againstMore(scene: Scene, traffic: Track, suspect: Suspect | undefined): Reason[] {
  const { bad, logs, down, database, onset } = scene;
  const full = bad('cpu', 'loop', 'threads', 'pool', 'queue');
  const leaks = bad('memory', 'files');
  const first = bad('errors', 'latency').find((track) => leads(track, traffic));
  const others = ['rate-limit', 'quota', 'certificate', 'dns', 'unreachable', 'dependency-error'] as const;
  const outside = logs.says(...others, 'database-limit', 'lock');
  const failed = scene.failedBefore('SCALE_UP');
  return [
    [
      (suspect?.weight ?? 0) >= 0.6,
      0.2,
      `it began with a change of ${suspect?.change.target}`,
      suspect?.evidence,
    ],
    [
      logs.says('code', 'schema', 'config').share >= 0.3,
      0.25,
      'the logs speak of code or configuration',
      logs.evidence,
    ],
    [
      first !== undefined,
      0.22,
      'requests failed before there were more of them: they may be retries',
      [first?.evidence],
    ],
    [logs.says('retry').share >= 0.2, 0.15, 'the logs tell of retries', logs.evidence],
    [down.length > 0, 0.3, `${down.map((e) => e.data.dependency?.name).join(', ')} is not well`, down],
    [outside.share >= 0.4, 0.28, 'the logs speak of somebody else', logs.evidence],
    [(database?.blockers.length ?? 0) > 0, 0.3, 'sessions wait for a lock', [database?.evidence]],
    [onset === null, 0.05, 'when it began is not seen'],
    [ratioOf(traffic) < CLEARLY, 0.12, 'it is not much more than before', [traffic.evidence]],
    [full.length === 0 && leaks.length > 0, 0.3, 'only memory is full', evidenceOf(leaks)],
    [failed !== null, 0.3, 'one more did not help before', [failed]],
  ];
}

/** It was bad for a while before there was more load. */
function leads({ onset, state }: Track, traffic: Track): boolean {
  if (state !== 'bad' || onset === null || traffic.onset === null) return false;
  return traffic.onset.after > onset.by;
}

/** Somebody took instances away, and those that are left are full. */
function tooFew(scene: Scene): Claim | null {
  const { bad, of, logs, target, suspects, body } = scene;
  const down = suspects.find(({ innocent, change, own }) => own && innocent === null && isScaleDown(change));
  const full = bad('cpu', 'loop', 'threads', 'pool', 'queue', 'memory', 'latency', 'errors');
  const fewer = of('replicas').filter(({ state, from, to }) => state === 'bad' && to < from);
  if (full.length === 0 || (!down && fewer.length === 0) || body?.state === 'looping') return null;
  return {
    category: 'traffic_surge',
    action: 'SCALE_UP',
    cause: `${target} has fewer instances than its load needs: ${down ? `${down.change.from} -> ${down.change.to}` : fewer.map(toldOf).join(', ')}; ${full.map(toldOf).join(', ')}`,
    cure: 'One instance more takes its share.',
    base: down ? 0.66 : 0.42,
    pro: [
      [
        bad('cpu', 'loop', 'threads', 'pool').length > 0,
        0.14,
        'those that are left are full',
        evidenceOf(full),
      ],
      [
        logs.says('overload', 'threads-used-up').count > 0,
        0.06,
        'the logs tell of more than it can take',
        logs.evidence,
      ],
    ],
    con: [
      [
        logs.says('code', 'schema', 'config').share >= 0.3,
        0.25,
        'the logs speak of code or configuration',
        logs.evidence,
      ],
      [
        !down && logs.says('node', 'scheduling', 'image').share >= 0.2,
        0.3,
        'there is no room for more',
        logs.evidence,
      ],
      [scene.down.length > 0, 0.25, 'a dependency is not well', scene.down],
    ],
    cites: [...(down?.evidence ?? []), ...evidenceOf(fewer), ...evidenceOf(full)],
  };
}

/** Work waits since every place is taken, and each piece of it takes as long as ever. */
function backlog(scene: Scene): Claim | null {
  const { bad, of, load, logs, target, suspects, tracks, down } = scene;
  const [waiting, full] = [bad('queue'), bad('threads', 'loop', 'cpu')];
  const slower = bad('latency').filter(({ name }) => !/queue|wait|age|lag/i.test(name));
  if (load.word === 'grew' || waiting.length === 0 || full.length === 0 || slower.length > 0) return null;
  const suspect = suspects.find(({ innocent, change }) => innocent === null && !isScaleDown(change));
  const known = of('latency', 'errors').filter(({ state }) => state === 'normal');
  return {
    category: 'traffic_surge',
    action: 'SCALE_UP',
    cause: `More waits for ${target} than it has places for: ${[...waiting, ...full].map(toldOf).join(', ')}`,
    cure: 'One instance more takes its share.',
    base: 0.4,
    pro: [
      shown(0.08, waiting),
      shown(0.1, full),
      [known.length > 0, 0.12, 'what is served is served as ever', evidenceOf(known)],
      [suspect === undefined, 0.04, 'nothing was changed before it'],
    ],
    con: [
      [
        standstills(tracks).length > 0 || logs.says('stuck').count > 0,
        0.3,
        'nothing is served at all',
        logs.evidence,
      ],
      [load.word === 'steady', 0.12, 'there is no more load than before', [load.track?.evidence]],
      [bad('errors').length > 0, 0.15, 'requests fail', evidenceOf(bad('errors'))],
      [down.length > 0, 0.3, 'a dependency is not well', down],
      [
        (suspect?.weight ?? 0) >= 0.6,
        0.2,
        `it began with a change of ${suspect?.change.target}`,
        suspect?.evidence,
      ],
      [
        logs.says('code', 'schema', 'rate-limit').share >= 0.3,
        0.25,
        'the logs speak of something else',
        logs.evidence,
      ],
    ],
    cites: [...evidenceOf(waiting), ...evidenceOf(full)],
  };
}
