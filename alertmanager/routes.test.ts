/** Alertmanager's own words on its configuration, and on where each alert goes (routes.test.json). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertmanagerConfigProblems, routeProblems } from '../tools/check/alertmanager.ts';
import { changedCopy } from '../tools/check/folders.test-helper.ts';
import { ROOT } from '../tools/stack/context.ts';
import { toolchain } from '../tools/toolchain/toolchain.ts';

const { amtool } = await toolchain({ say: console.error, names: ['amtool'] });
const CONFIG = 'alertmanager/alertmanager.yml';

test('the configuration is in order, and every alert goes where it should', async () => {
  assert.deepEqual(await alertmanagerConfigProblems(amtool, ROOT), []);
  assert.deepEqual(await routeProblems(amtool, ROOT), []);
});

test('a receiver that does not exist is found', async (t) => {
  const root = changedCopy(t, CONFIG, 'receiver: person', 'receiver: nobody');
  assert.match((await alertmanagerConfigProblems(amtool, root)).join(), /nobody/);
});

test('the alerts that must reach a person are missed when their route goes', async (t) => {
  const root = changedCopy(t, CONFIG, 'ResponderSilent|TargetAlertUnanswered', 'Other');
  const problems = await routeProblems(amtool, root);
  assert.equal(problems.length, 2);
  for (const problem of problems) assert.match(problem, /should go to person/);
});
