/** What differs between two releases of the shop. A release is one file of this folder, listed in releases.ts. */

export interface OrderLine {
  quantity: number;
  /** Price of one piece, in cents. */
  price_cents: number;
}

export interface Release {
  /** What the whole order costs, in cents. */
  totalOf(lines: readonly OrderLine[]): number;
}
