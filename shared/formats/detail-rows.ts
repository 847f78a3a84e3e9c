import { type CostRow, meterChargeOf } from '../domain/cost-row.ts';
import { toText } from '../domain/decimal.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import { resourceKeyOf } from '../domain/resource-key.ts';
import type { UsageRow } from '../domain/usage-row.ts';
import { type ChargeDetail, chargeDetailOf } from './charge-detail.ts';
import { isCreditUsage } from './usage-rows.ts';

export function detailOfUsage(row: UsageRow): DetailRow {
  return detailOf(row, chargeDetailOf({ ...row, isCredit: isCreditUsage(row) }));
}

/** The unit price is the one that the meter totals are made of: in pricing currency, zero where the row has none. */
export function detailOfCost(row: CostRow): DetailRow {
  return detailOf(row, chargeDetailOf(meterChargeOf(row)));
}

function detailOf(row: UsageRow | CostRow, detail: ChargeDetail): DetailRow {
  const { file, line, usageDate, resourceId, quantity, cost } = row;
  const resourceKey = resourceKeyOf(resourceId);
  return { source: { file, line }, usageDate, resourceKey, quantity: toText(quantity), cost: toText(cost), ...detail };
}
