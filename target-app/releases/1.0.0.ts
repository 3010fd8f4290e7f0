/** 1.0.0, the good one: every piece costs its price. */
import type { Release } from './release.ts';

export const release: Release = {
  totalOf: (lines) => lines.reduce((sum, line) => sum + line.quantity * line.price_cents, 0),
};
