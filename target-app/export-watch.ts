/** Notices when pushing telemetry starts to fail and when it works again, so that the log needs one line for each. */

/** What an OTLP exporter reports; code 0 is success. */
interface ExportResult {
  code: number;
  error?: Error;
}
interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

/** `error` is the first failure's words; null when every signal goes through again. */
export type ExportListener = (error: string | null) => void;

export interface ExportWatch {
  /** Watches one exporter. Signals are kept apart, so that one that works does not hide one that fails. */
  watch<T>(signal: string, exporter: Exporter<T>): void;
  onChange(listener: ExportListener): void;
}

export function makeExportWatch(): ExportWatch {
  const failing = new Set<string>();
  let listener: ExportListener = () => undefined;

  const note = (signal: string, result: ExportResult) => {
    const wereFailing = failing.size > 0;
    if (result.code === 0) failing.delete(signal);
    else failing.add(signal);
    if (!wereFailing && failing.size > 0) listener(`${signal}: ${result.error?.message || 'not accepted'}`);
    if (wereFailing && failing.size === 0) listener(null);
  };

  return {
    watch: (signal, exporter) => {
      const send = exporter.export.bind(exporter);
      exporter.export = (items, done) =>
        send(items, (result) => {
          note(signal, result);
          done(result);
        });
    },
    onChange: (next) => {
      listener = next;
    },
  };
}
