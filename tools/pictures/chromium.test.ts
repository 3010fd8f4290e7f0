import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findChromium } from './chromium.ts';

test('a Chromium on PATH is found, one that is named goes before it, and none is told with the cure', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'aegisops-chromium-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const program = (name: string, mode = 0o755) => {
    writeFileSync(join(dir, name), '');
    chmodSync(join(dir, name), mode);
    return join(dir, name);
  };
  const plain = program('chromium');
  const own = program('mine');
  assert.deepEqual(findChromium({ PATH: `/nowhere::${dir}` }), { path: plain });
  assert.deepEqual(findChromium({ PATH: dir, AEGIS_CHROMIUM: own }), { path: own });
  const missing = findChromium({ PATH: dir, AEGIS_CHROMIUM: join(dir, 'gone') });
  assert.match('problem' in missing ? missing.problem : '', /AEGIS_CHROMIUM is no program: .*gone/);
  if (process.platform === 'darwin') return; // may have one elsewhere
  const none = findChromium({ PATH: '/nowhere' });
  assert.match(
    'problem' in none ? none.problem : '',
    /no Chromium.*apt-get install chromium.*AEGIS_CHROMIUM/,
  );
});
