import { exclusionOf } from '../domain/charges.ts';
import { zero } from '../domain/decimal.ts';
import type { MeterCharge } from '../domain/usage.ts';
import type { ColumnTable, Fields } from './columns.ts';

/**
 * Cost Management export, actual cost, schema of the Microsoft Partner Agreement at a billing scope (2023-12-01-preview
 * and the versions before it with the same names). `invoiceId` and `partnerTenantId` are required columns: a file
 * without them is of a subscription scope, which shows retail prices.
 */
export const costExportColumns = {
  tenantId: { names: ['partnerTenantId'], type: 'folded', required: true },
  customerId: { names: ['customerTenantId'], type: 'folded', required: true },
  invoiceId: { names: ['invoiceId'], type: 'text', required: true },
  usageDate: { names: ['date'], type: 'day', required: true },
  meterId: { names: ['meterId'], type: 'folded', required: true },
  meterName: { names: ['meterName'], type: 'text', required: false },
  meterCategory: { names: ['meterCategory'], type: 'text', required: false },
  meterSubCategory: { names: ['meterSubCategory'], type: 'text', required: false },
  region: { names: ['meterRegion'], type: 'folded', required: true },
  unit: { names: ['unitOfMeasure'], type: 'text', required: true },
  quantity: { names: ['quantity'], type: 'decimal', required: true },
  unitPrice: { names: ['effectivePrice'], type: 'decimal', required: false },
  cost: { names: ['costInBillingCurrency'], type: 'decimal', required: true },
  currency: { names: ['billingCurrency'], type: 'text', required: true },
  subscriptionId: { names: ['SubscriptionId'], type: 'folded', required: true },
  subscriptionName: { names: ['subscriptionName'], type: 'text', required: false },
  chargeType: { names: ['chargeType'], type: 'text', required: true },
  provider: { names: ['provider'], type: 'text', required: false },
  publisherType: { names: ['publisherType'], type: 'text', required: true },
  pricingModel: { names: ['PricingModel'], type: 'text', required: false },
  reservationId: { names: ['reservationId'], type: 'text', required: false },
} as const satisfies ColumnTable;

export type CostExportRow = Fields<typeof costExportColumns>;

/** A row without an effective price (some purchases) has price zero: its cost stands for itself. */
export function fromCostExport(row: CostExportRow): MeterCharge {
  const excludedBy = exclusionOf(row);
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
    unitPrice: row.unitPrice ?? zero,
    cost: row.cost,
    ...(row.invoiceId === '' ? {} : { invoiceId: row.invoiceId.toUpperCase() }),
    ...(excludedBy === undefined ? {} : { excludedBy }),
  };
}
