/** Where a program can come from. */
import type { Product } from './products.ts';
import type { Say } from './progress.ts';

export interface Source {
  /** As a person would say it: `release archive`. */
  name: string;
  serves: (product: Product) => boolean;
  /**
   * Puts the product's programs, under their own names, into the empty folder `into`.
   * @throws Error with the reason why not, in words for a person
   */
  fetch: (product: Product, into: string, say: Say) => Promise<void>;
}
