/** The incident as a page of Markdown that a team can keep. */
import type { Incident } from '../incident/incident.ts';

export function postmortem(incident: Incident, at: Date): string {
  const { diagnosis, verdict, recovery } = incident;
  return [
    `# ${incident.id}: ${plain(`${incident.alerts[0]?.name ?? 'alert'} on ${incident.target}`)}`,
    `Outcome: **${incident.outcome ?? 'open'}**. ${plain(incident.conclusion ?? '')}`,
    `Began ${incident.startsAt}, seen ${incident.openedAt}, written ${at.toISOString()}.`,
    section(
      'What broke',
      incident.alerts.map((a) => `${a.name}: ${a.annotations.summary ?? ''} (since ${a.startsAt})`),
    ),
    section(
      'Evidence',
      incident.evidence.map((e) => `${e.id} ${e.reading}. Read by: ${e.query}`),
    ),
    section('Diagnosis', diagnosis ? [diagnosis.root_cause, diagnosis.justification, by(incident)] : []),
    section(
      'Verdict',
      verdict?.checks.map((c) => `${c.allowed ? 'yes' : 'NO'}, ${c.guard}: ${c.reason}`) ?? [],
    ),
    section(
      'Action',
      incident.actions.map((a) => `${a.intendedAt} ${a.action} on ${a.instance}: ${a.state}. ${a.detail}`),
    ),
    section('Recovery', recovery?.checks.map((c) => `${c.result}, ${c.name}: ${c.reading}`) ?? []),
    section('Lesson', incident.lesson ? [incident.lesson] : []),
  ].join('\n\n');
}

function section(title: string, lines: string[]): string {
  const body = lines.length > 0 ? lines.map((line) => `- ${plain(line)}`).join('\n') : '- nothing';
  return `## ${title}\n\n${body}`;
}

function by({ diagnosis }: Incident): string {
  return `${diagnosis?.category}, confidence ${diagnosis?.confidence}, by ${diagnosis?.provider}, citing ${diagnosis?.citations.join(', ')}`;
}

/** Words from outside (logs, labels) must not become headings, links or HTML. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[<>[\]`*_#|\\]/g, '\\$&');
}
