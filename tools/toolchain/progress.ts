/** Says that something long goes on, at least every few seconds. */

export type Say = (line: string) => void;

export interface Progress {
  /** What the next line will tell; nothing is printed by it. */
  at: (state: string) => void;
  stop: () => void;
}

/** Prints `label ... state, N s` every `everyMs` until stopped. */
export function startProgress(say: Say, label: string, everyMs = 5000): Progress {
  const started = Date.now();
  let state = '';
  const timer = setInterval(() => {
    const seconds = `${Math.round((Date.now() - started) / 1000)} s`;
    say(`${label} ... ${state === '' ? '' : `${state}, `}${seconds}`);
  }, everyMs);
  return {
    at: (next) => {
      state = next;
    },
    stop: () => clearInterval(timer),
  };
}
