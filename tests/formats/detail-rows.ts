import { type CostRow, meterChargeOf } from '../../shared/domain/cost-row.ts';
import { toText } from '../../shared/domain/decimal.ts';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { resourceKeyOf } from '../../shared/domain/resource-key.ts';
import type { UsageRow } from '../../shared/domain/usage-row.ts';
import { type ChargeDetail, chargeDetailOf } from '../../shared/formats/charge-detail.ts';
import { isCreditUsage } from '../../shared/formats/usage-rows.ts';

/* Detail rows from whole domain rows: the judge of those that readers make from a few columns. */

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
