import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, versionIn } from './version.ts';

test('the version is found in what programs print', () => {
  const printed = {
    'prometheus, version 3.5.3+ds1 (branch: debian/sid, revision: 3.5.3+ds1-1)\n  go version: go1.24.4':
      '3.5.3',
    'amtool, version 0.33.1 (branch: HEAD, revision: abc)': '0.33.1',
    'otelcol version 0.155.0': '0.155.0',
    'otelcol-contrib version v0.120.1-rc.1': '0.120.1',
    'version 1.26 linux/amd64': '1.26.0',
  };
  for (const [text, version] of Object.entries(printed)) assert.equal(versionIn(text), version, text);
  for (const text of ['', 'unknown flag: --version', 'version unknown'])
    assert.equal(versionIn(text), undefined);
});

test('versions are compared by number, not by letter', () => {
  const sorted = ['0.33.1', '3.0.0', '0.9.12', '10.0.0', '0.33.0'].sort(compareVersions);
  assert.deepEqual(sorted, ['0.9.12', '0.33.0', '0.33.1', '3.0.0', '10.0.0']);
  assert.equal(compareVersions('1.2.3', '1.2.3'), 0);
});
