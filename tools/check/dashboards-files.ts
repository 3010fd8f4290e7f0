/** The dashboards as Grafana reads them, as far as the checks look into them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Source {
  type: string;
  uid: string;
}
export interface Link {
  title: string;
  url?: string;
}
export interface PanelQuery {
  refId: string;
  datasource?: Source;
  expr?: string;
  legendFormat?: string;
  format?: string;
  instant?: boolean;
  rawSql?: string;
}
export interface Override {
  matcher: { id: string; options: string };
  properties: { id: string; value?: unknown }[];
}
export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  datasource?: Source;
  targets?: PanelQuery[];
  gridPos?: { x: number; y: number; w: number; h: number };
  fieldConfig?: {
    defaults: { unit?: string; noValue?: string; links?: Link[] };
    overrides: Override[];
  };
  options?: { content?: string };
}
export interface Variable {
  name: string;
  type: string;
  query?: string | { query: string };
  datasource?: Source;
}
export interface DashboardFile {
  /** Of the file, without its end. */
  name: string;
  uid?: string;
  title: string;
  tags?: string[];
  panels: Panel[];
  links?: Link[];
  templating: { list: Variable[] };
  annotations: { list: { name: string; datasource?: Source; target?: PanelQuery & { tags?: string[] } }[] };
}

/** @param root the folder that holds grafana/. Throws SyntaxError for what is no JSON. */
export function readDashboards(root: string): DashboardFile[] {
  return globSync('grafana/dashboards/*.json', { cwd: root })
    .sort()
    .map((file) => ({
      ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as Omit<DashboardFile, 'name'>),
      name: file.replace(/^.*\/|\.json$/g, ''),
    }));
}

/** Panels without the headings of rows. */
export const panelsOf = ({ panels }: DashboardFile) => panels.filter(({ type }) => type !== 'row');

/** Every query of a dashboard and who asks it: panels, variables and annotations. */
export function queriesOf(board: DashboardFile): { where: string; query: PanelQuery; panel: Panel | null }[] {
  const at = (title = '') => `${board.name}: ${title}`;
  const ofPanels = panelsOf(board).flatMap((panel) =>
    (panel.targets ?? []).map((query) => ({ where: at(panel.title), query, panel })),
  );
  const ofVariables = board.templating.list.flatMap(({ name, type, query, datasource }) => {
    if (type !== 'query') return [];
    const text = typeof query === 'string' ? query : (query?.query ?? '');
    return [{ where: at(`variable ${name}`), query: variableQuery(text, datasource), panel: null }];
  });
  const ofAnnotations = board.annotations.list.flatMap(({ name, target, datasource }) =>
    target?.rawSql
      ? [
          {
            where: at(`annotation ${name}`),
            query: { ...target, ...(datasource && { datasource }) },
            panel: null,
          },
        ]
      : [],
  );
  return [...ofPanels, ...ofVariables, ...ofAnnotations];
}

/** What Prometheus is asked for the values of a variable. */
function variableQuery(text: string, datasource: Source | undefined): PanelQuery {
  const [, expr = text] = /^query_result\((.*)\)$/s.exec(text) ?? [];
  const [, metric, label] = /^label_values\((.*),\s*(\w+)\)$/s.exec(text) ?? [];
  const asked = metric ? `group by (${label}) (${metric})` : expr;
  return { refId: 'variable', expr: asked, instant: true, ...(datasource && { datasource }) };
}

/** Data sources that provisioning sets up, and Grafana's own. */
export function sourcesIn(root: string): Source[] {
  const files = globSync('grafana/provisioning/datasources/*.yaml', { cwd: root });
  const provisioned = files.flatMap(
    (file) => (parse(readFileSync(join(root, file), 'utf8')) as { datasources: Source[] }).datasources,
  );
  return [...provisioned, { type: 'grafana', uid: '-- Grafana --' }];
}
