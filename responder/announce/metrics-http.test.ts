import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { Registry } from 'prom-client';
import { until } from '../../test/wait.ts';
import { timeRequests } from './metrics-http.ts';

test('answers are timed by the pattern of their route; an id, or a path that nobody serves, is no label', async (t) => {
  const registry = new Registry();
  const app = express();
  app.get('/incidents/:id', (_request, response) => void response.send('one'));
  app.post('/webhook', (_request, response) => void response.status(503).end());
  app.get('/never', () => undefined);
  const server = createServer(timeRequests(registry, app)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(`${base}/incidents/inc-secret`);
  await fetch(`${base}/webhook`, { method: 'POST' });
  await fetch(`${base}/evil-path`, { method: 'PUT' });
  const gone = request(`${base}/never`).on('error', () => undefined);
  gone.end();
  await once(server, 'request');
  gone.destroy();
  const counts = async () =>
    [...(await registry.metrics()).matchAll(/_count\{(.*)\} 1$/gm)].map(([, labels]) => labels);
  await until(async () => (await counts()).length === 4);
  assert.deepEqual((await counts()).toSorted(), [
    'method="GET",route="/incidents/:id",status="200"',
    'method="GET",route="/never",status="aborted"',
    'method="POST",route="/webhook",status="503"',
    'method="other",route="none",status="404"',
  ]);
});
