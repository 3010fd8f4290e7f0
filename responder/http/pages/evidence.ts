/** What was read about the target, each item with the query that reads it again, series as charts. */
import type { Aftermath, Evidence, Incident, SignalData } from '../../incident/incident.ts';
import { chart, legend, type Mark } from './chart.ts';
import { type Html, html } from './html.ts';
import { time } from './layout.ts';

type Told = Pick<
  Incident,
  | 'evidence'
  | 'evidenceAt'
  | 'diagnosis'
  | 'aftermath'
  | 'startsAt'
  | 'actions'
  | 'recovery'
  | 'state'
  | 'closedAt'
>;

/** Null before anything was gathered. */
export function evidenceList(incident: Told): Html | null {
  const { evidence, evidenceAt, diagnosis, aftermath } = incident;
  if (evidence.length === 0) return null;
  const cited = new Set(diagnosis?.citations);
  const marks = marksOf(incident);
  const items = evidence.map((item) => {
    const drawn = chartOf(item, incident, marks);
    return html`<li id="${item.id}">${words(item, cited.has(item.id))}${drawn}${reproduction(item)}</li>`;
  });
  const hasCharts = evidence.some(
    ({ data }) => data.kind === 'signal' && (data.signal?.series.length ?? 0) > 1,
  );
  return html`<h2>Evidence</h2>
<p class="quiet">As read at ${time(evidenceAt)} UTC${aftermath && '; the charts go on to its end'}. ${aftermath?.problem && `Not all could be read again at its end: ${aftermath.problem}`}</p>
${hasCharts && legend()}
<ol class="evidence">${items}</ol>`;
}

/** The first series that the diagnosis cites, large; null where it cites none. */
export function mainChart(incident: Told): Html | null {
  const cited = incident.diagnosis?.citations ?? [];
  const first = cited
    .map((id) => incident.evidence.find((item) => item.id === id))
    .find((item) => item?.data.kind === 'signal' && (item.data.signal?.series.length ?? 0) > 1);
  if (!first) return null;
  const drawn = chartOf(first, incident, marksOf(incident), true);
  return drawn && html`<p class="quiet"><a href="#${first.id}">${first.id}</a> ${first.reading}</p>${drawn}`;
}

function words({ id, source, status, reading }: Evidence, isCited: boolean): Html {
  return html`<p><strong>${id}</strong> ${source}${status !== 'ok' && html` <span class="state busy">${status.replace('_', ' ')}</span>`}${isCited && html` <span class="state good">cited</span>`}<br>${reading}</p>`;
}

function reproduction({ query }: Evidence): Html {
  return html`<details class="quiet"><summary>How it was read</summary><code>${query}</code></details>`;
}

function chartOf(item: Evidence, { aftermath, evidence }: Told, marks: Mark[], large = false): Html | null {
  if (item.data.kind !== 'signal' || !item.data.signal) return null;
  const { name, unit, instance, series, baseline = null } = item.data.signal;
  return chart({
    name: instance ? `${name} of ${instance}` : name,
    unit,
    series: joined(series, later(aftermath, item.id)),
    baseline,
    limit: limitOf(name, evidence),
    marks,
    large,
  });
}

function later(aftermath: Aftermath | null, id: string): SignalData['series'] {
  return aftermath?.series.find(({ evidence }) => evidence === id)?.series ?? [];
}

/** What was evidence, and after it what was read at the end. */
function joined(before: SignalData['series'], after: SignalData['series']): SignalData['series'] {
  const last = Math.max(...before.map(([at]) => at));
  return [...before, ...after.filter(([at]) => at > last)];
}

/** What the alert that holds is about tells it. */
function limitOf(sli: string, evidence: Evidence[]): number | null {
  for (const { data } of evidence)
    if (data.kind === 'alert' && data.objective?.sli === sli) return data.objective.threshold;
  return null;
}

export function marksOf({ startsAt, actions, recovery, state, closedAt }: Omit<Told, 'evidence'>): Mark[] {
  const seconds = (iso: string) => Date.parse(iso) / 1000;
  const done = actions.filter((action) => action.state !== 'withdrawn');
  const over =
    recovery?.result === 'recovered'
      ? { at: recovery.at, name: 'recovered' }
      : state === 'no_action' && closedAt
        ? { at: closedAt, name: 'over' }
        : null;
  return [
    { kind: 'onset' as const, at: seconds(startsAt), name: 'it began' },
    ...done.map(({ action, intendedAt }) => ({
      kind: 'action' as const,
      at: seconds(intendedAt),
      name: action,
    })),
    ...(over ? [{ kind: 'recovery' as const, at: seconds(over.at), name: over.name }] : []),
  ].filter(({ at }) => Number.isFinite(at));
}
