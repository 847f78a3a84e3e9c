import type { Format } from './detect.ts';

/**
 * Columns of Microsoft's that our tables do not take, so that they are not counted as unknown. The columns of cost
 * exports stand in their schemas.
 */
export const passedOverColumns = {
  dailyratedusage: [
    'billingProvider',
    'invoiceLineItemType',
    'hasPartnerEarnedCredit',
    'attributes',
    'attributes/objectType',
  ],
  onetime: ['invoiceLineItemType', 'billingProvider', 'discountDetails', 'attributes', 'attributes/objectType'],
  license: ['invoiceLineItemType', 'billingProvider', 'attributes', 'attributes/objectType'],
  usage: ['invoiceLineItemType', 'billingProvider', 'attributes', 'attributes/objectType'],
  costdetails: ['InvoiceSection'],
  focus: [],
} as const satisfies Record<Format, readonly string[]>;
