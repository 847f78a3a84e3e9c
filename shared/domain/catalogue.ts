import type { ProductType } from './product-type.ts';

/*
 * The catalogue: to whom we sell, on which subscriptions, and at which margins. Records are data as people edit and
 * exchange them: ids folded, decimals as text, days as `YYYY-MM-DD`, absent fields left out.
 */

/** Who wrote a record: met in an invoice, or by a person. What a person wrote is never overwritten by an invoice. */
export const origins = ['discovered', 'entered'] as const;
export type Origin = (typeof origins)[number];

export type Reseller = {
  readonly id: string;
  /** What the lines of an invoice name it by; no two resellers share one. */
  readonly mpnId: string;
  readonly name?: string;
  readonly internalId?: string;
  readonly origin: Origin;
};

export type Customer = {
  /** The customer's tenant. */
  readonly id: string;
  readonly name?: string;
  readonly domain?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** The reseller of today. What a line is sold through, its own reseller MPN id tells. */
  readonly resellerId?: string;
  readonly internalId?: string;
  readonly origin: Origin;
};

export type Subscription = {
  /** The plan (Partner Center's subscription) or the entitlement (the Azure subscription). */
  readonly id: string;
  readonly customerId: string;
  readonly name?: string;
  readonly internalId?: string;
  readonly purchaseOrderNumber?: string;
  /** Overrides: margins of this subscription alone, for every product and without end. */
  readonly resellerMargin?: Margin;
  readonly customerMargin?: Margin;
  readonly origin: Origin;
};

/**
 * `markup` 0.1 sells at cost plus 10 %, `erpMinusDiscount` 0.1 at list price less 10 %, `split` 0.4 at cost plus 40 % of
 * what lies between cost and list price.
 */
export const marginKinds = ['markup', 'erpMinusDiscount', 'split'] as const;
export type MarginKind = (typeof marginKinds)[number];

/**
 * `markupLimit`: never above list price. `discountLimit`: never below cost. `belowCostAllowed`: below cost on purpose;
 * without one of these two, a price below cost is refused.
 */
export const guards = ['markupLimit', 'discountLimit', 'belowCostAllowed'] as const;
export type Guard = (typeof guards)[number];

export type Margin = {
  readonly kind: MarginKind;
  /** A fraction of one, exact decimal text: `0.1` is 10 %. */
  readonly value: string;
  readonly guards: readonly Guard[];
};

/** The most specific level wins; they stand here from the most specific to the least. */
export const marginLevels = ['subscription', 'customer', 'reseller', 'default'] as const;
export type MarginLevel = (typeof marginLevels)[number];

/** To whom a rule sells: CSP → reseller, or on to the customer (by the reseller, or by the CSP where there is none). */
export const buyers = ['reseller', 'customer'] as const;
export type Buyer = (typeof buyers)[number];

export const pricedProductTypes = [
  'license',
  'softwaresubscription',
  'perpetualsoftware',
  'azureplan',
  'azurereservation',
  'azuresavingsplan',
  'azurelegacy',
] as const satisfies readonly (ProductType | 'azurelegacy')[];
export type PricedProductType = (typeof pricedProductTypes)[number];

/** A margin, for whom it holds and when: on days from `from`, and before `to` where there is one. */
export type MarginRule = Margin & {
  readonly id: string;
  readonly buyer: Buyer;
  readonly level: MarginLevel;
  /** The subscription, customer or reseller that it holds for; absent at level `default`. */
  readonly targetId?: string;
  /** Absent: for every type of product. */
  readonly productType?: PricedProductType;
  readonly from: string;
  readonly to?: string;
};

export type Catalogue = {
  readonly resellers: readonly Reseller[];
  readonly customers: readonly Customer[];
  readonly subscriptions: readonly Subscription[];
  readonly margins: readonly MarginRule[];
};

export const catalogueKinds = ['resellers', 'customers', 'subscriptions', 'margins'] as const;
export type CatalogueKind = (typeof catalogueKinds)[number];

export const emptyCatalogue: Catalogue = { resellers: [], customers: [], subscriptions: [], margins: [] };
