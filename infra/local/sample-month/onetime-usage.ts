import { type Catalogue, resellerMpnOn } from './catalogue.ts';
import { add, divideUp, type Exact, isZero, negate, roundDown, zero } from './exact-decimal.ts';
import { type OnetimeLine, usageSubtotal } from './onetime-line.ts';
import { createRandom } from './random.ts';
import { billingCost, type Emission, type UsageRow } from './usage-row.ts';

/** The month's usage behind one invoice line, kept up while the daily rows pass by. */
type UsageGroup = {
  readonly sample: UsageRow;
  readonly mpnId: string;
  quantity: Exact;
  /** Before Azure credit, in billing currency. */
  cost: Exact;
  creditedCost: Exact;
};

/** Gathers daily usage into invoice lines: one per plan, product, SKU, meter region, reseller and month of usage. */
export type OnetimeUsage = {
  readonly add: (emission: Emission) => void;
  readonly lines: () => readonly OnetimeLine[];
  /** What rounding each line down took away: subtotals minus unrounded usage. */
  readonly roundingAdjustment: (isMarketplace: boolean) => Exact;
};

export function createOnetimeUsage(catalogue: Catalogue, seed: number): OnetimeUsage {
  const groups = new Map<string, UsageGroup>();
  return {
    add(emission) {
      if (emission.invoice !== undefined) {
        addRow(groups, emission.invoice);
      }
    },
    lines: () => [...groups.entries()].flatMap(([key, group]) => linesOf(group, catalogue, seed, key)),
    roundingAdjustment: (isMarketplace) =>
      [...groups.values()]
        .filter((group) => (group.sample.meter.template.publisher !== undefined) === isMarketplace)
        .reduce((total, group) => add(total, add(chargeOf(group).subtotal, negate(group.cost))), zero),
  };
}

/** A row delivered twice is invoiced once, so only the first copy counts. */
function addRow(groups: Map<string, UsageGroup>, row: UsageRow): void {
  const { customer } = row.subscription;
  const mpnId = resellerMpnOn(customer, row.day);
  const { productId, skuId } = row.meter;
  const key = [customer.planId, productId, skuId, row.region, mpnId, row.day.slice(0, 7)].join('|');
  const group = groups.get(key) ?? { sample: row, mpnId, quantity: zero, cost: zero, creditedCost: zero };
  const beforeCredit = row.isCredited ? { ...row, effectivePrice: row.meter.listPrice } : row;
  const cost = billingCost(beforeCredit);
  group.quantity = add(group.quantity, row.quantity);
  group.cost = add(group.cost, cost);
  group.creditedCost = row.isCredited ? add(group.creditedCost, cost) : group.creditedCost;
  groups.set(key, group);
}

type Charge = { readonly effectiveUnitPrice: Exact; readonly subtotal: Exact };

/**
 * The invoiced amount is the day's costs cut off at the cent; the effective price is what Microsoft's own formula needs
 * to arrive there, as month-to-date prices are: billable cost divided by billable units.
 */
function chargeOf(group: UsageGroup): Charge {
  return chargeFor(group.cost, group.quantity, group.sample.rate);
}

function chargeFor(cost: Exact, quantity: Exact, rate: Exact): Charge {
  const subtotal = roundDown(cost, 2);
  if (isZero(subtotal) || isZero(quantity)) {
    return { effectiveUnitPrice: zero, subtotal: zero };
  }
  const pricingCents = divideUp(subtotal, rate, 2);
  const effectiveUnitPrice = divideUp(pricingCents, quantity, 10);
  const recomputed = usageSubtotal(effectiveUnitPrice, quantity, rate);
  if (!isZero(add(recomputed, negate(subtotal)))) {
    throw new Error('The invoice line of a usage group does not follow from its own price and quantity');
  }
  return { effectiveUnitPrice, subtotal };
}

function linesOf(group: UsageGroup, catalogue: Catalogue, seed: number, key: string): readonly OnetimeLine[] {
  const charge = chargeOf(group);
  const line = usageLine(group, charge, catalogue, createRandom(seed, `onetime ${key}`).guid());
  const credit = roundDown(group.creditedCost, 2);
  if (isZero(credit)) {
    return [line];
  }
  const paid = chargeFor(negate(group.creditedCost), group.quantity, group.sample.rate);
  return [
    line,
    {
      ...line,
      chargeType: 'customerCredit',
      effectiveUnitPrice: paid.effectiveUnitPrice,
      subtotal: paid.subtotal,
      priceAdjustment: '',
      creditReasonCode: 'Azure Credit Offer',
    },
  ];
}

function usageLine(group: UsageGroup, charge: Charge, catalogue: Catalogue, referenceId: string): OnetimeLine {
  const { sample, mpnId } = group;
  const { template, productId, skuId, availabilityId, earnedCreditPercent, listPrice } = sample.meter;
  const { month } = catalogue;
  const period = sample.day < month.firstDay ? month.previous : month;
  const skuName = sample.region === '' ? template.meterName : `${template.meterName} - ${sample.region}`;
  const { customer } = sample.subscription;
  return {
    customer,
    mpnId,
    orderId: customer.planId.slice(-12),
    orderDate: period.lastDay,
    productId,
    skuId,
    availabilityId,
    skuName,
    productName: template.productName,
    chargeType: 'new',
    unitPrice: listPrice,
    quantity: { units: 1n, scale: 0 },
    subtotal: charge.subtotal,
    priceAdjustment: earnedCreditPercent === 15 ? '["15.0% Partner earned credit for services managed"]' : '',
    publisherName: template.publisher?.name ?? 'Microsoft',
    publisherId: template.publisher?.id ?? '',
    subscriptionDescription: 'Azure plan',
    subscriptionId: customer.planId,
    chargeStart: period.firstDay,
    chargeEnd: period.lastDay,
    termAndBillingCycle: `${template.unit} ${template.meterName}`,
    effectiveUnitPrice: charge.effectiveUnitPrice,
    unitType: template.unit,
    billableQuantity: group.quantity,
    billingFrequency: 'Monthly',
    pricingCurrency: catalogue.pricingCurrency,
    rate: sample.rate,
    meterDescription: `${template.productName} - ${skuName} (${template.unit})`,
    reservationOrderId: sample.benefit?.orderId ?? '',
    creditReasonCode: '',
    subscriptionStart: '',
    subscriptionEnd: '',
    referenceId,
    productQualifiers: [],
    promotionId: '',
  };
}
