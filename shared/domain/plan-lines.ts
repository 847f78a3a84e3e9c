import { add, type Decimal, decimal, multiply, subtract, toText, zero } from './decimal.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { MeterTotal } from './meter-totals.ts';
import type { PlanTotal } from './plan-totals.ts';
import { type ProductType, productTypeOf } from './product-type.ts';
import type { ExclusionReason } from './usage.ts';

/*
 * The comparison `invoicelines` in the words of meter totals, so that one matching, one tolerance, one bridge of causes
 * and one grid serve both: the plan stands for the subscription, and product and SKU for the meter. Region and unit are
 * empty: a line item has none, and a SKU may be used in several.
 */

/** The meter of a product and SKU: `DZH318Z0BNZ5/006G`. */
export function planMeterId({ productId, skuId }: Pick<PlanTotal, 'productId' | 'skuId'>): string {
  return `${productId}/${skuId}`.toLowerCase();
}

/** What is needed of a line item. */
export type ComparedLine = Pick<
  InvoiceLine,
  | 'subscriptionId'
  | 'productId'
  | 'skuId'
  | 'currency'
  | 'productName'
  | 'skuName'
  | 'publisherName'
  | 'chargeType'
  | 'chargeEndDate'
  | 'termAndBillingCycle'
  | 'reservationOrderId'
  | 'subtotal'
  | 'billableQuantity'
  | 'effectiveUnitPrice'
>;

/** The same with where it stands, as it is kept by plan. */
export type PlanLine = ComparedLine & Pick<InvoiceLine, 'part' | 'line'>;

/** What daily rated usage has for each plan, product, SKU and currency: the left side. */
export function totalsOfPlans(plans: readonly PlanTotal[], cycle: string): readonly MeterTotal[] {
  return plans.map((plan) => ({
    ...placeOf({ ...plan, subscriptionId: plan.planId }, cycle),
    ...noNames,
    quantity: plan.quantity,
    cost: plan.cost,
    pricedQuantity: plan.pricedQuantity,
    rows: plan.rows,
    days: 0,
  }));
}

/**
 * What the line items of the invoice have: the right side, from `Subtotal`. Lines that daily usage cannot stand behind
 * are set aside, each with its reason. Equal lines are two lines and not one delivered twice: a product may be billed in
 * two lines that differ in nothing but the price, or in nothing at all.
 */
export function totalsOfLines(
  lines: readonly ComparedLine[],
  plans: readonly PlanTotal[],
  cycle: string,
): readonly MeterTotal[] {
  const used = new Set(plans.map(usageKey));
  const credited = new Set(lines.filter((line) => !isCredit(line)).map(lineKey));
  return lines.map((line) => {
    const excludedBy = exclusionOfLine(line, used.has(lineKey(line)), credited.has(lineKey(line)));
    return {
      ...placeOf(line, cycle),
      ...(excludedBy === undefined ? {} : { excludedBy }),
      meterName: line.skuName,
      meterCategory: line.productName,
      meterSubCategory: '',
      quantity: toText(quantityOf(line)),
      cost: toText(decimal(line.subtotal)),
      pricedQuantity: toText(multiply(decimal(line.effectiveUnitPrice), decimal(line.billableQuantity))),
      chargeType: line.chargeType.toLowerCase(),
      rows: 1,
      days: 0,
    };
  });
}

/** What was bought and not metered, by type of product. */
const reasons = {
  license: 'license',
  softwaresubscription: 'software',
  perpetualsoftware: 'software',
  azurereservation: 'reservationPurchase',
  azuresavingsplan: 'savingsPlanPurchase',
  azureplan: undefined,
} as const satisfies Record<ProductType, ExclusionReason | undefined>;

/**
 * The rule that sets a line item aside. Usage of third parties is in daily rated usage where it is metered; a flat fee is
 * not. A credit without a charge and without usage beside it exists on the invoice only.
 */
function exclusionOfLine(line: ComparedLine, hasUsage: boolean, hasCharge: boolean): ExclusionReason | undefined {
  if (hasUsage) return undefined;
  if (isThirdParty(line)) return 'marketplace';
  const reason = reasons[productTypeOf(line)];
  if (reason !== undefined) return reason;
  return isCredit(line) && !hasCharge ? 'invoiceCredit' : undefined;
}

function isThirdParty({ publisherName }: ComparedLine): boolean {
  const publisher = publisherName.trim().toLowerCase();
  return publisher !== '' && publisher !== 'microsoft' && publisher !== 'microsoft corporation';
}

function isCredit({ chargeType }: ComparedLine): boolean {
  return chargeType.trim().toLowerCase() === 'customercredit';
}

/**
 * The quantity that was charged. `BillableQuantity` is positive on refunds too, and a credit repeats that of its charge:
 * refunds count against, credits not at all.
 */
function quantityOf(line: ComparedLine): Decimal {
  if (isCredit(line)) return zero;
  const quantity = decimal(line.billableQuantity);
  return line.subtotal.startsWith('-') ? subtract(zero, quantity) : add(zero, quantity);
}

const noNames = { meterName: '', meterCategory: '', meterSubCategory: '' } as const;

type Place = {
  readonly subscriptionId: string;
  readonly productId: string;
  readonly skuId: string;
  readonly currency: string;
};

function placeOf(place: Place, cycle: string) {
  const { subscriptionId, currency } = place;
  return {
    subscriptionId: subscriptionId.toLowerCase(),
    meterId: planMeterId(place),
    region: '',
    unit: '',
    currency,
    usageMonth: cycle,
  };
}

function lineKey(line: Place): string {
  return [line.subscriptionId.toLowerCase(), planMeterId(line), line.currency].join('|');
}

function usageKey(plan: PlanTotal): string {
  return lineKey({ ...plan, subscriptionId: plan.planId });
}
