/**
 * Faults outside the target: nothing that is done to it would mend them, so a person gets the cause. One table, since they
 * all end in NOOP.
 */
import type { Category } from '../../incident/incident.ts';
import type { Hypothesis } from '../rules/hypothesis.ts';
import { type Claim, claimed, evidenceOf, type Reason, shown, toldOf } from './claim.ts';
import type { Sign } from './lexicon.ts';
import { ofOthers } from './others.ts';
import type { Role } from './roles.ts';
import type { Scene } from './scene.ts';

interface Row {
  category: Category;
  what: string;
  whatToDo: string;
  signs: Sign[];
  /** Signals that show it by themselves. */
  roles: Role[];
  /** How sure the bare pattern makes: words that are said by many at once make less sure. */
  base: number;
  /** An alert that speaks of it needs no other evidence to be believed so far. */
  isTelling?: true;
}

export const OUTSIDE: Row[] = [
  {
    category: 'external',
    what: 'a provider answers that it is asked too often',
    whatToDo: 'Ask less, or have the limit raised.',
    signs: ['rate-limit'],
    roles: [],
    base: 0.55,
  },
  {
    category: 'external',
    what: 'a quota or an account is used up',
    whatToDo: 'Have it raised or paid.',
    signs: ['quota'],
    roles: [],
    base: 0.55,
    isTelling: true,
  },
  {
    category: 'external',
    what: 'a certificate is not valid',
    whatToDo: 'Renew it, or the trust in it.',
    signs: ['certificate'],
    roles: [],
    base: 0.58,
    isTelling: true,
  },
  {
    category: 'external',
    what: 'credentials are refused',
    whatToDo: 'Renew them, or find who changed them.',
    signs: ['credentials'],
    roles: [],
    base: 0.5,
  },
  {
    category: 'external',
    what: 'names cannot be resolved',
    whatToDo: 'Look at the resolver and at who changed its records.',
    signs: ['dns'],
    roles: [],
    base: 0.58,
    isTelling: true,
  },
  {
    category: 'external',
    what: 'the network between them does not carry',
    whatToDo: 'Look at the network.',
    signs: ['network'],
    roles: [],
    base: 0.45,
  },
  {
    category: 'external',
    what: 'the machine below it is not well',
    whatToDo: 'Look at the node, and move what runs there.',
    signs: ['node'],
    roles: ['machine'],
    base: 0.52,
    isTelling: true,
  },
  {
    category: 'external',
    what: 'there is no room where it could run',
    whatToDo: 'Make room, or ask for less.',
    signs: ['scheduling'],
    roles: [],
    base: 0.54,
  },
  {
    category: 'external',
    what: 'its image cannot be fetched',
    whatToDo: 'Look at the registry and the name of the image.',
    signs: ['image'],
    roles: [],
    base: 0.5,
  },
  {
    category: 'external',
    what: 'clocks differ',
    whatToDo: 'Set the clocks.',
    signs: ['clock'],
    roles: [],
    base: 0.5,
  },
  {
    category: 'resource_exhaustion',
    what: 'a disk is full or fails',
    whatToDo: 'Free or enlarge it.',
    signs: ['disk'],
    roles: ['disk'],
    base: 0.56,
    isTelling: true,
  },
  {
    category: 'db_contention',
    what: 'the database waits for locks that others hold',
    whatToDo: 'Find the holder and end its transaction, or wait for it.',
    signs: ['lock'],
    roles: [],
    base: 0.5,
  },
  {
    category: 'db_contention',
    what: 'the database is at its limit',
    whatToDo: 'Find what fills it, or give it more.',
    signs: ['database-limit'],
    roles: [],
    base: 0.52,
  },
  {
    category: 'dependency_failure',
    what: 'a copy of the database lags behind or has stopped',
    whatToDo: 'Look at the copy and what it waits for.',
    signs: ['replication'],
    roles: ['lag'],
    base: 0.5,
  },
  {
    category: 'dependency_failure',
    what: 'somebody it depends on does not answer, or too late',
    whatToDo: 'Look at the dependency.',
    signs: ['unreachable', 'slow-dependency', 'dependency-error'],
    roles: [],
    base: 0.44,
  },
];

