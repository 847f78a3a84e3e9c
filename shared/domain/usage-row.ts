import type { Decimal } from './decimal.ts';
import type { SourcePlace } from './source-place.ts';
import type { MeterCharge } from './usage.ts';

/**
 * One row of daily rated usage, billed or unbilled: a resource's use of a meter on a day. Ids are folded, absent text
 * is empty, an absent day too. `subscriptionId` is the Azure subscription, `planId` Partner Center's own.
 */
export type UsageRow = SourcePlace &
  Omit<MeterCharge, 'excludedBy' | 'isCredit' | 'exchangeRate' | 'partnerEarnedCredit' | 'listPrice'> & {
    readonly tenantId: string;
    readonly partnerName: string;
    readonly customerId: string;
    readonly customerName: string;
    readonly customerDomainName: string;
    readonly customerCountry: string;
    readonly mpnId: string;
    readonly resellerMpnId: string;
    /** Empty in unbilled usage. */
    readonly invoiceId: string;
    readonly planId: string;
    readonly planName: string;
    readonly productId: string;
    readonly skuId: string;
    readonly availabilityId: string;
    readonly productName: string;
    readonly skuName: string;
    readonly publisherName: string;
    readonly publisherId: string;
    readonly chargeType: string;
    readonly chargeStartDate: string;
    readonly chargeEndDate: string;
    readonly meterType: string;
    /** The meter's region as the file writes it; `region` is the region it stands for. */
    readonly meterRegion: string;
    /** Where the resource is, which it is, and its group, as the file writes them: to be folded where they are compared. */
    readonly resourceRegion: string;
    readonly resourceId: string;
    readonly resourceGroup: string;
    readonly consumedService: string;
    readonly unitType: string;
    /** Price per unit before credits, in pricing currency. */
    readonly listPrice: Decimal | undefined;
    readonly costInPricingCurrency: Decimal | undefined;
    readonly pricingCurrency: string;
    readonly exchangeRate: Decimal | undefined;
    readonly exchangeRateDate: string;
    /** Fractions of one. */
    readonly partnerEarnedCredit: Decimal | undefined;
    readonly credit: Decimal | undefined;
    readonly creditType: string;
    readonly benefitId: string;
    readonly benefitOrderId: string;
    readonly benefitType: string;
    readonly subscriptionName: string;
    readonly serviceInfo1: string;
    readonly serviceInfo2: string;
    /** A JSON object, or empty. */
    readonly tags: string;
    readonly additionalInfo: string;
  };
