/** The words that the whole loop shares: what can be done, what can be wrong, how it can end. */

export const ACTIONS = ['RESTART', 'SCALE_UP', 'ROLLBACK', 'NOOP'] as const;
export type Action = (typeof ACTIONS)[number];

export const CATEGORIES = [
  'memory_leak',
  'cpu_saturation',
  'traffic_surge',
  'bad_release',
  'config_error',
  'crash_loop',
  'process_down',
  'db_contention',
  'dependency_failure',
  'resource_exhaustion',
  'external',
  'none',
  'unknown',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** How an incident ended. `resolved` is proved; `escalated` wants a person. */
export type Outcome = 'resolved' | 'no_action' | 'escalated' | 'failed';
