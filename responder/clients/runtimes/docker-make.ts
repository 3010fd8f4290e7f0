/** Making a container out of another one's definition. */
import { AegisError } from '../../errors.ts';
import { type Made, networksOf } from './docker-definition.ts';
import type { Container, Engine, Image } from './docker-engine.ts';
import type { Step } from './docker-steps.ts';

/**
 * @param imageId what it is made from, and must turn out to be made from.
 * Throws AEGIS_RUNTIME.
 */
export async function make(
  engine: Engine,
  like: Container,
  build: (itsImage: Image) => Made,
  imageId: string,
  signal: AbortSignal,
): Promise<void> {
  const itsImage = await engine.image(like.Image);
  if (!itsImage) throw new AegisError('AEGIS_RUNTIME', `the image of ${like.Name} is not there any more`);
  const { definition } = build(itsImage);
  // By its tag a person knows it in `docker ps`; where the tag was moved meanwhile, its id is the word.
  const tagged = await engine.image(definition.Image);
  const Image = tagged?.Id === imageId ? definition.Image : imageId;
  const id = await engine.create({ ...definition, Image }, signal);
  const made = await engine.inspect(id);
  if (made?.Image === imageId) return;
  await engine.remove(id, true, signal);
  const got = made?.Image ?? 'nothing';
  throw new AegisError(
    'AEGIS_RUNTIME',
    `${definition.Image} is ${got} now, not ${imageId}; ${definition.name} was not made`,
  );
}

/** The step that is missing until a container is in all the networks of another; null where it is. */
export function connectStep<T>(engine: Engine, made: Container, like: Container): Step<T> | null {
  const there = new Set(Object.keys(made.NetworkSettings.Networks));
  const missing = Object.entries(networksOf(like)).find(([network]) => !there.has(network));
  if (!missing) return null;
  const [network, endpoint] = missing;
  return {
    do: `connect ${made.Name} to ${network}`,
    call: (signal) => engine.connect(network, made.Id, endpoint, signal),
  };
}
