import { type CostRow, meterChargeOf } from './cost-row.ts';
import type { Decimal } from './decimal.ts';
import { resourceKeyOf } from './resource-key.ts';
import type { SourcePlace } from './source-place.ts';
import type { UsageRow } from './usage-row.ts';

/**
 * One row behind a meter line, from either side of a comparison: as much of it as the causes of a variance are found
 * by. Read from the rows that are kept by subscription, or from the spill of a file that is being compared.
 */
export type DetailRow = {
  readonly source: SourcePlace;
  /** The day of use, `YYYY-MM-DD`. */
  readonly usageDate: string;
  /** The same for all rows of one resource, whichever side or file they are of; empty where a row names none. */
  readonly resourceKey: string;
  readonly quantity: Decimal;
  /** Price per unit paid, in pricing currency, after credits and tiers. */
  readonly unitPrice: Decimal;
  /** From pricing to billing currency. */
  readonly exchangeRate?: Decimal;
  /** Before tax, in billing currency. */
  readonly cost: Decimal;
  /** A fraction of one. */
  readonly partnerEarnedCredit?: Decimal;
  readonly chargeType?: string;
};

export function detailOfUsage(row: UsageRow): DetailRow {
  return { ...commonOf(row), unitPrice: row.unitPrice };
}

/** The unit price is the one that the meter totals are made of: in pricing currency, zero where the row has none. */
export function detailOfCost(row: CostRow): DetailRow {
  return { ...commonOf(row), unitPrice: meterChargeOf(row).unitPrice };
}

function commonOf(row: UsageRow | CostRow) {
  const { file, line, usageDate, resourceId, quantity, exchangeRate, cost, partnerEarnedCredit, chargeType } = row;
  return {
    source: { file, line },
    usageDate,
    resourceKey: resourceKeyOf(resourceId),
    quantity,
    cost,
    ...(exchangeRate === undefined ? {} : { exchangeRate }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit }),
    ...(chargeType === '' ? {} : { chargeType }),
  };
}
