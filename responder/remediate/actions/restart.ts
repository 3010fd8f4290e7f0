/** RESTART: the process ends and the same release starts anew. There is nothing to undo: the old process is gone. */
import { type Operation, unfit } from '../operation.ts';

export const restart: Operation = {
  async prepare(runtime, { planned, seen }) {
    const { instance } = planned;
    if (!instance) return { refused: 'no instance is named' };
    const now = await runtime.inspect(instance);
    const reason = unfit(now, seen);
    return reason
      ? { refused: reason }
      : { instance, before: { instances: [now], like: null, from: null, to: null } };
  },

  async run(runtime, { id, before }, signal, renew) {
    const [instance] = before.instances;
    if (!instance) throw new Error(`the picture of ${id} shows no instance`);
    await renew();
    return [await runtime.restart(instance.instance, instance, id, signal)];
  },

  wasDone({ id, before }, [now]) {
    if (!now) return 'cannot tell';
    if (now.startId === id) return now.state === 'running' ? 'done' : 'cannot tell';
    const [then] = before.instances;
    if (now.identity === then?.identity) return now.state === then?.state ? 'not done' : 'half';
    // Where a runtime cannot say who restarted it: it was started anew after the intent was written, and that was all we wanted.
    return now.startId === then?.startId && now.state === 'running' ? 'done' : 'cannot tell';
  },

  undo: null,
};
