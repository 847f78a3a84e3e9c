import { addDays, monthDayYear } from './billing-calendar.ts';
import { type Catalogue, type Customer, resellerMpnOn } from './catalogue.ts';
import { type Exact, exact, formatExact, multiply } from './exact-decimal.ts';
import { mixedCase } from './json-line.ts';
import type { Random } from './random.ts';
import { billingCost, pricingCost, type UsageRow } from './usage-row.ts';

/** Actual cost at a partner billing scope, schema 2023-12-01-preview: 70 columns, in this order and letter case. */
const columns = [
  'invoiceId, previousInvoiceId, billingAccountId, billingAccountName, billingProfileId, billingProfileName',
  'invoiceSectionId, invoiceSectionName, partnerTenantId, partnerName, resellerName, resellerMpnId, customerTenantId',
  'customerName, costCenter, billingPeriodEndDate, billingPeriodStartDate, servicePeriodEndDate',
  'servicePeriodStartDate, date, serviceFamily, productOrderId, productOrderName, consumedService, meterId, meterName',
  'meterCategory, meterSubCategory, meterRegion, ProductId, ProductName, SubscriptionId, subscriptionName',
  'publisherType, publisherId, publisherName, resourceGroupName, ResourceId, resourceLocation, location',
  'effectivePrice, quantity, unitOfMeasure, chargeType, billingCurrency, pricingCurrency, costInBillingCurrency',
  'costInPricingCurrency, costInUsd, paygCostInBillingCurrency, paygCostInUsd, exchangeRatePricingToBilling',
  'exchangeRateDate, isAzureCreditEligible, serviceInfo1, serviceInfo2, additionalInfo, tags',
  'partnerEarnedCreditRate, partnerEarnedCreditApplied, PayGPrice, frequency, term, reservationId, reservationName',
  'PricingModel, unitPrice, benefitId, benefitName, provider',
].flatMap((line) => line.split(', '));

export const costExportHeader = `${columns.join(',')}\n`;

/** Values by column name; a column that is not named is empty. */
export type CostExportRow = Readonly<Record<string, string>>;

export function costExportLine(row: CostExportRow): string {
  return `${columns.map((column) => csvCell(row[column] ?? '')).join(',')}\n`;
}

/** The columns that every row of the month has, whatever was charged. `customer` is undefined on rounding rows. */
export function commonCells(catalogue: Catalogue, customer: Customer | undefined, day: string): CostExportRow {
  const { month, partner, resellers } = catalogue;
  const mpnId = customer === undefined ? '' : resellerMpnOn(customer, day);
  const end = monthDayYear(month.nextFirstDay);
  return {
    invoiceId: catalogue.invoiceId,
    billingAccountId: partner.billingAccountId,
    billingAccountName: partner.name,
    billingProfileId: partner.billingProfileId,
    billingProfileName: `${partner.name} ${catalogue.billingCurrency}`,
    partnerTenantId: partner.tenantId,
    partnerName: partner.name,
    resellerName: resellers.find((reseller) => reseller.mpnId === mpnId)?.name ?? '',
    resellerMpnId: mpnId,
    customerTenantId: customer?.id ?? '',
    customerName: customer?.name ?? '',
    billingPeriodEndDate: end,
    billingPeriodStartDate: monthDayYear(month.firstDay),
    servicePeriodEndDate: end,
    servicePeriodStartDate: monthDayYear(month.firstDay),
    date: monthDayYear(day),
    billingCurrency: catalogue.billingCurrency,
    exchangeRateDate: monthDayYear(month.firstDay),
  };
}

/** A row of metered usage. Ids, meters, regions and resources are now and then in capitals, as in real files. */
export function usageCells(row: UsageRow, catalogue: Catalogue, random: Random): CostExportRow {
  return {
    ...commonCells(catalogue, row.subscription.customer, row.day),
    ...meterCells(row, random),
    ...resourceCells(row, random),
    ...moneyCells(row, catalogue),
    ...benefitCells(row),
  };
}

