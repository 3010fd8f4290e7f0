/** What Grafana's dashboards name is there: data sources, variables, metrics, labels, pages; and each panel says what it shows. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DASHBOARDS, textOf } from '../../grafana/dashboards.ts';
import { OPERATIONS } from '../../responder/http/pages/pages.ts';
import { commandProblems } from './check.ts';
import { type DashboardFile, panelsOf, queriesOf, readDashboards, sourcesIn } from './dashboards-files.ts';
import { type Filling, fillPromql, fillSql, unknownIn } from './dashboards-fill.ts';
import { type Emitted, emittedMetrics, labelsOfResult } from './dashboards-metrics.ts';
import { selectorsIn } from './promql.ts';

/** Values for checks that run nothing. */
export const SAMPLE: Filling = {
  from: new Date('2026-01-02T03:00:00Z'),
  to: new Date('2026-01-02T04:00:00Z'),
  chosen: { target: ['shop', "o'brien"], environment: ['.*'], public_url: ['PUBLIC'], shop_url: ['SHOP'] },
};
/** A panel of words, or of rows whose columns have units of their own. */
const UNITLESS = ['text', 'table'];
const TAG = 'aegisops';

/** @param root the folder that holds grafana/, prometheus/, docs/runbooks/ and target-app/ */
export function dashboardProblems(root: string): string[] {
  const boards = readDashboards(root);
  if (boards.length === 0) return ['there is no grafana/dashboards/*.json'];
  const emitted = emittedMetrics(root);
  const pages = pagesIn(root);
  return [
    ...twice(boards),
    ...boards.flatMap((board) => [
      ...frameProblems(board),
      ...panelProblems(board),
      ...sourceProblems(board, root),
      ...metricProblems(board, emitted),
      ...linkProblems(board, pages),
    ]),
  ];
}

/** The files are what grafana/*.ts makes: neither was changed alone. */
export function staleDashboards(root: string): string[] {
  const files = globSync('grafana/dashboards/*.json', { cwd: root }).map((file) =>
    file.replace(/^.*\/|\.json$/g, ''),
  );
  const made = Object.entries(DASHBOARDS).flatMap(([name, dashboard]) => {
    const path = join(root, `grafana/dashboards/${name}.json`);
    const same = existsSync(path) && readFileSync(path, 'utf8') === textOf(dashboard);
    return same ? [] : [`grafana/dashboards/${name}.json is not what grafana/*.ts makes: npm run dashboards`];
  });
  const others = files.filter((name) => !(name in DASHBOARDS));
  return [
    ...made,
    ...others.map((name) => `grafana/dashboards/${name}.json belongs to no dashboard of grafana/*.ts`),
  ];
}

