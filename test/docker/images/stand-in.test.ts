/** When a stand-in is built, against a `docker` that only tells what it was asked. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { folderOf } from '../../../tools/check/folders.test-helper.ts';
import { writeProgram } from '../../../tools/toolchain/products.test-helper.ts';
import { hashOf } from './context.ts';
import { ensureStandIn, type Ingredients, stateOf } from './stand-in.ts';

const CONTENTS = { dockerfile: 'FROM scratch', context: { file: { text: 'contents' } } };
const LABEL = 'org.aegisops.stand-in';

/** @param labels of the image of any name; undefined: there is none */
function fakeDocker(t: TestContext, labels: Record<string, string> | null | undefined) {
  const dir = folderOf(t, { log: '' });
  const answer =
    labels === undefined
      ? 'echo "Error: No such image: $5" >&2; exit 1'
      : `echo '${JSON.stringify({ id: 'sha256:old', labels })}'`;
  writeProgram(
    join(dir, 'docker'),
    `echo "$*" >>${dir}/log\ncase "$1 $2" in 'image inspect') ${answer} ;; esac`,
  );
  const { PATH } = process.env;
  process.env.PATH = dir + delimiter + PATH;
  t.after(() => {
    process.env.PATH = PATH;
  });
  const said: string[] = [];
  const ingredients = { say: (line: string) => said.push(line) } as unknown as Ingredients;
  const recipe = { image: 'some:1.0', make: async () => ({ ...CONTENTS, what: 'a file' }) };
  return {
    ensure: () => ensureStandIn(recipe, ingredients, dir),
    said,
    /** What was asked besides the image's state. */
    asked: () =>
      readFileSync(join(dir, 'log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('image inspect')),
  };
}

test('a real image of the name is left alone, with and without labels', async (t) => {
  for (const labels of [null, { maintainer: 'somebody' }]) {
    const { ensure, asked, said } = fakeDocker(t, labels);
    await ensure();
    assert.deepEqual(asked(), []);
    assert.deepEqual(said, ['some:1.0: a real image is there, left as it is']);
  }
});

test('where there is none it is built, with labels that tell what it is', async (t) => {
  const { ensure, asked } = fakeDocker(t, undefined);
  await ensure();
  const [build = '', ...more] = asked();
  assert.match(build, /^build .*--tag some:1\.0 /);
  assert.ok(build.includes(`--label ${LABEL}=true --label ${LABEL}.inputs=${hashOf(CONTENTS)}`));
  assert.deepEqual(more, []);
});

test('a stand-in of the same things is left alone, one of others is replaced and removed', async (t) => {
  const same = fakeDocker(t, { [LABEL]: 'true', [`${LABEL}.inputs`]: hashOf(CONTENTS) });
  await same.ensure();
  assert.deepEqual(same.asked(), []);
  const other = fakeDocker(t, { [LABEL]: 'true', [`${LABEL}.inputs`]: 'other' });
  await other.ensure();
  assert.deepEqual(
    other.asked().map((line) => line.replace(/ --.*/, '')),
    ['build', 'image rm sha256:old'],
  );
});

test('an engine that does not answer is not an absent image', async (t) => {
  const dir = folderOf(t, { x: '' });
  writeProgram(join(dir, 'docker'), 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  const { PATH } = process.env;
  process.env.PATH = dir + delimiter + PATH;
  t.after(() => {
    process.env.PATH = PATH;
  });
  await assert.rejects(stateOf('some:1.0'), /Cannot connect/);
});