function meterCells(row: UsageRow, random: Random): CostExportRow {
  const { template, meterId, productId, skuId } = row.meter;
  return {
    serviceFamily: template.serviceFamily,
    productOrderId: row.subscription.customer.planId,
    productOrderName: 'Azure plan',
    consumedService: random.chance(10) ? template.consumedService.toLowerCase() : template.consumedService,
    meterId: mixedCase(meterId, random),
    meterName: template.meterName,
    meterCategory: template.category,
    meterSubCategory: template.subCategory,
    meterRegion: random.chance(10) ? row.region.toUpperCase() : random.chance(5) ? ` ${row.region} ` : row.region,
    ProductId: `${productId}${skuId}`,
    ProductName: `${template.productName} - ${template.meterName}`,
    publisherType: template.publisher === undefined ? 'Azure' : 'Marketplace',
    publisherId: template.publisher?.id ?? '',
    publisherName: template.publisher?.name ?? 'Microsoft',
    unitOfMeasure: row.unit,
    chargeType: 'Usage',
    frequency: 'UsageBased',
    provider: template.publisher === undefined ? 'Azure' : '',
  };
}

function resourceCells(row: UsageRow, random: Random): CostExportRow {
  const { resource, subscription } = row;
  const location = row.meter.region?.location ?? 'global';
  return {
    SubscriptionId: mixedCase(subscription.id, random),
    subscriptionName: subscription.name,
    resourceGroupName: random.chance(20) ? resource.group.toUpperCase() : resource.group.toLowerCase(),
    ResourceId: random.chance(20) ? resource.uri.toUpperCase() : resource.uri,
    resourceLocation: random.chance(20) ? location.toUpperCase() : location,
    location,
    additionalInfo: resource.additionalInfo,
    tags: resource.tags,
  };
}

function moneyCells(row: UsageRow, catalogue: Catalogue): CostExportRow {
  const { meter, rate, quantity } = row;
  const retailCost = multiply(meter.retailPrice, quantity);
  return {
    effectivePrice: formatExact(row.effectivePrice),
    quantity: formatExact(quantity),
    pricingCurrency: catalogue.pricingCurrency,
    costInBillingCurrency: formatExact(billingCost(row)),
    costInPricingCurrency: formatExact(pricingCost(row)),
    costInUsd: formatExact(pricingCost(row)),
    paygCostInBillingCurrency: formatExact(multiply(retailCost, rate)),
    paygCostInUsd: formatExact(retailCost),
    exchangeRatePricingToBilling: formatExact(rate),
    isAzureCreditEligible: meter.template.publisher === undefined ? 'True' : 'False',
    partnerEarnedCreditRate: String(row.earnedCreditPercent),
    partnerEarnedCreditApplied: row.earnedCreditPercent === 15 ? 'True' : 'False',
    PayGPrice: formatExact(meter.retailPrice),
    unitPrice: formatExact(meter.listPrice),
  };
}

function benefitCells({ benefit }: UsageRow): CostExportRow {
  if (benefit === undefined) {
    return { PricingModel: 'OnDemand' };
  }
  const isReservation = benefit.kind === 'Reservation';
  return {
    PricingModel: benefit.kind,
    reservationId: isReservation ? benefit.id : '',
    reservationName: isReservation ? 'VM_RI_10-01-2025' : '',
    benefitId: `/providers/Microsoft.${isReservation ? 'Capacity/reservationOrders' : 'BillingBenefits/savingsPlanOrders'}/${benefit.orderId}`,
    benefitName: isReservation ? 'VM_RI_10-01-2025' : 'Compute_SavingsPlan',
    partnerEarnedCreditRate: '0',
    partnerEarnedCreditApplied: 'False',
  };
}

/** What a purchase row needs beside the common cells. */
export type PurchaseCells = {
  readonly day: string;
  readonly quantity: Exact;
  readonly price: Exact;
  readonly rate: Exact;
  readonly pricingCurrency: string;
  readonly servicePeriodEnd: string;
};

/** Money of a row that was bought, not metered. */
export function purchaseMoney(purchase: PurchaseCells): CostExportRow {
  const { price, quantity, rate } = purchase;
  const cost = multiply(price, quantity);
  return {
    date: monthDayYear(purchase.day),
    servicePeriodStartDate: monthDayYear(purchase.day),
    servicePeriodEndDate: purchase.servicePeriodEnd === '' ? '' : monthDayYear(addDays(purchase.servicePeriodEnd, 1)),
    effectivePrice: formatExact(price),
    quantity: formatExact(quantity),
    pricingCurrency: purchase.pricingCurrency,
    costInBillingCurrency: formatExact(multiply(cost, rate)),
    costInPricingCurrency: formatExact(cost),
    costInUsd: purchase.pricingCurrency === 'USD' ? formatExact(cost) : formatExact(multiply(cost, exact('1.1818'))),
    exchangeRatePricingToBilling: formatExact(rate),
    isAzureCreditEligible: 'False',
    partnerEarnedCreditRate: '0',
    partnerEarnedCreditApplied: 'False',
    unitPrice: formatExact(price),
  };
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
