/** A reporter of node:test for the runner: one line of JSON with the counts, once the file has ended. */

interface TestEvent {
  type: string;
  data: { name?: string; file?: string; counts?: Counts };
}

/** As node:test counts: a file that fails as a whole is one failed test. */
export interface Counts {
  passed: number;
  failed: number;
  cancelled: number;
  skipped: number;
  todo: number;
}

export default async function* tally(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let emptyFiles = 0;
  let counts: Counts | undefined;
  for await (const { type, data } of events) {
    if (type === 'test:pass' && data.name && data.file?.endsWith(data.name)) emptyFiles += 1;
    if (type === 'test:summary' && data.file === undefined) counts = data.counts;
  }
  // node:test counts a file without any test as a test that passed.
  if (counts) yield `${JSON.stringify({ ...counts, passed: counts.passed - emptyFiles })}\n`;
}
