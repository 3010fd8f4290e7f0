/** SCALE_UP: one more instance, made like the first of the service. Undo takes it away again; so does its due time. */
import { AegisError } from '../../errors.ts';
import type { Operation } from '../operation.ts';

export const scaleUp: Operation = {
  async prepare(runtime, { target }) {
    const [like] = target.instances;
    if (!like) return { refused: `${target.name} has no instance to make another one of` };
    const instance = await runtime.nextInstance(like.id);
    const now = await runtime.inspect(instance);
    if (now.state === 'running') return { refused: `${instance} runs already: ${now.reason}` };
    return { instance, before: { instances: [now], like: like.id, from: null, to: null } };
  },

  async run(runtime, { id, instance, before }, signal, renew) {
    await renew();
    if (!before.like) throw new AegisError('AEGIS_RUNTIME', `what ${instance} is made like is not on record`);
    return [await runtime.scaleUp(before.like, instance, id, signal)];
  },

  // That it runs does not tell whether it is listed yet, and it may be made and not started: doing it again finishes that.
  wasDone({ id, before }, [now]) {
    if (!now) return 'cannot tell';
    if (now.startId === id) return now.state === 'running' || now.identity === null ? 'half' : 'cannot tell';
    return now.identity === before.instances[0]?.identity ? 'not done' : 'cannot tell';
  },

  async undo(runtime, { id, instance }, signal) {
    await runtime.scaleDown(instance, id, signal);
    return `${instance} is taken away again`;
  },
};
