import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkProblems, runbookProblems } from './docs.ts';
import { folderOf } from './folders.test-helper.ts';

test('links to what is there, elsewhere, or in code are fine; others are named with their page', (t) => {
  const page = [
    '[there](docs/setup.md) [folder](docs/) [web](https://example.org/x#y) ![no](gone.png)',
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

test('an anchor is a heading of its page, as GitHub makes it; others are named', (t) => {
  const page = [
    '# Set-up, *and* more: `AEGIS_HOST` (§ 1)\n## [Linked](docs/a.md#no-link) words\n### Twice\n### Twice ###',
    '```sh\n# a comment\n```',
    '[1](#set-up-and-more-aegis_host--1) [2](#linked-words) [3](#twice) [4](#twice-1) [5](docs/a.md#d%C3%A9j%C3%A0-vu)',
    '[6](#a-comment) [7](#Twice) [8](#twice-2) [9](docs/a.md#twice) [10](docs/code.ts#L3) [11](docs/gone.md#twice)',
  ];
  const root = folderOf(t, {
    'README.md': page.join('\n'),
    'docs/a.md':
      '#hashtag\n\n## Déjà vu?\n\n[back](../README.md#twice) [no](../README.md#thrice) [in `code`](#dj-vu)',
    'docs/code.ts': '',
  });
  assert.deepEqual(linkProblems(root), [
    'README.md links to #no-link, which is no heading of docs/a.md',
    'README.md links to #a-comment, which is no heading of README.md',
    'README.md links to #Twice, which is no heading of README.md',
    'README.md links to #twice-2, which is no heading of README.md',
    'README.md links to #twice, which is no heading of docs/a.md',
    'README.md links to docs/gone.md, which does not exist',
    'docs/a.md links to #thrice, which is no heading of README.md',
    'docs/a.md links to #dj-vu, which is no heading of docs/a.md',
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
