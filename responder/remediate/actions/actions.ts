/** The actions that are known, one file each. */
import type { Action } from '../../incident/incident.ts';
import type { Operation } from '../operation.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { scaleUp } from './scale-up.ts';

const OPERATIONS: Partial<Record<Action, Operation>> = {
  RESTART: restart,
  ROLLBACK: rollback,
  SCALE_UP: scaleUp,
};

/** Undefined for NOOP, and for what a record of another version may hold. */
export function operationOf(action: Action): Operation | undefined {
  return OPERATIONS[action];
}
