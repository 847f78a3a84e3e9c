import type { ExcludedBy } from './answer-key.ts';
import type { Catalogue, Customer, Subscription } from './catalogue.ts';
import { type CostExportRow, commonCells, purchaseMoney } from './cost-export.ts';
import { type Exact, formatExact, multiply, zero } from './exact-decimal.ts';
import type { FixedCharge } from './fixed-charges.ts';
import type { MeterPlan } from './meter-plan.ts';
import type { OnetimeLine } from './onetime-line.ts';

/** A row that only the cost export has, by design: it must be set aside by rule, not reported as missing. */
export type ExcludedRow = {
  readonly cells: CostExportRow;
  readonly excludedBy: ExcludedBy;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly quantity: Exact;
  readonly cost: Exact;
};

type Place = Pick<ExcludedRow, 'subscriptionId' | 'customerId' | 'meterId' | 'region' | 'unit'>;

const nowhere: Place = { subscriptionId: '', customerId: '', meterId: '', region: '', unit: '' };

/**
 * Bought things as the export lays them out. A reservation stands on the same meter, region and unit as usage of its
 * subscription: only the charge type keeps them apart.
 */
export function excludedRows(
  catalogue: Catalogue,
  charges: readonly FixedCharge[],
  plans: readonly MeterPlan[],
): readonly ExcludedRow[] {
  return charges.flatMap((charge) => {
    const purchase = purchaseOf(charge, firstSubscription(catalogue, charge.line.customer), plans);
    return purchase === undefined ? [] : [purchaseRow(catalogue, charge.line, purchase)];
  });
}

type Purchase = { readonly place: Place; readonly excludedBy: ExcludedBy; readonly cells: CostExportRow };

/** Undefined for what the export never shows. */
function purchaseOf(
  { kind, line }: FixedCharge,
  subscription: Subscription,
  plans: readonly MeterPlan[],
): Purchase | undefined {
  const owner = { ...nowhere, ...ownerOf(subscription) };
  switch (kind) {
    case 'license':
      return { place: nowhere, excludedBy: 'license', cells: licenseCells(line) };
    case 'reservation':
      return {
        place: placeOfUsage(subscription, plans),
        excludedBy: 'reservationPurchase',
        cells: reservationCells(line),
      };
    case 'savingsPlan':
      return { place: { ...owner, unit: '1 Hour' }, excludedBy: 'savingsPlanPurchase', cells: savingsPlanCells(line) };
    case 'marketplace':
      return { place: { ...owner, unit: '1' }, excludedBy: 'marketplace', cells: marketplaceCells(line) };
    case 'software':
    case 'credit':
      return undefined;
  }
}

/** The rows that a closed invoice adds, first party and marketplace: what its rounding made of the usage. */
export function roundingRows(catalogue: Catalogue, amounts: readonly Exact[]): readonly ExcludedRow[] {
  return amounts.map((cost, index) => ({
    ...nowhere,
    excludedBy: 'roundingAdjustment',
    quantity: zero,
    cost,
    cells: {
      ...commonCells(catalogue, undefined, catalogue.month.lastDay),
      meterCategory: 'RoundingAdjustment',
      meterSubCategory: 'RoundingAdjustment',
      chargeType: 'RoundingAdjustment',
      publisherType: index === 0 ? 'Azure' : 'Marketplace',
      effectivePrice: '0',
      quantity: '0',
      pricingCurrency: catalogue.billingCurrency,
      costInBillingCurrency: formatExact(cost),
      costInPricingCurrency: formatExact(cost),
      exchangeRatePricingToBilling: '1',
      frequency: 'OneTime',
    },
  }));
}

