/** How far an incident is, in the words of the dashboards, and how long each stage took. */
import type { AuditEvent } from '../../incident/incident.ts';
import type { State } from '../../incident/lifecycle.ts';
import type { WholeIncident } from '../whole-incident.ts';
import { type Html, html } from './html.ts';
import { span } from './layout.ts';

/** As Grafana shows them. */
const STEPS: { name: string; states: State[] }[] = [
  { name: 'Anomaly', states: ['detected'] },
  { name: 'AI Brain', states: ['diagnosing', 'awaiting_approval'] },
  { name: 'Action', states: ['remediating'] },
  { name: 'Verification', states: ['verifying'] },
];
const ENDS: Partial<Record<State, { name: string; is: string }>> = {
  resolved: { name: 'Resolved', is: 'past' },
  no_action: { name: 'Nothing to do', is: 'past' },
  escalated: { name: 'A person is needed', is: 'needs' },
  failed: { name: 'Failed', is: 'needs' },
};

/** The steps that it has been through, the one that it is in, and its end. */
export function steps({ state, timeline }: Pick<WholeIncident, 'state' | 'timeline'>): Html {
  const been = new Set(timeline.map((event) => event.state).concat('detected', state));
  const end = ENDS[state];
  const items = STEPS.map(({ name, states }) => {
    const isPresent = states.includes(state);
    const isPast = states.some((one) => been.has(one));
    const words = isPresent ? 'now' : isPast ? 'done' : end ? 'not needed' : 'not yet';
    return html`<li class="${isPresent ? 'present' : isPast ? 'past' : ''}">${name}<br><span class="quiet">${words}</span></li>`;
  });
  return html`<ol class="stages" aria-label="How far it is">${items}<li class="${end?.is ?? ''}">${end?.name ?? 'End'}<br><span class="quiet">${end ? 'ended' : 'not yet'}</span></li></ol>`;
}

const WIDTH = 704;
const LEFT = 84;
const ROW = 18;
/** Room for the words after a bar. */
const RIGHT = 70;
const THINNEST = 2;

/** Each stage as a bar over time; null where none has been measured. @param events the audit trail */
export function spans(events: AuditEvent[]): Html | null {
  const measured = events.flatMap(({ at, stage, ms }) =>
    ms === null ? [] : [{ stage, ms, end: Date.parse(at) }],
  );
  if (measured.length === 0) return null;
  const from = Math.min(...measured.map(({ end, ms }) => end - ms));
  const to = Math.max(...measured.map(({ end }) => end));
  const x = (ms: number) => LEFT + ((ms - from) / (to - from || 1)) * (WIDTH - LEFT - RIGHT);
  const rows = [...Map.groupBy(measured, ({ stage }) => stage)].map(([stage, all], i) => {
    const y = i * ROW;
    const bars = all.map(({ end, ms }) => {
      const width = Math.max(THINNEST, x(end) - x(end - ms));
      return html`<rect class="bar" x="${x(end - ms).toFixed(1)}" y="${y + 4}" width="${width.toFixed(1)}" height="${ROW - 8}"/>`;
    });
    const last = Math.max(...all.map(({ end }) => x(end)));
    const took = span(all.reduce((sum, { ms }) => sum + ms, 0));
    return html`<text x="0" y="${y + 13}">${stage}</text>${bars}<text x="${(last + 6).toFixed(1)}" y="${y + 13}">${took}</text>`;
  });
  const stages = new Set(measured.map(({ stage }) => stage)).size;
  const told = `Its stages over ${span(to - from)}; the table below tells each`;
  return html`<svg class="chart large" viewBox="0 0 ${WIDTH} ${stages * ROW}" role="img" aria-label="${told}">${rows}</svg>`;
}
