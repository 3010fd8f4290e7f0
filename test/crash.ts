/** Stories in which the responder dies: a plan of where, somebody who starts it again each time, and what must be so in the end. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { until } from '../tools/demo/wait.ts';
import { type Story, startStory, type WholeIncident } from './story.ts';

const PATIENCE_MS = 120_000;
const LOOK_MS = 100;

export interface CrashStory extends Story {
  /** What is planned still, in the words of `crashing-responder.ts`. */
  planned(): string[];
  plan(...lines: string[]): void;
  /** Until the responder stands still at a point. */
  held(line: string): Promise<true>;
  /** Lets it go on. */
  letGo(): void;
  /** Starts the responder again whenever it is dead, until `work` is done; it must have died at all points of the plan. */
  reviving<T>(work: () => Promise<T>): Promise<T>;
  /** Until nothing of ours is under way. Throws where an alert that was stored has no incident, or an incident no end. */
  settled(): Promise<true>;
}

/** As startStory, with a responder that dies on demand and few reasons not to act again and again. */
export async function startCrashStory(options: Parameters<typeof startStory>[0] = {}): Promise<CrashStory> {
  const dir = await mkdtemp(join(tmpdir(), 'aegis-crash-'));
  after(() => rm(dir, { recursive: true }));
  const file = join(dir, 'points');
  const story = await startStory({
    ...options,
    responderScript: 'test/crashing-responder.ts',
    env: {
      responder: {
        CRASH_FILE: file,
        AEGIS_COOLDOWN_SECONDS: '0',
        AEGIS_LEASE_SECONDS: '7',
        AEGIS_FLAPPING_LIMIT: '1000',
        ...options.env?.responder,
      },
    },
  });
  const write = (lines: string[]) => {
    writeFileSync(`${file}.plan`, lines.join('\n'));
    renameSync(`${file}.plan`, file);
  };
  write([]);
  const planned = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return {
    ...story,
    planned,
    plan: (...lines) => write(lines),
    held: (line) =>
      until(`the responder to stand still: ${line}`, PATIENCE_MS, async () =>
        planned().includes(line.replace(/^hold/, 'held')) ? true : null,
      ),
    letGo: () => write(planned().filter((line) => !line.startsWith('held'))),
    async reviving(work) {
      let done = false;
      const reviver = revive(story, () => done);
      const result = await work()
        .catch((error) => {
          write([]); // what failed here must not make the next one fail, too
          throw error;
        })
        .finally(async () => {
          done = true;
          await reviver;
        });
      assert.deepEqual(planned(), [], 'it died wherever it was to die');
      return result;
    },
    settled: () => settled(story),
  };
}

async function revive(story: Story, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    if ((await story.stack.pid('responder')) === null)
      // It may die again while it starts: then the next round starts it.
      await story.stack.startPart('responder').catch((error) => {
        if (!/ended while it was starting/.test(error.message)) throw error;
      });
    await sleep(LOOK_MS);
  }
  if ((await story.stack.pid('responder')) === null) await story.stack.startPart('responder');
}

/** Read from the tables, since what is stuck may be what no page shows. */
async function settled({ stack }: Story): Promise<true> {
  const client = new pg.Client({ connectionString: stack.databases.aegis });
  await client.connect();
  try {
    return await until<true>('nothing to be under way', PATIENCE_MS, async () => {
      const { rows } = await client.query<{ what: string }>(
        `select 'incident ' || id || ' is open' as what from incident where closed_at is null
         union all select 'action ' || id || ' is intended' from action where state = 'intended'
         union all select 'undo of ' || id || ' is due' from action where undo_state = 'due'
         union all select 'episode of ' || target || ' has no incident' from episode
           where incident_id is null and status = 'firing'`,
      );
      if (rows.length > 0) throw new Error(rows.map(({ what }) => what).join('; '));
      return true;
    });
  } finally {
    await client.end();
  }
}

/** An incident that was acted upon, whole and once: nothing that happened around it counts twice. */
export function assertOnce(incident: WholeIncident, ...states: string[]): void {
  assert.deepEqual(
    actionsOf(incident).map((action) => action.state),
    states,
    incident.conclusion ?? '',
  );
  const learned = incident.timeline.filter((event) => event.kind === 'learned');
  assert.equal(learned.length, 1, 'the lesson counts once');
}

/**
 * The one incident of a target that was answered, once all are closed. Others are echoes, told late because the responder
 * was dead or looked at while a release was only just starting: nothing was done for them.
 * @param isAnswer by default: it did not end by itself
 */
export async function answered(
  story: Story,
  target: string,
  known: string[],
  isAnswer = ({ outcome }: WholeIncident) => outcome !== 'no_action',
): Promise<WholeIncident> {
  const mine = await until(`${target} to have its answer`, PATIENCE_MS, async () => {
    const all = await story.incidents(target);
    const own = all.filter(({ id }) => !known.includes(id));
    const isOver = all.every(({ closedAt }) => closedAt !== null);
    if (isOver && own.some(isAnswer)) return own;
    throw new Error(
      own.map(({ state, conclusion }) => `${state}: ${conclusion}`).join('; ') || 'none opened',
    );
  });
  const [incident, ...others] = mine.filter(isAnswer);
  assert.deepEqual(
    others.map(({ id, outcome, conclusion }) => `${id}: ${outcome}, ${conclusion}`),
    [],
    'one breach, one answer',
  );
  for (const echo of mine) if (echo !== incident) assert.ok(!acted(echo), `${echo.id} acted, too`);
  return incident as WholeIncident;
}

/** What was done for an incident. An intent that was withdrawn after a crash is nothing done. */
export const actionsOf = ({ actions }: WholeIncident) => actions.filter(({ state }) => state !== 'withdrawn');
/** For `answered`: something was done. */
export const acted = (incident: WholeIncident) => actionsOf(incident).length > 0;

/** Ids of all incidents of a target. */
export async function idsOf(story: Story, target: string): Promise<string[]> {
  return (await story.incidents(target)).map(({ id }) => id);
}

/** A leak in every target at once, the responder dying at a point of each; all are cured, each by one start. */
export async function leaksWhileItDies(story: CrashStory, points: Record<string, string>): Promise<void> {
  const each = await Promise.all(
    Object.entries(points).map(async ([target, point]) => {
      await story.quiet(target);
      const [known, starts] = [await idsOf(story, target), await story.starts(target)];
      return { target, point, known, starts };
    }),
  );
  story.plan(...each.map(({ target, point }) => `kill ${target} ${point}`));
  const incidents = await story.reviving(async () => {
    await Promise.all(each.map(({ target }) => story.trigger(target, 'memory')));
    return Promise.all(each.map(({ target, known }) => answered(story, target, known)));
  });
  await story.settled();
  for (const [i, { target, starts }] of each.entries()) {
    const incident = incidents[i] as WholeIncident;
    assert.equal(incident.outcome, 'resolved', incident.conclusion ?? '');
    assertOnce(incident, 'done');
    assert.equal((await story.starts(target)) - starts, 1, `starts of ${target}`);
  }
}
