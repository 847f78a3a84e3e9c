import type { MeterCharge } from '../domain/usage.ts';
import type { ColumnTable, Fields } from './columns.ts';

/**
 * Daily rated usage of new commerce: our field ← Microsoft's names in the portal's CSV, in Graph and in API v1.
 * `EntitlementId` is the Azure subscription; Microsoft's `SubscriptionId` is the plan.
 */
export const dailyRatedUsageColumns = {
  tenantId: { names: ['PartnerId'], type: 'folded', required: true },
  customerId: { names: ['CustomerId'], type: 'folded', required: true },
  invoiceId: { names: ['InvoiceNumber'], type: 'text', required: false },
  usageDate: { names: ['UsageDate'], type: 'day', required: true },
  meterId: { names: ['MeterId'], type: 'folded', required: true },
  meterName: { names: ['MeterName'], type: 'text', required: false },
  meterCategory: { names: ['MeterCategory'], type: 'text', required: false },
  meterSubCategory: { names: ['MeterSubCategory'], type: 'text', required: false },
  region: { names: ['MeterRegion'], type: 'folded', required: false },
  unit: { names: ['Unit', 'UnitOfMeasure'], type: 'text', required: true },
  quantity: { names: ['Quantity'], type: 'decimal', required: true },
  unitPrice: { names: ['EffectiveUnitPrice'], type: 'decimal', required: true },
  cost: { names: ['BillingPreTaxTotal'], type: 'decimal', required: true },
  currency: { names: ['BillingCurrency'], type: 'text', required: true },
  subscriptionId: { names: ['EntitlementId'], type: 'folded', required: true },
  subscriptionName: { names: ['EntitlementDescription'], type: 'text', required: false },
} as const satisfies ColumnTable;

export type DailyRatedUsageRow = Fields<typeof dailyRatedUsageColumns>;

export function fromDailyRatedUsage(row: DailyRatedUsageRow): MeterCharge {
  return {
    subscriptionId: row.subscriptionId,
    meterId: row.meterId,
    region: row.region,
    unit: row.unit.trim(),
    currency: row.currency,
    meterName: row.meterName,
    meterCategory: row.meterCategory,
    meterSubCategory: row.meterSubCategory,
    usageDate: row.usageDate,
    quantity: row.quantity,
    unitPrice: row.unitPrice,
    cost: row.cost,
  };
}
