/**
 * 1.1.0, the bad one: a volume discount with the bug that `--fault release` deploys. Its table ends at 25 €, so that
 * two or more of anything dearer find no tier: about 40 % of what the load generator orders.
 */
import type { OrderLine, Release } from './release.ts';

interface Tier {
  belowCents: number;
  percent: number;
}

const TIERS: Tier[] = [
  { belowCents: 1_000, percent: 3 },
  { belowCents: 2_500, percent: 5 },
];

/** The bug: "every price has a tier" is what the cast claims, and what nobody tried with a bronze shield. */
function tierOf(priceCents: number): Tier {
  return TIERS.find((tier) => priceCents < tier.belowCents) as Tier;
}

function priceLine({ quantity, price_cents }: OrderLine): number {
  const full = quantity * price_cents;
  return quantity < 2 ? full : full - Math.round((full * tierOf(price_cents).percent) / 100);
}

export const release: Release = {
  totalOf: (lines) => lines.reduce((sum, line) => sum + priceLine(line), 0),
};
