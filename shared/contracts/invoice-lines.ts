import { z } from 'zod';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import { decimalText } from './values.ts';

const text = z.string();

/** An invoice line as shards and Table Storage keep it. */
export const invoiceLine = z.strictObject({
  part: z.int().nonnegative(),
  line: z.int().positive(),
  customerId: text,
  customerName: text,
  customerDomainName: text,
  customerCountry: text,
  resellerMpnId: text,
  orderDate: text,
  productId: text,
  skuId: text,
  availabilityId: text,
  skuName: text,
  productName: text,
  chargeType: text,
  unitPrice: decimalText,
  quantity: decimalText,
  subtotal: decimalText,
  taxTotal: decimalText,
  total: decimalText,
  currency: text,
  publisherName: text,
  publisherId: text,
  subscriptionDescription: text,
  subscriptionId: text,
  chargeStartDate: text,
  chargeEndDate: text,
  termAndBillingCycle: text,
  effectiveUnitPrice: decimalText,
  unitType: text,
  alternateId: text,
  billableQuantity: decimalText,
  billingFrequency: text,
  pricingCurrency: text,
  meterDescription: text,
  reservationOrderId: text,
  subscriptionStartDate: text,
  subscriptionEndDate: text,
}) satisfies z.ZodType<InvoiceLine>;
