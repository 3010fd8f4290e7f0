/**
 * Panels: each has a description, and words for when there is nothing to show. Sizes are [columns of 24, rows]; nothing is
 * narrower than 4, which on a screen 1280 wide is still read; a phone shows one panel below the other.
 */
import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TableFooterOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import * as statPanel from '@grafana/grafana-foundation-sdk/stat';
import * as stateTimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as tablePanel from '@grafana/grafana-foundation-sdk/table';
import * as textPanel from '@grafana/grafana-foundation-sdk/text';
import { TextMode } from '@grafana/grafana-foundation-sdk/text';
import * as timeSeries from '@grafana/grafana-foundation-sdk/timeseries';
import type { Query } from './queries.ts';

export type Size = [columns: number, rows: number];
/** From this value on, this colour; the first one from the bottom. */
export type Steps = [string, ...[number, string][]];

interface Basics {
  title: string;
  /** What it tells, and what is good. */
  description: string;
  size: Size;
  queries: Query[];
  /** What stands there when there is nothing to show, and why that is so. */
  empty: string;
  /** Grafana's name of the unit; columns of a table have their own. */
  unit: string;
  decimals?: number;
  steps?: Steps;
  names?: ValueMapping[];
}

/** What the kit's panels of all kinds have in common. */
interface Anyone {
  title(title: string): unknown;
  description(description: string): unknown;
  span(columns: number): unknown;
  height(rows: number): unknown;
  noValue(words: string): unknown;
  withTarget(query: Query): unknown;
  unit(unit: string): unknown;
  decimals(decimals: number): unknown;
  thresholds(steps: ThresholdsConfigBuilder): unknown;
  mappings(mappings: ValueMapping[]): unknown;
}

function filled<Panel extends Anyone>(panel: Panel, spec: Omit<Basics, 'unit'> & { unit?: string }): Panel {
  const { title, description, size, queries, empty, unit, decimals, steps, names } = spec;
  panel.title(title);
  panel.description(description);
  panel.span(size[0]);
  panel.height(size[1]);
  panel.noValue(empty);
  for (const query of queries) panel.withTarget(query);
  if (unit !== undefined) panel.unit(unit);
  if (decimals !== undefined) panel.decimals(decimals);
  if (steps) panel.thresholds(stepsOf(steps));
  if (names) panel.mappings(names);
  return panel;
}

function stepsOf([bottom, ...more]: Steps): ThresholdsConfigBuilder {
  const steps = [{ value: null, color: bottom }, ...more.map(([value, color]) => ({ value, color }))];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** Big numbers, one a series; of a query over time the last. */
export function stat(spec: Basics & { graph?: boolean }): statPanel.PanelBuilder {
  return filled(new statPanel.PanelBuilder(), spec)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(spec.steps || spec.names ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(spec.graph ? BigValueGraphMode.Area : BigValueGraphMode.None);
}

interface GraphSpec extends Basics {
  min?: number;
  max?: number;
}

/** Lines over time; thresholds are drawn as lines. */
export function graph(spec: GraphSpec): timeSeries.PanelBuilder {
  const panel = filled(new timeSeries.PanelBuilder(), spec)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .fillOpacity(8)
    .lineWidth(2)
    .showPoints(VisibilityMode.Auto)
    .axisPlacement(AxisPlacement.Auto);
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.steps)
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Line));
  return panel;
}

/** A bar for each row of a table: its text is the name, its number the length. */
export function bars(spec: Basics & { columns?: boolean }): bargauge.PanelBuilder {
  // Either each row is a bar, or each column of the only row.
  return filled(new bargauge.PanelBuilder(), spec)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(!spec.columns).limit(20))
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .min(0);
}

/** A lane for each series, coloured by its state. */
export function timeline(spec: Basics): stateTimeline.PanelBuilder {
  return filled(new stateTimeline.PanelBuilder(), spec)
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(80)
    .spanNulls(true)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    );
}

export interface Column {
  /** What stands above it; else the name that the query gives. */
  name?: string;
  unit?: string;
  width?: number;
  steps?: Steps;
  names?: ValueMapping[];
  /** Where a click on it leads. */
  link?: { title: string; url: string };
  hidden?: boolean;
  wrapped?: boolean;
}

interface TableSpec extends Omit<Basics, 'unit'> {
  /** By the name that the query gives. */
  columns: Record<string, Column>;
}

/** Rows; what a column is, its own settings say. */
export function table(spec: TableSpec): tablePanel.PanelBuilder {
  const panel = filled(new tablePanel.PanelBuilder(), spec)
    .showHeader(true)
    .footer(new TableFooterOptionsBuilder().show(false));
  for (const [name, column] of Object.entries(spec.columns))
    panel.withOverride({ matcher: { id: 'byName', options: name }, properties: propertiesOf(column) });
  return panel;
}

function propertiesOf({
  name,
  unit,
  width,
  steps,
  names,
  link,
  hidden,
  wrapped,
}: Column): DynamicConfigValue[] {
  const cell = steps || names ? { type: 'color-text' } : wrapped && { type: 'auto', wrapText: true };
  return [
    ...(name ? [{ id: 'displayName', value: name }] : []),
    ...(unit ? [{ id: 'unit', value: unit }] : []),
    ...(width ? [{ id: 'custom.width', value: width }] : []),
    ...(steps ? [{ id: 'thresholds', value: stepsOf(steps).build() }] : []),
    ...(names ? [{ id: 'mappings', value: names }] : []),
    ...(cell ? [{ id: 'custom.cellOptions', value: cell }] : []),
    ...(link ? [{ id: 'links', value: [{ ...link, targetBlank: true }] }] : []),
    ...(hidden ? [{ id: 'custom.hidden', value: true }] : []),
  ];
}

/** Words and links, in Markdown. */
export function words(spec: Pick<Basics, 'title' | 'description' | 'size'> & { text: string }) {
  return new textPanel.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .span(spec.size[0])
    .height(spec.size[1])
    .mode(TextMode.Markdown)
    .content(spec.text);
}

/** Values that are shown as words in a colour. */
export function named(values: Record<string, [text: string, color: string]>): ValueMapping[] {
  const options = Object.entries(values).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}
