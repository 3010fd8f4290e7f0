import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkProblems, runbookProblems } from './docs.ts';
import { folderOf } from './folders.test-helper.ts';

test('links to what is there, elsewhere, or in code are fine; others are named with their page', (t) => {
  const page = [
    '[there](docs/setup.md#errors) [folder](docs/) [up](#here) [web](https://example.org/x) ![no](gone.png)',
    'as `[in code](nowhere.md)`',
    '```\n[in a block](nowhere.md)\n```',
  ];
  const root = folderOf(t, {
    'README.md': page.join('\n'),
    'docs/setup.md': '[back](../README.md) [a space](with%20space.md) [title](gone.md "a title")',
    'docs/with space.md': '',
  });
  assert.deepEqual(linkProblems(root).sort(), [
    'README.md links to gone.png, which does not exist',
    'docs/setup.md links to gone.md, which does not exist',
  ]);
});

test('alerts without a runbook and runbooks without an alert are named', (t) => {
  const rule = (alert: string, annotations: string) =>
    `      - alert: ${alert}\n        expr: vector(1)\n        annotations: ${annotations}\n`;
  const root = folderOf(t, {
    'prometheus/rules/some.yml': [
      'groups:\n  - name: some\n    rules:\n      - record: a:b\n        expr: vector(1)\n',
      rule('Good', '{ runbook_url: http://localhost:8001/runbooks/Good }'),
      rule('Missing', '{ runbook_url: http://localhost:8001/runbooks/Missing }'),
      rule('Silent', '{ summary: nothing }'),
    ].join(''),
    'docs/runbooks/Good.md': '',
    'docs/runbooks/Old.md': '',
  });
  assert.deepEqual(runbookProblems(root), [
    'Missing: there is no docs/runbooks/Missing.md',
    'Silent has no runbook_url that ends in /runbooks/NAME',
    'docs/runbooks/Old.md belongs to no alert',
  ]);
});
