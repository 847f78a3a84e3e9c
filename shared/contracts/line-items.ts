import { z } from 'zod';
import type { LegacyUsageItem, LicenseItem, LineItem } from '../domain/line-item.ts';
import { invoiceLine } from './invoice-lines.ts';
import { decimalText } from './values.ts';

const text = z.string();
const place = { part: z.int().nonnegative(), file: text, line: z.int().positive() };

/** A licence-based line item as shards and Table Storage keep it. */
const licenseItem = z.strictObject({
  ...place,
  tenantId: text,
  customerId: text,
  customerName: text,
  mpnId: text,
  resellerMpnId: text,
  orderId: text,
  subscriptionId: text,
  partnerCenterSubscriptionId: text,
  offerId: text,
  durableOfferId: text,
  offerName: text,
  subscriptionStartDate: text,
  subscriptionEndDate: text,
  chargeStartDate: text,
  chargeEndDate: text,
  chargeType: text,
  unitPrice: decimalText,
  quantity: decimalText,
  amount: decimalText,
  totalOtherDiscount: decimalText,
  subtotal: decimalText,
  tax: decimalText,
  totalForCustomer: decimalText,
  currency: text,
  domainName: text,
  subscriptionName: text,
  subscriptionDescription: text,
  billingCycleType: text,
}) satisfies z.ZodType<LicenseItem>;

/** A legacy usage line item as shards and Table Storage keep it. Amounts are empty where a row has none. */
const legacyUsageItem = z.strictObject({
  ...place,
  kind: z.enum(['billed', 'daily']),
  tenantId: text,
  customerId: text,
  customerName: text,
  mpnId: text,
  resellerMpnId: text,
  invoiceId: text,
  chargeStartDate: text,
  chargeEndDate: text,
  subscriptionId: text,
  subscriptionName: text,
  subscriptionDescription: text,
  orderId: text,
  serviceName: text,
  serviceType: text,
  resourceGuid: text,
  resourceName: text,
  region: text,
  sku: text,
  detailLineItemId: text,
  consumedQuantity: text,
  includedQuantity: text,
  overageQuantity: text,
  listPrice: text,
  pretaxCharges: text,
  taxAmount: text,
  postTaxTotal: text,
  currency: text,
  pretaxEffectiveRate: text,
  postTaxEffectiveRate: text,
  chargeType: text,
  domainName: text,
  billingCycleType: text,
  unit: text,
  usageDate: text,
  meteredRegion: text,
  meteredService: text,
  meteredServiceType: text,
  project: text,
  serviceInfo: text,
}) satisfies z.ZodType<LegacyUsageItem>;

export const lineItem = z.union([invoiceLine, licenseItem, legacyUsageItem]) satisfies z.ZodType<LineItem>;
