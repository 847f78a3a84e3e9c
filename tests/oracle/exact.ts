import { Decimal } from 'decimal.js';

/** Wide enough that no sum and no product of what a month holds is ever rounded. */
export const Exact = Decimal.clone({ precision: 400, toExpNeg: -9e15, toExpPos: 9e15 });
export type Exact = Decimal;
