/** What ails the target itself and a restart clears: memory, computing without end, standing still, being gone. */
import type { Hypothesis } from '../rules/hypothesis.ts';
import { againstRestart } from './against-restart.ts';
import { type Claim, claimed, evidenceOf, shown, toldOf } from './claim.ts';
import { oneOfMany } from './one-instance.ts';
import { ownOf, type Scene } from './scene.ts';
import { standstills, type Track } from './tracks.ts';
import { filesLeak, ownLock, poolLeak, stale } from './used-up.ts';

/** What is no container, pod or process of ours cannot be restarted by us. */
const OURS = new Set(['container', 'deployment', 'job', 'other']);

export function inside(whole: Scene): Hypothesis[] {
  if (!OURS.has(whole.kind)) return [];
  const scene = ownOf(whole);
  return [memoryLeak, runaway, stuck, gone, poolLeak, filesLeak, ownLock, stale, oneOfMany]
    .map((rule) => rule(scene))
    .filter((claim) => claim !== null)
    .map((claim) => claimed({ ...claim, con: [...claim.con, ...againstRestart(scene)] }));
}

const cures = 'A restart clears it.';

function memoryLeak({ bad, of, logs, body, load, target, alertsOf, down }: Scene): Claim | null {
  const high = bad('memory');
  const rising = of('memory').filter(
    ({ gradual, state, to, from }) => state !== 'normal' && gradual && to > from,
  );
  const died = logs.says('out-of-memory');
  const pressed = logs.says('memory-pressure');
  const killed = body?.oomKilled === true || body?.exitCode === 137;
  if (
    high.length === 0 &&
    !(died.share >= 0.3 && died.count > 0) &&
    !(killed && body?.state !== 'running') &&
    pressed.share < 0.4
  )
    return null;
  const usual = of('memory').some((track) => track.usual || (track.state === 'normal' && died.count === 0));
  const looping = body?.state === 'looping';
  return {
    category: 'memory_leak',
    action: looping ? 'NOOP' : 'RESTART',
    instance: high[0]?.instance ?? null,
    cause: `${target} holds memory that it does not give back${high[0] ? `: ${toldOf(high[0])}` : ''}`,
    cure: looping
      ? 'It is killed and started again all the time, which cures nothing: a person has to find what fills it, or raise the limit.'
      : cures,
    base: 0.45,
    pro: [
      shown(0.15, high),
      [high.length > 0 && alertsOf === 'memory', 0.08, 'that is what alerted'],
      [rising.length > 0, 0.15, 'it rises without end', evidenceOf(rising)],
      [died.count > 0, 0.15, 'the logs tell of memory that ran out', logs.evidence],
      [pressed.count > 0, 0.1, 'the logs tell of memory under pressure', logs.evidence],
      [killed, 0.12, 'the kernel has killed it for its memory', [body?.evidence]],
      [
        load.word === 'steady' || load.word === 'fell',
        0.06,
        'there is no more load than before',
        [load.track?.evidence],
      ],
    ],
    con: [
      [usual && high.length === 0, 0.3, 'memory stands where it always stood', evidenceOf(of('memory'))],
      [high.length === 0 && !killed && down.length > 0, 0.3, 'it may be the memory of a dependency', down],
      [body?.state === 'running' && killed && high.length === 0, 0.2, 'it runs again', [body?.evidence]],
    ],
    cites: [...evidenceOf(high), body?.evidence, ...(died.count + pressed.count > 0 ? logs.evidence : [])],
  };
}

function runaway({ bad, logs, load, target, body }: Scene): Claim | null {
  const busy = bad('cpu', 'loop');
  const told = logs.says('busy');
  if (busy.length === 0 && told.share < 0.4) return null;
  const memory = bad('memory');
  return {
    category: 'cpu_saturation',
    action: 'RESTART',
    instance: busy[0]?.instance ?? null,
    cause: `${target} computes without end${busy[0] ? `: ${toldOf(busy[0])}` : ''}`,
    cure: cures,
    base: 0.45,
    pro: [
      shown(0.12, busy),
      [
        load.word === 'steady' || load.word === 'fell',
        0.22,
        'there is no more load than before',
        [load.track?.evidence],
      ],
      [told.count > 0, 0.12, 'the logs tell of computing without end', logs.evidence],
      [
        bad('latency', 'errors', 'up').length > 0,
        0.05,
        bad('latency', 'errors', 'up').map(toldOf).join(', '),
        evidenceOf(bad('latency', 'errors', 'up')),
      ],
    ],
    con: [
      [load.word === 'grew', 0.4, 'there is more to do than before', [load.track?.evidence]],
      [load.word === 'unseen', 0.08, 'whether there is more to do is not known'],
      [
        memory.length > 0,
        0.15,
        'memory is full as well: collecting it may be what computes',
        evidenceOf(memory),
      ],
      [
        bad('machine').length > 0 || logs.says('node').share >= 0.3,
        0.35,
        'somebody else takes the CPU',
        evidenceOf(bad('machine')),
      ],
    ],
    cites: [...evidenceOf(busy), body?.evidence],
  };
}

