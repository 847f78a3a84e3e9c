import type { MeterStatus, Sweep } from './planted-differences.ts';
import type { CauseName } from './usage-row.ts';

/** The rule that sets a row of the cost export aside, tested in this order. */
export type ExcludedBy =
  | 'roundingAdjustment'
  | 'license'
  | 'reservationPurchase'
  | 'savingsPlanPurchase'
  | 'marketplace'
  | 'unusedBenefit';

/** Decimal text: plain, without exponent, without trailing zeros after the point. */
type DecimalText = string;

export type SideKey = { readonly quantity: DecimalText; readonly cost: DecimalText; readonly rows: number };
type CauseKey = { readonly cause: CauseName; readonly amount: DecimalText };

/**
 * One meter line of the comparison `costexport`. Ids are lower case, the region is its location; a matched line
 * carries the invoice side's unit and region, the alphabetically first of several.
 */
export type MeterKey = {
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly status: MeterStatus;
  readonly excludedBy?: ExcludedBy;
  /** Null where one side is missing. */
  readonly sweep: Sweep | null;
  readonly invoice: SideKey | null;
  readonly other: SideKey | null;
  readonly variance: { readonly quantity: DecimalText; readonly cost: DecimalText };
  /** Adds up to the cost variance; empty where there is none, and on excluded lines. */
  readonly causes: readonly CauseKey[];
};

/** Sums of the lines that are compared: excluded lines are listed but not added up. */
export type ComparedSums = {
  readonly invoice: DecimalText;
  readonly other: DecimalText;
  readonly variance: DecimalText;
};

export type SubscriptionKey = ComparedSums & {
  /** Blank for rows without a subscription; their customer is blank too. */
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly meters: readonly MeterKey[];
};

export type RowCounts = { readonly invoice: number; readonly other: number };

export type OnetimeKey = {
  readonly rows: number;
  readonly subtotal: DecimalText;
  readonly tax: DecimalText;
  readonly total: DecimalText;
};

export type CustomerKey = {
  readonly customerId: string;
  readonly name: string;
  /** Those on its lines, sorted; direct sale is `0`, written in the files as 0 or as nothing. */
  readonly resellerMpnIds: readonly string[];
  readonly onetime: OnetimeKey & { readonly subtotalByMpn: Readonly<Record<string, DecimalText>> };
};

/** `mpnId` `0` gathers direct sales and `-1` what belongs to a removed reseller. */
export type ResellerKey = {
  readonly mpnId: string;
  readonly name: string;
  readonly customerIds: readonly string[];
  readonly onetime: OnetimeKey;
};

/**
 * A line item whose own arithmetic is wrong or cannot be checked, found by its reference and amount. All other lines come
 * out as expected. `expected` is null where nothing can be expected; amounts are before tax.
 */
export type ArithmeticKey = {
  readonly name: string;
  readonly subscriptionId: string;
  readonly referenceId: string;
  readonly verdict: 'overcharged' | 'undercharged' | 'notVerifiable';
  /** Why it cannot be checked; null where it can. */
  readonly reason: 'promotion' | 'noCycle' | 'priceAdjustment' | null;
  readonly charged: DecimalText;
  readonly expected: DecimalText | null;
};

/** What a correct reader of the sample month must find. Computed while planting, never with the product's code. */
export type AnswerKey = {
  readonly schemaVersion: 1;
  readonly seed: number;
  readonly cycle: string;
  readonly scale: number;
  readonly tenantId: string;
  readonly invoiceId: string;
  readonly legacyInvoiceId: string;
  readonly exportRunId: string;
  readonly billingCurrency: string;
  readonly pricingCurrency: string;
  readonly rows: {
    readonly dailyRatedUsage: number;
    readonly onetime: number;
    readonly costExport: number;
    readonly license: number;
    /** Billed usage of the legacy invoice; its daily rows carry no money and are counted apart. */
    readonly legacyUsage: number;
    readonly legacyDailyUsage: number;
  };
  readonly totals: ComparedSums & {
    readonly currency: string;
    /** Matched counts matched and withinTolerance; comparable is all but excluded. */
    readonly matchRateByCount: { readonly matched: number; readonly comparable: number };
    /** Sums of the absolute invoice cost, or of the absolute other cost where the invoice is silent. */
    readonly matchRateByAmount: { readonly matched: DecimalText; readonly comparable: DecimalText };
    /** Money of the excluded lines, which `invoice` and `other` leave out. */
    readonly excluded: { readonly invoice: DecimalText; readonly other: DecimalText };
  };
  readonly coverage: { readonly invoiceRows: number; readonly otherRows: number } & Readonly<
    Record<MeterStatus, RowCounts>
  >;
  readonly subscriptions: readonly SubscriptionKey[];
  readonly customers: readonly CustomerKey[];
  readonly resellers: readonly ResellerKey[];
  readonly arithmetic: readonly ArithmeticKey[];
};
