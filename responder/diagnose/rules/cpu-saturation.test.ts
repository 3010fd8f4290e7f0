import { test } from 'node:test';
import { ago, container, exited, health } from '../../../test/builders.ts';
import {
  CALM,
  deploy,
  expectOf,
  FAULTS,
  failed,
  type Item,
  type Seen,
  seen,
  signalOf,
  stepOf,
  using,
} from './case.test-helper.ts';
import { cpuSaturation } from './cpu-saturation.ts';

const expect = expectOf(cpuSaturation);
const RESTART = 'cpu_saturation RESTART shop-1';
const busy = (over: Partial<Seen> = {}) => seen({ ...FAULTS.cpu, ...over });
const wedge = (over: Partial<Seen> = {}) => seen({ ...FAULTS.wedge, ...over });

const CASES: [string, Item[], string | null, boolean?][] = [
  ['a loop without rest, no more traffic, nothing released', busy(), RESTART],
  [
    'a rate of which only the first rise was seen',
    busy({
      rate: signalOf('request_rate', (ago) => 18 - ago, { unit: '1/s', span: 7 }),
    }),
    RESTART,
  ],
  ['a healthy shop', seen(), null],
  ['at the threshold', busy({ loop: signalOf('event_loop_utilization', stepOf(0.1, 0.9)) }), null],
  [
    'it was busy, and is not any more',
    busy({ loop: signalOf('event_loop_utilization', stepOf(0.96, 0.1)) }),
    null,
  ],
  ['more traffic: a surge', busy({ rate: FAULTS.surge.rate }), null],
  ['a release before it', busy({ changes: deploy(5) }), RESTART, false],
  ['a release after it', busy({ changes: deploy(1) }), RESTART, false],
  ['a release long before it', busy({ changes: deploy(1_000) }), RESTART, false],
  [
    'it was as busy before the release',
    busy({ loop: signalOf('event_loop_utilization', () => 0.96), changes: deploy(10) }),
    RESTART,
  ],
  ['a release of another target', busy({ changes: deploy(5, '1', '2', { target: 'bank' }) }), RESTART, true],
  ['traffic not seen', busy({ rate: null }), RESTART],
  ['neither traffic nor releases seen', busy({ rate: null, changes: failed('changes') }), RESTART, false],
  ['its process started a moment ago', busy({ process: container({ startedAt: ago(4) }) }), RESTART, false],
  ['its process is gone', busy({ process: exited() }), null],
  ['the values are those of the process before', busy({ process: container({ startedAt: ago(-1) }) }), null],

  ['no answer and a whole CPU', wedge(), RESTART],
  ['only its health endpoint is known to be silent', wedge({ up: null }), RESTART],
  ['only its scrape is known to be silent', wedge({ health: null }), RESTART],
  ['the scrape before it was still answered', wedge({ up: CALM.up }), RESTART],
  ['health answers after all', wedge({ health: health(true) }), null],
  ['no CPU: stuck, not wedged', wedge({ process: using(0) }), null],
  ['its CPU is not known', wedge({ process: using(null) }), null],
  ['it is still starting', wedge({ process: using(0.99, ago(4)) }), null],
  ['another instance is silent', wedge({ health: health(false, 'shop-2'), up: CALM.up }), null],
];
for (const [name, items, expected, isSure] of CASES) test(name, () => expect(items, expected, isSure));
