import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeExportWatch } from './export-watch.ts';

test('one word when exports start to fail, one when all of them work again', () => {
  const said: (string | null)[] = [];
  const answers: Record<string, number> = { traces: 1, logs: 1 };
  const exporterOf = (signal: string) => ({
    export: (_items: number[], done: (result: { code: number; error?: Error }) => void) =>
      done(answers[signal] ? { code: 1, error: new Error('connect ECONNREFUSED') } : { code: 0 }),
  });
  const watch = makeExportWatch();
  watch.onChange((error) => said.push(error));
  const traces = exporterOf('traces');
  const logs = exporterOf('logs');
  watch.watch('traces', traces);
  watch.watch('logs', logs);

  const codes: number[] = [];
  const sendAll = () => {
    for (const exporter of [traces, logs, traces]) exporter.export([], (result) => codes.push(result.code));
  };
  sendAll();
  sendAll();
  assert.deepEqual(said, ['traces: connect ECONNREFUSED']);
  answers.traces = 0;
  sendAll();
  assert.equal(said.length, 1, 'logs still fail');
  answers.logs = 0;
  sendAll();
  sendAll();
  assert.deepEqual(said, ['traces: connect ECONNREFUSED', null]);
  assert.equal(codes.length, 15, 'the processors still hear every result');
});
