import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../stack/context.ts';
import { withWebhook } from './routes.ts';

const shipped = await readFile(join(ROOT, 'alertmanager/alertmanager.yml'), 'utf8');
const made = parse(
  withWebhook(shipped, {
    service: 'target-app',
    alertname: 'TargetDown',
    url: 'http://192.0.2.1:9000/hooks/x',
  }),
);

test('one alert of the service goes to webhook once, its others nowhere', () => {
  assert.deepEqual(made.route.routes.slice(0, 2), [
    { matchers: ['service="target-app"', 'alertname="TargetDown"'], receiver: 'webhook' },
    { matchers: ['service="target-app"'], receiver: 'person' },
  ]);
  assert.deepEqual(made.receivers.at(-1), {
    name: 'webhook',
    webhook_configs: [{ url: 'http://192.0.2.1:9000/hooks/x', send_resolved: false }],
  });
  assert.deepEqual(
    made.receivers.find(({ name }: { name: string }) => name === 'person'),
    { name: 'person' },
  );
});

test('timings and everything else are as shipped', () => {
  const { route, receivers } = parse(shipped);
  assert.deepEqual({ ...made.route, routes: made.route.routes.slice(2) }, route);
  assert.deepEqual(made.receivers.slice(0, -1), receivers);
});
