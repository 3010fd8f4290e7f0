/** Whether somebody has silenced a target in Alertmanager, which is a person's way to say "keep off". */
import type { ActiveSilence, Alertmanager } from '../clients/alertmanager.ts';
import type { Silence } from './facts.ts';

/** Labels by which a silence names a target, or an instance of it. */
const LABELS = ['service', 'container_name', 'instance'];

/**
 * Asked anew each time. While Alertmanager is away, what it said last counts: a silence carries its own end, and a dead
 * Alertmanager must not stop a repair. Throws where it never could be read. @param alertmanager null: there is none.
 */
export function makeSilenceOn(alertmanager: Pick<Alertmanager, 'silences'> | null, clock: () => Date) {
  let known: ActiveSilence[] | null = null;
  return async (target: string, instances: string[] = []): Promise<Silence | null> => {
    if (!alertmanager) return null;
    try {
      known = await alertmanager.silences();
    } catch (error) {
      if (known === null) throw error;
    }
    const now = clock().getTime();
    const silence = known.find((one) => Date.parse(one.endsAt) > now && names(one, target, instances));
    return silence ? { by: silence.by, comment: silence.comment, endsAt: silence.endsAt } : null;
  };
}

/** One that names neither service nor instance (a kind of alert everywhere) is about no target. */
function names({ matchers }: ActiveSilence, target: string, instances: string[]): boolean {
  const about = matchers.filter((matcher) => LABELS.includes(matcher.name));
  return (
    about.length > 0 &&
    about.every((matcher) =>
      (matcher.name === 'service' ? [target] : [target, ...instances]).some(
        (name) => (matches(matcher, name) ?? matcher.isEqual) === matcher.isEqual,
      ),
    )
  );
}

/** Null where it cannot be told: Go's expressions are not quite ours, and in doubt somebody meant this target. */
function matches({ value, isRegex }: ActiveSilence['matchers'][number], target: string): boolean | null {
  if (!isRegex) return value === target;
  try {
    return new RegExp(`^(?:${value})$`).test(target);
  } catch {
    return null;
  }
}
