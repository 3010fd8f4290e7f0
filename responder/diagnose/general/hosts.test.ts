import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsIn } from './hosts.ts';

test('names and addresses of machines are found in a line, each once', () => {
  assert.deepEqual(
    hostsIn('Post "https://push.vendor.example/send": x509, and push.vendor.example/send again'),
    ['push.vendor.example'],
  );
  assert.deepEqual(hostsIn('dial tcp 10.4.7.9:8443: i/o timeout'), ['10.4.7.9']);
  assert.deepEqual(hostsIn('ENOTFOUND pg-primary.internal'), ['pg-primary.internal']);
});

test('versions, durations, files and where source comes from are no machines', () => {
  for (const line of [
    'notify 3.5.0 started in 1.5ms, load 0.7',
    'at handler (server.js:12), main.go:4, /etc/app/config.yaml',
    'github.com/lib/pq.(*conn).query',
    'java.lang.NullPointerException at com.acme.Shop',
    'see docs/a.b.c/index.html',
  ])
    assert.deepEqual(hostsIn(line), [], line);
});
