import type { Cause } from '../shared/domain/cause.ts';
import type { MeterLine } from '../shared/domain/comparison.ts';
import { absolute, compareDecimals, decimal } from '../shared/domain/decimal.ts';

/** The cause with the largest part in a variance; of equal ones the first in the order of causes. */
export function mainCauseOf({ causes }: Pick<MeterLine, 'causes'>): Cause | undefined {
  const size = (amount: string) => absolute(decimal(amount));
  return [...causes].sort((left, right) => compareDecimals(size(right.amount), size(left.amount)))[0]?.cause;
}
