/** The process is gone and nothing says why. One that runs is never this: not answering has other causes. */
import { type Case, type Hypothesis, ofKind } from './hypothesis.ts';

export function processDown(incident: Case): Hypothesis | null {
  const gone = ofKind(incident, 'container').find((e) => e.data.container?.state === 'exited');
  if (!gone?.data.container) return null;
  const { instance, reason } = gone.data.container;
  const silent = ofKind(incident, 'health').find((e) => e.data.instance === instance && !e.data.healthy);
  const holds = ofKind(incident, 'alert').filter((e) => e.data.holds);
  return {
    category: 'process_down',
    action: 'RESTART',
    instance,
    root_cause: `${instance} is not running: ${reason}`,
    justification: `The runtime says that ${instance} exited${silent ? ' and its health endpoint gives no answer' : ''}; starting it again is the only cure there is.`,
    confidence: 0.75 + (silent ? 0.15 : 0) + (holds.length > 0 ? 0.08 : 0),
    citations: [gone, ...(silent ? [silent] : []), ...holds].map((e) => e.id),
  };
}
