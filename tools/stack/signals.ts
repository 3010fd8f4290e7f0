/** Ctrl-C and its like, for commands that have something to stop before they end. */

/** What a shell calls the end by a signal. */
const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

export interface Interruption {
  /** Aborted as soon as somebody wants us to end; its reason is then the exit status. */
  interrupted: AbortSignal;
  /** Gives up waiting for `work` at that moment. */
  unless<T>(work: Promise<T>): Promise<T>;
}

export function watchSignals(): Interruption {
  const controller = new AbortController();
  for (const [signal, status] of Object.entries(STATUSES)) process.on(signal, () => controller.abort(status));
  const aborted = new Promise<never>((_, reject) =>
    controller.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true }),
  );
  aborted.catch(() => undefined); // nobody need be waiting
  return {
    interrupted: controller.signal,
    unless: <T>(work: Promise<T>): Promise<T> => Promise.race([work, aborted]),
  };
}