function stuck({ bad, of, logs, load, body, target, down, database, tracks }: Scene): Claim | null {
  const told = logs.says('stuck');
  const silent = bad('up', 'latency', 'queue', 'errors', 'threads');
  const cpu = of('cpu')[0];
  const idle = cpu !== undefined && cpu.state !== 'bad' && cpu.to < Math.min(0.15, cpu.from * 0.5 || 0.15);
  const stopped = load.word === 'fell' && idle;
  const still = isWanted(tracks) ? standstills(tracks) : [];
  if (told.share < 0.25 && still.length === 0 && !(stopped && silent.length > 0)) return null;
  if (body?.state === 'exited') return null;
  const others = logs.says('unreachable', 'slow-dependency', 'dependency-error');
  return {
    category: 'process_down',
    action: 'RESTART',
    cause: `${target} runs and does nothing any more: it is stuck`,
    cure: cures,
    base: 0.45,
    pro: [
      [told.share >= 0.25, 0.28, 'the logs tell of work that stands still', logs.evidence],
      shown(0.18, still),
      shown(0.1, silent),
      [idle, 0.1, 'it computes next to nothing', [cpu?.evidence]],
      [load.word === 'fell', 0.05, 'it gets less done than before', [load.track?.evidence]],
    ],
    con: [
      [down.length > 0, 0.25, 'it may wait for a dependency that is not well', down],
      [(database?.waiting ?? 0) > 0, 0.25, 'it waits for a lock in the database', [database?.evidence]],
      [bad('machine').length > 0, 0.35, 'somebody else takes the CPU', evidenceOf(bad('machine'))],
      [others.share > told.share, 0.2, 'it may wait for somebody else', logs.evidence],
      [logs.says('code', 'schema').share >= 0.3, 0.2, 'it fails at what it reads', logs.evidence],
    ],
    cites: [...evidenceOf([...silent, ...still]), body?.evidence, ...(told.count > 0 ? logs.evidence : [])],
  };
}

/** Somebody still asks for work: it comes in as before, or piles up. */
function isWanted(tracks: Track[]): boolean {
  return tracks.some(
    ({ role, state, from, to }) =>
      (role === 'traffic' && from > 0 && to >= 0.7 * from) ||
      (['queue', 'threads'].includes(role) && state === 'bad'),
  );
}

function gone(scene: Scene): Claim | null {
  const { bad, of, logs, body, target, down } = scene;
  const dark = of('up').filter(({ to }) => to === 0);
  const done = scene.kind === 'job' && body?.exitCode === 0;
  const exited = body?.state === 'exited' && !done;
  if (!exited && dark.length === 0) return null;
  const why = logs.says('config', 'credentials', 'certificate', 'disk', 'image', 'schema');
  const needs = logs.says('unreachable', 'dns');
  const asked = exited && (body?.exitCode === 0 || body?.exitCode === 143);
  return {
    category: 'process_down',
    action: 'RESTART',
    cause: `${target} is ${exited ? `not running (${body?.told}${body?.exitCode === null ? '' : `, exit code ${body?.exitCode}`})` : 'not answering'}`,
    cure: 'Starting it again is the cure there is.',
    base: 0.6,
    pro: [
      [exited, 0.12, 'it has ended', [body?.evidence]],
      shown(0.1, dark),
      [bad('errors').length > 0, 0.03, 'requests fail', evidenceOf(bad('errors'))],
    ],
    con: [
      [why.share >= 0.3, 0.4, 'the logs name a cause that a restart does not clear', logs.evidence],
      [
        needs.share >= 0.4 || down.length > 0,
        0.3,
        'it lacks somebody that it needs',
        [...down, ...logs.evidence],
      ],
      [
        asked,
        body?.exitCode === 0 ? 0.2 : 0.14,
        'it ended in peace: somebody may have wanted it',
        [body?.evidence],
      ],
      [
        body?.state === 'looping' || body?.state === 'waiting',
        0.4,
        'its supervisor starts it again all the time',
        [body?.evidence],
      ],
      [logs.says('node', 'scheduling').share >= 0.3, 0.35, 'the machine below it is not well', logs.evidence],
    ],
    cites: [body?.evidence, ...evidenceOf(dark)],
  };
}
