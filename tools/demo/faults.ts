/** The faults that the demo can make, and the answer of a good on-call engineer to each. */
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { deploy } from '../deploy/deploy.ts';
import type { Stack } from '../stack/stack.ts';
import { until } from './wait.ts';

/** The moment at which the fault was really there, and what it said of itself. */
export interface Breach {
  at: Date;
  text: string;
  /** Ends what only somebody outside can end: a surge, a lock held by another. */
  end?: () => Promise<void>;
}

export interface FaultPlan {
  title: string;
  /** Causes the fault and waits for its breach. */
  cause: (stack: Stack) => Promise<Breach>;
  /** How the incident has to end. */
  expected: { category: string; action: string; outcome: string };
  /** Whether what was done has to be taken back once the fault is over. */
  takenBack?: true;
  /** Samples of the healthy service that the diagnosis compares with; more where it has to see what grew. */
  baseline?: number;
}

const TARGET = 'target-app';
const INSTANCE = `${TARGET}-1`;
const BREACH_MS = 60_000;
const BAD_RELEASE = '1.1.0';
/** On top of the usual 20 requests a second; one instance carries 80. */
const SURGE_RPS = 110;

const restarted = (category: string) => ({ category, action: 'RESTART', outcome: 'resolved' });

export const FAULTS = {
  memory: {
    title: 'a cache that is never emptied fills the memory of target-app',
    cause: (stack) => triggered(stack, 'memory', '/trigger_memory'),
    expected: restarted('memory_leak'),
  },
  cpu: {
    title: 'a loop burns nearly all of the event loop of target-app',
    cause: (stack) => triggered(stack, 'cpu', '/trigger_cpu'),
    expected: restarted('cpu_saturation'),
  },
  kill: {
    title: 'the process of target-app is killed (SIGKILL)',
    cause: async (stack) => {
      const at = new Date();
      await stack.killPart(INSTANCE);
      return { at, text: `${INSTANCE} was killed` };
    },
    expected: restarted('process_down'),
  },
  wedge: {
    title: 'a loop that never returns: target-app runs and answers nobody',
    cause: (stack) => triggered(stack, 'wedge', '/trigger_wedge'),
    expected: restarted('cpu_saturation'),
  },
  db: {
    title: 'a connection of target-app sits idle in a transaction and holds a lock that its requests need',
    cause: (stack) => triggered(stack, 'db', '/trigger_db_latency'),
    expected: restarted('db_contention'),
  },
  'db-external': {
    title: 'somebody else holds that lock: a restart of target-app would not help',
    cause: lockFromOutside,
    expected: { category: 'db_contention', action: 'NOOP', outcome: 'escalated' },
  },
  errors: {
    title: 'target-app takes connections from its pool and never gives them back',
    cause: (stack) => triggered(stack, 'errors', '/trigger_errors'),
    expected: restarted('resource_exhaustion'),
  },
  release: {
    title: `release ${BAD_RELEASE} is deployed over 1.0.0 and fails a share of the orders`,
    cause: async (stack) => {
      await deploy({ dir: stack.inventory.dir, target: TARGET, version: BAD_RELEASE, say: () => undefined });
      return { at: new Date(), text: `${BAD_RELEASE} runs` };
    },
    expected: { category: 'bad_release', action: 'ROLLBACK', outcome: 'resolved' },
    baseline: 15,
  },
  surge: {
    title: 'more customers than one instance of target-app can serve',
    cause: surge,
    expected: { category: 'traffic_surge', action: 'SCALE_UP', outcome: 'resolved' },
    takenBack: true,
    baseline: 15,
  },
} satisfies Record<string, FaultPlan>;
export type FaultName = keyof typeof FAULTS;

export function planOf(fault: FaultName): FaultPlan {
  return FAULTS[fault];
}

async function triggered(stack: Stack, fault: string, path: string): Promise<Breach> {
  const url = `${stack.addresses[INSTANCE]}${path}`;
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${await response.text()}`);
  return until('the fault to log its breach', BREACH_MS, () =>
    logged(stack, (line) => line.event === 'fault.breach' && line.fault === fault),
  );
}

async function surge(stack: Stack): Promise<Breach> {
  const end = await stack.startLoad(TARGET, SURGE_RPS);
  const breach = await until('the shop to be at capacity', BREACH_MS, () =>
    logged(stack, ({ msg }) => msg.startsWith('at capacity')),
  );
  return { ...breach, end };
}

async function lockFromOutside(stack: Stack): Promise<Breach> {
  const client = new pg.Client({
    connectionString: stack.databases.shop,
    application_name: 'nightly-report',
  });
  client.on('error', () => undefined); // the database is stopped while it holds the lock
  await client.connect();
  await client.query('begin');
  await client.query('lock table products, orders in access exclusive mode');
  return {
    at: new Date(),
    text: 'nightly-report holds a lock on products and orders',
    end: () => client.end(),
  };
}

interface Line {
  time: number;
  msg: string;
  event?: string;
  fault?: string;
}

/** The first line of the instance's log of which this is so: how the shop itself tells that the fault bites. */
async function logged(stack: Stack, isIt: (line: Line) => boolean): Promise<Breach | null> {
  const lines = (await readFile(stack.logOf(INSTANCE), 'utf8')).split('\n');
  for (const text of lines) {
    if (!text.startsWith('{') || !text.endsWith('}')) continue;
    const line = JSON.parse(text) as Line;
    if (isIt(line)) return { at: new Date(line.time), text: line.msg };
  }
  return null;
}