export function outside(scene: Scene): Hypothesis[] {
  const rows = OUTSIDE.map((row) => claimOf(scene, row)).filter((claim) => claim !== null);
  return [...rows, ...ofOthers(scene)].filter((claim) => claim !== null).map(claimed);
}

function claimOf(scene: Scene, { category, what, whatToDo, signs, roles, base }: Row): Claim | null {
  const { logs, bad, down, target, body } = scene;
  const said = logs.says(...signs);
  const seen = bad(...roles);
  const isDependency = category === 'dependency_failure' && signs.includes('unreachable');
  const failing = isDependency ? down : [];
  if (said.share < 0.25 && seen.length === 0 && failing.length === 0) return null;
  const inside = logs.says('code', 'schema', 'out-of-memory', 'pool-empty', 'files-used-up', 'stuck');
  const named = failing.map((e) => e.data.dependency?.name).join(', ');
  return {
    category,
    action: 'NOOP',
    cause: `${target}: ${named ? `${named} is not well` : what}${seen[0] ? ` (${toldOf(seen[0])})` : ''}`,
    cure: `Nothing that is done to ${target} would mend it. ${whatToDo}`,
    base,
    pro: [
      [said.share >= 0.25, 0.1 + 0.14 * said.share, quoted(scene, signs), logs.evidence],
      shown(0.14, seen),
      [failing.length > 0, 0.3, `${named} is told to be unhealthy`, failing],
      [
        body?.state === 'waiting' && (signs.includes('scheduling') || signs.includes('image')),
        0.12,
        `it is "${body?.told}"`,
        [body?.evidence],
      ],
    ],
    con: [
      [inside.share > said.share, 0.2, 'the logs speak of the target itself as well', logs.evidence],
      againstOthers(scene),
      againstWhoIsInCharge(scene),
      ...(isDependency
        ? againstDependency(scene)
        : [
            [
              down.length > 0 && category !== 'external',
              0.12,
              'a dependency is told to be unhealthy',
              down,
            ] as Reason,
          ]),
    ],
    cites: [...evidenceOf(seen), ...failing, ...(said.count > 0 ? logs.evidence : [])],
  };
}

/** It began with a change of the target itself, and what it depends on is well: it may have brought it upon itself. */
function againstOthers({ suspects, down, dependencies }: Scene): Reason {
  const own = suspects.find((one) => one.innocent === null && one.own && one.weight >= 0.9);
  const itself = own !== undefined && dependencies.length > 0 && down.length === 0;
  return [itself, 0.16, `it began with a change of ${own?.change.target}`, own?.evidence];
}

/** Who is in charge of it was changed just before, and that can be put back. */
function againstWhoIsInCharge({ suspects }: Scene): Reason {
  const one = suspects.find(
    ({ innocent, isInCharge, weight }) => innocent === null && isInCharge && weight >= 0.6,
  );
  return [
    one !== undefined,
    0.3,
    `${one?.change.target}, which is in charge of it, was changed just before`,
    one?.evidence,
  ];
}

/** Who does not answer may not be to blame for it. */
function againstDependency({ suspects, database, down, dependencies, load, bad, logs }: Scene): Reason[] {
  const released = suspects.find(({ innocent, own, weight }) => innocent === null && !own && weight >= 0.6);
  const locked = (database?.blockers.length ?? 0) > 0;
  const well = down.length === 0 && dependencies.length > 0;
  const taken = bad('pool').length > 0 || logs.says('pool-empty').share >= 0.3;
  const leaks =
    taken &&
    logs.says('database-limit').count === 0 &&
    database !== null &&
    database.waiting === 0 &&
    !locked;
  return [
    [leaks, 0.3, 'every connection is taken, and nobody waits in the database', [database?.evidence]],
    [locked, 0.3, 'it is a lock that is waited for', [database?.evidence]],
    [released !== undefined, 0.25, `${released?.change.target} was changed just before`, released?.evidence],
    [well, 0.12, 'what it depends on is told to be well', dependencies],
    [load.word === 'grew', 0.1, 'load grew', [load.track?.evidence]],
  ];
}

function quoted({ logs }: Scene, signs: Sign[]): string {
  const loudest = logs.says(...signs).entries.toSorted((a, b) => b.weight - a.weight)[0];
  return `the logs say ${JSON.stringify(loudest?.pattern.example.replaceAll(/\s+/g, ' ').slice(0, 140) ?? '')}`;
}
