import { type Catalogue, resellerMpnOn } from './catalogue.ts';
import { type Exact, formatExact } from './exact-decimal.ts';
import { amountToken, type Column, dateToken, jsonLine, mixedCase, textToken } from './json-line.ts';
import type { Random } from './random.ts';
import { billingCost, pricingCost, type UsageRow } from './usage-row.ts';

/**
 * One row of new-commerce daily rated usage as the billing export delivers it: the 55 columns in Microsoft's order,
 * attribute set `full`, numbers with all their digits.
 */
export function dailyRatedUsageLine(row: UsageRow, catalogue: Catalogue, random: Random): string {
  const style: RowStyle = {
    amount: random.chance(11) ? (value) => textToken(formatExact(value)) : amountToken,
    date: (day) => dateToken(day, !random.chance(12)),
    id: (id) => textToken(mixedCase(id, random)),
  };
  return jsonLine([
    ...customerColumns(row, catalogue, style, random),
    ...productColumns(row, catalogue, style),
    ...meterColumns(row, style, random),
    ...moneyColumns(row, catalogue, style, random),
    ...benefitColumns(row, style),
  ]);
}

type RowStyle = {
  readonly amount: (value: Exact) => string;
  readonly date: (day: string) => string;
  readonly id: (id: string) => string;
};

function customerColumns(row: UsageRow, catalogue: Catalogue, style: RowStyle, random: Random): readonly Column[] {
  const { partner, invoiceId } = catalogue;
  const { customer } = row.subscription;
  const mpnId = resellerMpnOn(customer, row.day);
  return [
    ['PartnerId', textToken(partner.tenantId)],
    ['PartnerName', textToken(partner.name)],
    ['CustomerId', style.id(customer.id)],
    ['CustomerName', textToken(customer.name)],
    ['CustomerDomainName', textToken(customer.domain)],
    ['CustomerCountry', textToken(customer.country)],
    ['MpnId', textToken(partner.mpnId)],
    ['Tier2MpnId', mpnId !== '' && random.chance(20) ? mpnId : textToken(mpnId)],
    ['InvoiceNumber', textToken(invoiceId)],
  ];
}

function productColumns(row: UsageRow, { month }: Catalogue, style: RowStyle): readonly Column[] {
  const { template, productId, skuId, availabilityId, region } = row.meter;
  const { firstDay, lastDay } = row.day < month.firstDay ? month.previous : month;
  return [
    ['ProductId', textToken(productId)],
    ['SkuId', textToken(skuId)],
    ['AvailabilityId', textToken(availabilityId)],
    ['SkuName', textToken(region === undefined ? template.meterName : `${template.meterName} - ${region.meterRegion}`)],
    ['ProductName', textToken(template.productName)],
    ['PublisherName', textToken(template.publisher?.name ?? 'Microsoft')],
    ['PublisherId', textToken(template.publisher?.id ?? '')],
    ['SubscriptionDescription', textToken('Azure plan')],
    ['SubscriptionId', style.id(row.subscription.customer.planId)],
    ['ChargeStartDate', style.date(firstDay)],
    ['ChargeEndDate', style.date(lastDay)],
    ['UsageDate', style.date(row.day)],
  ];
}

function meterColumns(row: UsageRow, style: RowStyle, random: Random): readonly Column[] {
  const { template, meterId, region } = row.meter;
  const group = random.chance(15) ? row.resource.group.toUpperCase() : row.resource.group;
  return [
    ['MeterType', textToken(template.meterType)],
    ['MeterCategory', textToken(template.category)],
    ['MeterId', style.id(meterId)],
    ['MeterSubCategory', textToken(template.subCategory)],
    ['MeterName', textToken(template.meterName)],
    ['MeterRegion', textToken(row.region)],
    ['Unit', textToken(row.unit)],
    ['ResourceLocation', textToken((region?.location ?? 'global').toUpperCase())],
    ['ConsumedService', textToken(template.consumedService)],
    ['ResourceGroup', textToken(group)],
    ['ResourceURI', textToken(random.chance(15) ? row.resource.uri.toLowerCase() : row.resource.uri)],
    ['ChargeType', textToken(random.pick(['new', 'new', 'New', '']))],
  ];
}

function moneyColumns(row: UsageRow, catalogue: Catalogue, style: RowStyle, random: Random): readonly Column[] {
  const info = row.benefit?.kind === 'Reservation' ? reservationInfo(row.benefit) : row.resource.additionalInfo;
  return [
    ['UnitPrice', style.amount(row.meter.listPrice)],
    ['Quantity', style.amount(row.quantity)],
    ['UnitType', textToken(row.unit)],
    ['BillingPreTaxTotal', style.amount(billingCost(row))],
    ['BillingCurrency', textToken(catalogue.billingCurrency)],
    ['PricingPreTaxTotal', style.amount(pricingCost(row))],
    ['PricingCurrency', textToken(catalogue.pricingCurrency)],
    ['ServiceInfo1', textToken('')],
    ['ServiceInfo2', random.chance(50) ? 'null' : textToken('')],
    ['Tags', textToken(row.resource.tags)],
    ['AdditionalInfo', textToken(info)],
    ['EffectiveUnitPrice', style.amount(row.effectivePrice)],
    ['PCToBCExchangeRate', style.amount(row.rate)],
    ['PCToBCExchangeRateDate', style.date(catalogue.month.firstDay)],
  ];
}

function reservationInfo(benefit: { readonly orderId: string; readonly id: string }): string {
  return JSON.stringify({ ReservationOrderId: benefit.orderId, ReservationId: benefit.id });
}

function benefitColumns(row: UsageRow, style: RowStyle): readonly Column[] {
  const savingsPlan = row.benefit?.kind === 'SavingsPlan' ? row.benefit : undefined;
  return [
    ['EntitlementId', style.id(row.subscription.id)],
    ['EntitlementDescription', textToken(row.subscription.name)],
    ['PartnerEarnedCreditPercentage', String(row.earnedCreditPercent)],
    ['CreditPercentage', row.isCredited ? '100' : '0'],
    ['CreditType', textToken(row.isCredited ? 'Azure Credit Applied' : 'Credit Not Applied')],
    ['BenefitOrderId', textToken(savingsPlan?.orderId ?? '')],
    ['BenefitId', textToken(savingsPlan?.id ?? '')],
    ['BenefitType', textToken(savingsPlan === undefined ? '' : 'SavingsPlan')],
  ];
}
