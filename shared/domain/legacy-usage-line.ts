import type { SourcePlace } from './source-place.ts';

/**
 * One Azure usage line item of a legacy invoice (`D…`). Microsoft's file holds two kinds of row: `billed` rows carry
 * money per resource and price tier, `daily` rows carry quantities per day and no money. Absent text, days and amounts
 * are empty; amounts are exact decimal text in `currency`.
 */
export type LegacyUsageLine = SourcePlace & {
  readonly kind: 'billed' | 'daily';
  readonly tenantId: string;
  readonly partnerName: string;
  readonly partnerBillableAccountId: string;
  readonly customerId: string;
  readonly customerName: string;
  readonly mpnId: string;
  readonly resellerMpnId: string;
  readonly invoiceId: string;
  readonly chargeStartDate: string;
  readonly chargeEndDate: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly subscriptionDescription: string;
  readonly orderId: string;
  readonly serviceName: string;
  readonly serviceType: string;
  readonly resourceGuid: string;
  readonly resourceName: string;
  /** As Microsoft writes it. */
  readonly region: string;
  readonly sku: string;
  readonly detailLineItemId: string;
  readonly consumedQuantity: string;
  readonly includedQuantity: string;
  readonly overageQuantity: string;
  readonly listPrice: string;
  readonly pretaxCharges: string;
  readonly taxAmount: string;
  readonly postTaxTotal: string;
  readonly currency: string;
  readonly pretaxEffectiveRate: string;
  readonly postTaxEffectiveRate: string;
  readonly chargeType: string;
  readonly domainName: string;
  readonly billingCycleType: string;
  readonly unit: string;
  readonly customerBillableAccount: string;
  readonly usageDate: string;
  readonly meteredRegion: string;
  readonly meteredService: string;
  readonly meteredServiceType: string;
  readonly project: string;
  readonly serviceInfo: string;
};
