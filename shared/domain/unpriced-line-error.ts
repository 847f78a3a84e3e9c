import type { PriceRefusal } from './unit-prices.ts';

/**
 * Thrown where a line of a file has no price: the catalogue must change before the file can be made, so trying again
 * does not help. The message names the line.
 */
export class UnpricedLineError extends Error {
  override readonly name = 'UnpricedLineError';
  readonly refusal: PriceRefusal;

  constructor(place: string, refusal: PriceRefusal) {
    super(`${place}: ${refusal.message}`);
    this.refusal = refusal;
  }
}