function purchaseRow(catalogue: Catalogue, line: OnetimeLine, purchase: Purchase): ExcludedRow {
  const { place } = purchase;
  const price = line.effectiveUnitPrice;
  const quantity = line.billableQuantity;
  const subscription = catalogue.subscriptions.find((candidate) => candidate.id === place.subscriptionId);
  return {
    ...place,
    excludedBy: purchase.excludedBy,
    quantity,
    cost: multiply(multiply(price, quantity), line.rate),
    cells: {
      ...commonCells(catalogue, line.customer, line.orderDate),
      ...purchaseMoney({
        day: line.orderDate,
        quantity,
        price,
        rate: line.rate,
        pricingCurrency: line.pricingCurrency,
        servicePeriodEnd: line.chargeEnd,
      }),
      productOrderId: line.subscriptionId,
      productOrderName: line.subscriptionDescription,
      ProductId: `${line.productId}${line.skuId}`,
      ProductName: line.productName,
      SubscriptionId: place.subscriptionId,
      subscriptionName: subscription?.name ?? '',
      meterId: place.meterId,
      meterRegion: place.region,
      unitOfMeasure: place.unit,
      chargeType: price.units < 0n ? 'Refund' : 'Purchase',
      previousInvoiceId: price.units < 0n ? catalogue.invoiceId : '',
      publisherName: line.publisherName,
      ...purchase.cells,
    },
  };
}

function licenseCells(line: OnetimeLine): CostExportRow {
  return {
    serviceFamily: 'Productivity',
    meterCategory: line.productName,
    publisherType: 'Microsoft',
    frequency: 'Recurring',
    term: '1Year',
    provider: line.skuId === '0005' ? 'Dynamics 365' : 'Microsoft 365',
  };
}

/** A refund is known by its reservation id alone. */
function reservationCells(line: OnetimeLine): CostExportRow {
  return {
    serviceFamily: 'Compute',
    meterCategory: 'Virtual Machines',
    publisherType: 'Azure',
    frequency: 'OneTime',
    term: '1Year',
    reservationId: line.reservationOrderId,
    reservationName: 'VM_RI_10-01-2026',
    PricingModel: line.chargeType === 'new' ? 'Reservation' : '',
    benefitId: `/providers/Microsoft.Capacity/reservationOrders/${line.reservationOrderId}`,
    provider: 'Azure',
  };
}

function savingsPlanCells(line: OnetimeLine): CostExportRow {
  return {
    serviceFamily: 'Compute',
    meterCategory: 'Savings Plan',
    publisherType: 'Azure',
    frequency: 'Recurring',
    term: '1Year',
    PricingModel: 'SavingsPlan',
    benefitId: `/providers/Microsoft.BillingBenefits/savingsPlanOrders/${line.reservationOrderId}`,
    benefitName: 'Compute_SavingsPlan',
    provider: 'Azure',
  };
}

function marketplaceCells(line: OnetimeLine): CostExportRow {
  return {
    serviceFamily: 'SaaS',
    meterCategory: 'Unassigned',
    publisherType: 'Marketplace',
    publisherId: line.publisherId,
    frequency: 'Recurring',
    PricingModel: 'OnDemand',
  };
}

function firstSubscription(catalogue: Catalogue, customer: Customer): Subscription {
  const subscription = catalogue.subscriptions.find((candidate) => candidate.customer.id === customer.id);
  if (subscription === undefined) {
    throw new Error(`Customer ${customer.id} has no Azure subscription`);
  }
  return subscription;
}

function ownerOf(subscription: Subscription): Pick<Place, 'subscriptionId' | 'customerId'> {
  return { subscriptionId: subscription.id, customerId: subscription.customer.id };
}

function placeOfUsage(subscription: Subscription, plans: readonly MeterPlan[]): Place {
  const plan = plans.find((candidate) => candidate.subscription.id === subscription.id && isPlainUsage(candidate));
  if (plan === undefined) {
    throw new Error(`Subscription ${subscription.id} has no ordinary meter`);
  }
  return {
    ...ownerOf(subscription),
    meterId: plan.meter.meterId,
    region: plan.meter.region?.meterRegion ?? '',
    unit: plan.meter.template.unit,
  };
}

function isPlainUsage(plan: MeterPlan): boolean {
  return plan.difference.name === 'none' && plan.meter.region !== undefined;
}