/** Their PromQL, by promtool, each as if it were a recording rule. */
export async function promqlProblems(promtool: string, root: string): Promise<string[]> {
  const asked = readDashboards(root).flatMap((board) => queriesOf(board).filter(({ query }) => query.expr));
  const rules = asked.map(({ where, query }) => ({
    record: 'checked',
    labels: { where },
    expr: fillPromql(query.expr ?? '', SAMPLE),
  }));
  const dir = await mkdtemp(join(tmpdir(), 'aegis-dashboards-'));
  try {
    await writeFile(join(dir, 'dashboards.yml'), JSON.stringify({ groups: [{ name: 'dashboards', rules }] }));
    return await commandProblems(promtool, ['check', 'rules', '--lint=none', 'dashboards.yml'], { cwd: dir });
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** An address of a dashboard, and the name of a panel, mean one thing. */
function twice(boards: DashboardFile[]): string[] {
  const uids = boards.map(({ uid }) => uid);
  return uids.filter((uid, i) => uids.indexOf(uid) !== i).map((uid) => `two dashboards have the uid ${uid}`);
}

function frameProblems({ name, uid, tags, panels, templating, annotations }: DashboardFile): string[] {
  const ids = panels.map(({ id }) => id);
  const titles = panels.map(({ title }) => title);
  const variables = templating.list.map((one) => one.name);
  return [
    ...(uid ? [] : [`${name} has no uid: its address would change`]),
    ...(tags?.includes(TAG) ? [] : [`${name} has no tag ${TAG}: no link leads to it`]),
    ...ids
      .filter((id, i) => !id || ids.indexOf(id) !== i)
      .map((id) => `${name}: panel id ${id} is there twice`),
    ...titles.filter((one, i) => titles.indexOf(one) !== i).map((one) => `${name}: "${one}" is there twice`),
    ...['target', 'environment'].flatMap((one) =>
      variables.includes(one) ? [] : [`${name} has no variable ${one}`],
    ),
    ...(annotations.list.some(({ target }) => target?.tags?.includes(TAG))
      ? []
      : [`${name} does not show the annotations with the tag ${TAG}`]),
  ];
}

function panelProblems(board: DashboardFile): string[] {
  return panelsOf(board).flatMap(({ type, title = '', description, targets = [], fieldConfig, gridPos }) => {
    const { unit, noValue } = fieldConfig?.defaults ?? {};
    const at = `${board.name}: ${title}`;
    return [
      ...((description ?? '').length >= 20 ? [] : [`${at} has no description`]),
      ...(unit || UNITLESS.includes(type) ? [] : [`${at} has no unit`]),
      ...(noValue || type === 'text' ? [] : [`${at} does not say why it may be empty`]),
      ...(targets.length > 0 || type === 'text' ? [] : [`${at} asks nothing`]),
      ...((gridPos?.w ?? 0) >= 4 ? [] : [`${at} is too narrow to be read`]),
    ];
  });
}

function sourceProblems(board: DashboardFile, root: string): string[] {
  const known = sourcesIn(root);
  const isKnown = (source?: { type: string; uid: string }) =>
    known.some(({ type, uid }) => type === source?.type && uid === source.uid);
  const asked = queriesOf(board).map(({ where, query }) => ({ where, source: query.datasource }));
  const panels = panelsOf(board)
    .filter(({ type }) => type !== 'text')
    .map(({ title, datasource }) => ({ where: `${board.name}: ${title}`, source: datasource }));
  const annotations = board.annotations.list.map(({ name, datasource }) => ({
    where: `${board.name}: annotation ${name}`,
    source: datasource,
  }));
  return [...asked, ...panels, ...annotations]
    .filter(({ source }) => !isKnown(source))
    .map(({ where, source }) => `${where}: no data source ${source?.uid} (${source?.type}) is provisioned`);
}

/** Also that no variable is named which nobody fills in, and no label in a legend that the series does not have. */
function metricProblems(board: DashboardFile, emitted: Emitted): string[] {
  return queriesOf(board).flatMap(({ where, query }) => {
    const filled =
      query.expr === undefined ? fillSql(query.rawSql ?? '', SAMPLE) : fillPromql(query.expr, SAMPLE);
    const problems = unknownIn(filled).map((name) => `${where}: nobody fills in $${name}`);
    if (query.expr === undefined) return problems;
    for (const { name, labels } of selectorsIn(filled)) {
      const has = emitted.get(name);
      if (has === undefined) problems.push(`${where}: nobody emits ${name}`);
      for (const label of labels)
        if (has && !has.has(label)) problems.push(`${where}: ${name} has no label ${label}`);
    }
    return [...problems, ...legendProblems(where, filled, query.legendFormat, emitted)];
  });
}

function legendProblems(where: string, expr: string, legend = '', emitted: Emitted): string[] {
  const kept = labelsOfResult(expr);
  const selected = selectorsIn(expr).map(({ name }) => emitted.get(name));
  const has = (label: string) =>
    kept.length > 0 ? kept.includes(label) : selected.every((labels) => !labels || labels.has(label));
  return [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)]
    .map(([, label = '']) => label)
    .filter((label) => !has(label))
    .map((label) => `${where}: the legend names ${label}, which the series do not have`);
}

interface Pages {
  ofResponder: RegExp[];
  runbooks: string[];
  triggers: string[];
}
function pagesIn(root: string): Pages {
  const patterns = OPERATIONS.map(({ path }) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`));
  const faults = globSync('target-app/faults/*.ts', { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  );
  return {
    ofResponder: patterns,
    runbooks: globSync('docs/runbooks/*.md', { cwd: root }).map((file) => file.replace(/^.*\/|\.md$/g, '')),
    triggers: faults.flatMap((text) => [...text.matchAll(/'(\/trigger_\w+)'/g)].map(([, path = '']) => path)),
  };
}

/** Every address that a panel, a column, a text or the head of a dashboard leads to. */
function linkProblems(board: DashboardFile, pages: Pages): string[] {
  const text = JSON.stringify(board);
  const addresses = [
    ...[...text.matchAll(/"url":"([^"]*)"/g)].map(([, url = '']) => url),
    ...[...text.matchAll(/\]\(([^)]*)\)/g)].map(([, url = '']) => url),
  ].filter((url) => url !== '');
  return [...new Set(addresses)].flatMap((url) => {
    const problem = addressProblem(url, pages);
    return problem === null ? [] : [`${board.name}: a link to ${url}: ${problem}`];
  });
}

function addressProblem(url: string, { ofResponder, runbooks, triggers }: Pages): string | null {
  const [, base, path = ''] = /^\$(public_url|shop_url)(\/.*)$/.exec(url) ?? [];
  if (base === 'shop_url') return triggers.includes(path) ? null : 'the shop has no such trigger';
  if (base !== 'public_url') return 'it begins with neither $public_url nor $shop_url';
  if (!ofResponder.some((pattern) => pattern.test(path))) return 'the responder has no such page';
  const [, runbook] = /^\/runbooks\/(\w+)$/.exec(path) ?? [];
  return runbook && !runbooks.includes(runbook) ? `there is no docs/runbooks/${runbook}.md` : null;
}
