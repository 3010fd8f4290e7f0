/** What was released lately, from the runtime's record of what ran. That nothing was is evidence, too. */
import type { Release, Runtime } from '../clients/runtimes/runtime.ts';
import { wordsOf } from '../errors.ts';
import type { ChangeData, Finding } from '../incident/incident.ts';
import type { Question, Source } from './gather.ts';

const WINDOW_MS = 3_600_000;
/** The newest so many of each instance. */
const MOST = 5;

type Reads = Pick<Runtime, 'name' | 'releases'>;

export function makeChangeSource({ runtime }: { runtime: Reads }): Source {
  const query = ({ target }: Question) =>
    `${runtime.name}: releases of ${target?.instances.map((i) => i.id).join(', ') ?? 'nothing'}`;
  return {
    name: 'changes',
    query,
    read: async (question) => {
      const ids = (question.target?.instances ?? []).map(({ id }) => id);
      const read = await Promise.all(ids.map((id) => readInstance(runtime, id, question)));
      const findings = read.flatMap((one) => one.findings);
      const isQuiet = read.some((one) => one.seen) && !findings.some((one) => one.data.kind === 'change');
      return isQuiet ? [...findings, nothingChanged(query(question), question)] : findings;
    },
  };
}

/** One instance's record; that it cannot be read hides no other's. */
async function readInstance(runtime: Reads, id: string, question: Question) {
  const at = question.now.toISOString();
  const base = { source: 'changes', query: `${runtime.name}: releases of ${id}`, at };
  const failure = { kind: 'failure' } as const;
  try {
    const releases = await runtime.releases(id);
    if (releases.length === 0) {
      const reading = `there is no record of what ran as ${id}`;
      return { seen: false, findings: [{ ...base, status: 'no_data' as const, reading, data: failure }] };
    }
    const findings = switchesOf(releases, id, question).map(
      (change): Finding => ({
        ...base,
        status: 'ok',
        reading: `${change.summary}, ${agoOf(change, question)} before now`,
        data: { kind: 'change', change },
      }),
    );
    return { seen: true, findings };
  } catch (error) {
    const reading = `releases of ${id} cannot be read: ${wordsOf(error)}`;
    return { seen: false, findings: [{ ...base, status: 'error' as const, reading, data: failure }] };
  }
}

/** Newest first. The same version put there again is no switch. */
function switchesOf(releases: Release[], id: string, { incident, now }: Question): ChangeData[] {
  const since = now.getTime() - WINDOW_MS;
  return releases
    .flatMap((release, i): ChangeData[] => {
      const from = releases[i - 1]?.version ?? null;
      if (from === null || from === release.version || !(Date.parse(release.at) >= since)) return [];
      const summary = `${id} went from ${from} to ${release.version} (by ${release.by})`;
      const what = { kind: 'deploy' as const, target: incident.target, instance: id };
      return [{ ...what, at: release.at, from, to: release.version, by: release.by, summary }];
    })
    .toReversed()
    .slice(0, MOST);
}

function agoOf({ at }: ChangeData, { now }: Question): string {
  const seconds = Math.round((now.getTime() - Date.parse(at)) / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function nothingChanged(query: string, { now }: Question): Finding {
  const reading = 'no change on record within the last hour';
  const data = { kind: 'change', change: null } as const;
  return { source: 'changes', query, at: now.toISOString(), status: 'no_data', reading, data };
}
