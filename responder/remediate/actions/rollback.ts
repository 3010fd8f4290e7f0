/** ROLLBACK: the release that ran before takes the place of the one that runs now, on every instance. Undo puts that one back. */
import type { RuntimeState } from '../../clients/runtimes/runtime.ts';
import type { InstanceState } from '../../incident/incident.ts';
import { type Operation, unfitToRoll } from '../operation.ts';

export const rollback: Operation = {
  async prepare(runtime, { planned, target, seen }) {
    const { version } = planned;
    if (!version) return { refused: 'no release to go back to is named' };
    const instances: RuntimeState[] = [];
    let from: string | null = null;
    for (const { id } of target.instances) {
      const releases = await runtime.releases(id);
      const current = releases.at(-1)?.version ?? null;
      if (current === version) continue; // added since, or rolled back by hand
      if (!releases.some((release) => release.version === version))
        return { refused: `${id} has no ${version} in its record of what ran` };
      const now = await runtime.inspect(id);
      const reason = unfitToRoll(now, seen);
      if (reason) return { refused: reason };
      instances.push(now);
      from = current;
    }
    if (instances.length === 0) return { refused: `${target.name} runs ${version} already` };
    const names = instances.map(({ instance }) => instance).join(', ');
    return { instance: names, before: { instances, like: null, from, to: version } };
  },

  async run(runtime, { id, before }, signal, renew) {
    const after: RuntimeState[] = [];
    for (const then of before.instances) {
      await renew();
      const now = await runtime.inspect(then.instance);
      const isDone = now.startId === id && now.state === 'running';
      after.push(isDone ? now : await runtime.roll(then.instance, then, before.to ?? '', id, signal));
    }
    return after;
  },

  wasDone({ id, before }, now) {
    const each = before.instances.map((then, i) => fateOf(id, then, now[i]));
    if (each.includes('cannot tell')) return 'cannot tell';
    if (each.every((fate) => fate === 'done')) return 'done';
    return each.every((fate) => fate === 'not done') ? 'not done' : 'half';
  },

  async undo(runtime, { id, before }, signal) {
    const undoId = `${id}-undo`;
    const back: string[] = [];
    for (const then of before.instances) {
      const now = await runtime.inspect(then.instance);
      const version = then.version ?? before.from;
      if (!version) continue;
      if (isOurs(id, then, now)) await runtime.roll(then.instance, now, version, undoId, signal);
      else if (now.startId !== undoId) continue;
      back.push(`${version} on ${then.instance}`);
    }
    return back.length > 0
      ? `back again: ${back.join(', ')}`
      : 'nothing was put back: no instance is as it was left';
  },
};

function fateOf(id: string, then: InstanceState, now: InstanceState | undefined) {
  if (!now) return 'cannot tell';
  if (now.startId === id) return now.state === 'running' ? 'done' : 'cannot tell';
  if (now.identity !== then.identity) return 'cannot tell';
  return now.state === then.state ? 'not done' : 'half';
}

/** What we started, or ended and could not start; what somebody else started since is theirs. */
function isOurs(id: string, then: InstanceState, now: RuntimeState): boolean {
  const endedByUs = then.state === 'running' && now.state === 'exited' && now.identity === then.identity;
  return now.startId === id || endedByUs;
}
