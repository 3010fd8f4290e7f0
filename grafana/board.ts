/** The frame that all dashboards share: variables, annotations, links, and rows of panels. */
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  AnnotationTargetBuilder,
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type RowPanel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { GRAFANA, PROMETHEUS, sql } from './queries.ts';

/** The shape that Grafana 12.1 writes; it changes what is older, and leaves what is newer as it is. */
const SCHEMA_VERSION = 41;
export const TAG = 'aegisops';

export interface Row {
  title: string;
  panels: cog.Builder<Panel>[];
}
interface Board {
  uid: string;
  title: string;
  description: string;
  /** Shown at first, back from now. */
  since: string;
  refresh: string;
  rows: Row[];
}

const ALL = { text: 'All', value: '$__all', selected: true };

/** Which of the environments the services tell of (`deployment.environment.name`); those that tell none belong to all. */
const environment = new QueryVariableBuilder('environment')
  .label('Environment')
  .datasource(PROMETHEUS)
  .query({
    qryType: 5,
    query: 'label_values(target_info, deployment_environment_name)',
    refId: 'environment',
  })
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.AlphabeticalAsc)
  .includeAll(true)
  .allValue('.*')
  .current(ALL);

/** Whatever answered within the last day and does not tell of another environment. */
const IN_ENVIRONMENT = `query_result(group by (service) (last_over_time(service:up:max[1d])) unless on (service) group by (service) (target_info{deployment_environment_name!~"$environment"}))`;
const target = new QueryVariableBuilder('target')
  .label('Target')
  .datasource(PROMETHEUS)
  .query({ qryType: 5, query: IN_ENVIRONMENT, refId: 'target' })
  .regex('/service="([^"]+)"/')
  .refresh(VariableRefresh.OnTimeRangeChanged)
  .sort(VariableSort.AlphabeticalAsc)
  .multi(true)
  .includeAll(true)
  .current({ ...ALL, text: [ALL.text], value: [ALL.value] });

/** Where a browser finds the responder's pages and the shop's triggers; docs/grafana.md says how to change them. */
const publicUrl = new ConstantVariableBuilder('public_url').label('AegisOps').value('http://localhost:8001');
const shopUrl = new ConstantVariableBuilder('shop_url').label('Shop').value('http://localhost:8000');

const byTag = new AnnotationTargetBuilder().type('tags').tags([TAG]).matchAny(false).limit(200);
/** One region an incident, written by the responder through Grafana's API (docs/grafana.md). */
const incidents = new AnnotationQueryBuilder()
  .name('Incidents')
  .datasource(GRAFANA)
  .enable(true)
  .iconColor('orange')
  .target({ build: () => byTag.build() as unknown as cog.Dataquery });

/** The same from the database, for a Grafana that the responder has no token for. Off at first: else each would be there twice. */
const incidentsFromDatabase = new AnnotationQueryBuilder()
  .name('Incidents (database)')
  .datasource({ type: 'grafana-postgresql-datasource', uid: 'aegisops-postgresql' })
  .enable(false)
  .iconColor('blue')
  .target(
    sql(`
      select started_at as time, closed_at as timeend,
        concat_ws(': ', alertname, target, coalesce(conclusion, state)) as text, concat_ws(',', target, action, outcome) as tags
      from grafana.incident
      where $__timeFilter(started_at) and target in (\${target:sqlstring})
      order by started_at desc limit 200`),
  );

const link = (title: string, url: string) =>
  new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(url)
    .targetBlank(true)
    .icon('external link');
const otherBoards = new DashboardLinkBuilder('Dashboards')
  .type(DashboardLinkType.Dashboards)
  .tags([TAG])
  .keepTime(true)
  .includeVars(true);

/** @returns what Grafana reads, with an id for each panel */
export function board({ uid, title, description, since, refresh, rows }: Board): Dashboard {
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: since, to: 'now' })
    .refresh(refresh)
    .timezone('browser')
    .variables([environment, target, publicUrl, shopUrl])
    .annotations([incidents, incidentsFromDatabase])
    .links([otherBoards, link('Incidents', '$public_url/'), link('Runbook', '$public_url/runbook')]);
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  const made = builder.build();
  const panels = (made.panels ?? []).map((panel, i) => ({ ...withSource(panel), id: i + 1 }));
  return inView({ ...made, schemaVersion: SCHEMA_VERSION, panels });
}

/** The kit puts links and annotations into a menu, where newer versions of Grafana have one; nobody would look for them there. */
function inView(made: Dashboard): Dashboard {
  const shown = <T extends { placement?: unknown }>({ placement: _, ...rest }: T) => rest;
  const annotations = { list: (made.annotations?.list ?? []).map(shown) };
  return { ...made, annotations, links: (made.links ?? []).map(shown) };
}

/** A panel's own data source is that of its queries, which are named A, B, ... */
function withSource(panel: Panel | RowPanel): Panel | RowPanel {
  if (!('targets' in panel) || !panel.targets) return panel;
  const targets = panel.targets.map((query, i) => ({ ...query, refId: String.fromCharCode(65 + i) }));
  const [first] = targets as { datasource?: Panel['datasource'] }[];
  return { ...panel, targets, ...(first?.datasource && { datasource: first.datasource }) };
}
