/** What speaks against a restart, whatever is wrong. */
import { evidenceOf, type Reason } from './claim.ts';
import type { Scene } from './scene.ts';
import { isScaleDown } from './suspects.ts';

export function againstRestart({
  failedBefore,
  suspects,
  body,
  onset,
  bad,
  load,
  logs,
  of,
}: Scene): Reason[] {
  const failed = failedBefore('RESTART');
  const suspect = suspects.find(({ innocent, change }) => innocent === null && !isScaleDown(change));
  const again = suspects.find(
    ({ innocent, change, own }) =>
      own &&
      innocent === 'it put the same there again' &&
      onset !== null &&
      Date.parse(change.at) / 1000 > onset.by,
  );
  // One that is gone altogether is another thing than a service that has lost some.
  const fewer = of('up', 'replicas').filter(
    ({ state, to, unit }) => state === 'bad' && to > 0 && unit !== 'ratio',
  );
  const cut = suspects.find(({ own, innocent, change }) => own && innocent === null && isScaleDown(change));
  const restarted =
    body?.startedAt != null &&
    onset?.seen === true &&
    body.startedAt > onset.by + 60 &&
    bad('errors', 'latency', 'up').length > 0;
  return [
    [failed !== null, 0.45, 'a restart did not help before', [failed]],
    [again !== undefined, 0.4, 'it was put there anew since, and that did not help', again?.evidence],
    [
      again === undefined && restarted,
      0.3,
      'it was started since it began, and that did not help',
      [body?.evidence],
    ],
    [
      (suspect?.weight ?? 0) >= 0.6,
      0.26,
      `it began with a change of ${suspect?.change.target}`,
      suspect?.evidence,
    ],
    [
      load.word === 'grew' && bad('memory', 'cpu', 'loop').length > 0,
      0.12,
      'load grew as well',
      [load.track?.evidence],
    ],
    [cut !== undefined, 0.2, 'instances were taken away', cut?.evidence],
    [logs.says('node', 'scheduling').share >= 0.3, 0.25, 'what it runs on is not well', logs.evidence],
    [
      fewer.length > 0 && bad('cpu', 'loop', 'memory', 'threads', 'pool').length > 0,
      0.2,
      'fewer instances carry what they all carried',
      evidenceOf(fewer),
    ],
  ];
}
