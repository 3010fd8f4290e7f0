/** What states are called, and their colours, the same on every dashboard. */
import { named } from './panels.ts';

/** By the level that the view `grafana.lifecycle_name` gives them. */
export const LIFECYCLE = named({
  0: ['Nominal', 'green'],
  1: ['Anomaly', 'red'],
  2: ['AI Brain', 'purple'],
  3: ['Action', 'orange'],
  4: ['Verification', 'blue'],
});

export const STATES = named({
  detected: ['Anomaly', 'red'],
  diagnosing: ['AI Brain', 'purple'],
  awaiting_approval: ['waits for a person', 'yellow'],
  remediating: ['Action', 'orange'],
  verifying: ['Verification', 'blue'],
  resolved: ['resolved', 'green'],
  no_action: ['nothing to do', 'text'],
  escalated: ['a person is needed', 'yellow'],
  failed: ['failed', 'red'],
});
