import { costExportHeader } from '../../infra/local/sample-month/cost-export.ts';
import { type GeneratedCharge, generatedMonth } from './generated-charges.ts';

/* Charges as rows of Microsoft's files: every column there, as wide as in real files. */

const usageColumns = [
  'PartnerId, PartnerName, CustomerId, CustomerName, CustomerDomainName, CustomerCountry, MpnId, Tier2MpnId',
  'InvoiceNumber, ProductId, SkuId, AvailabilityId, SkuName, ProductName, PublisherName, PublisherId',
  'SubscriptionDescription, SubscriptionId, ChargeStartDate, ChargeEndDate, UsageDate, MeterType, MeterCategory',
  'MeterId, MeterSubCategory, MeterName, MeterRegion, Unit, ResourceLocation, ConsumedService, ResourceGroup',
  'ResourceURI, ChargeType, UnitPrice, Quantity, UnitType, BillingPreTaxTotal, BillingCurrency, PricingPreTaxTotal',
  'PricingCurrency, ServiceInfo1, ServiceInfo2, Tags, AdditionalInfo, EffectiveUnitPrice, PCToBCExchangeRate',
  'PCToBCExchangeRateDate, EntitlementId, EntitlementDescription, PartnerEarnedCreditPercentage, CreditPercentage',
  'CreditType, BenefitOrderId, BenefitId, BenefitType',
].flatMap((line) => line.split(', '));

export type RowForm = {
  readonly header: string;
  readonly toRow: (charge: GeneratedCharge) => string;
};

export const usageCsvForm: RowForm = {
  header: `${usageColumns.join(',')}\r\n`,
  toRow: (charge) => `${usageCells(charge).map(csvCell).join(',')}\r\n`,
};

export const usageJsonForm: RowForm = {
  header: '',
  toRow: (charge) => `{${usageCells(charge).map(jsonMember).join(',')}}\n`,
};

export const costExportForm: RowForm = {
  header: costExportHeader,
  toRow: (charge) => `${costCells(charge).map(csvCell).join(',')}\n`,
};

const jsonNumbers = new Set([
  'UnitPrice',
  'Quantity',
  'BillingPreTaxTotal',
  'PricingPreTaxTotal',
  'EffectiveUnitPrice',
  'PCToBCExchangeRate',
  'PartnerEarnedCreditPercentage',
  'CreditPercentage',
]);
const jsonKeys = usageColumns.map((name) => ({ key: `"${name}":`, isNumber: jsonNumbers.has(name) }));

function jsonMember(value: string, index: number): string {
  const member = jsonKeys[index];
  return `${member?.key}${member?.isNumber ? value : JSON.stringify(value)}`;
}

function csvCell(text: string): string {
  return text.includes('"') || text.includes(',') ? `"${text.replaceAll('"', '""')}"` : text;
}

function usageCells({ meter, day, quantity, unitPrice, cost }: GeneratedCharge): readonly string[] {
  const { partnerId, invoiceId } = generatedMonth;
  const uri = `/subscriptions/${meter.subscriptionId}/resourceGroups/${meter.resourceGroup}/${meter.resource}`;
  return [
    ...[partnerId, 'Contoso Distribution', meter.customerId, meter.customerName, 'customer.onmicrosoft.com', 'DE'],
    ...['4711001', '', invoiceId, 'DZH318Z0BPS6', '0001', 'DZH318Z0BQ4L', meter.meterName, 'Azure plan', 'Microsoft'],
    ...['', 'Azure plan', meter.planId, '2026-10-01T00:00:00Z', '2026-10-31T00:00:00Z'],
    ...[`2026-10-${String(day).padStart(2, '0')}T00:00:00Z`, '1 Compute Hour', meter.meterCategory, meter.meterId],
    ...[meter.meterSubCategory, meter.meterName, meter.region, meter.unit, meter.location.toUpperCase()],
    ...['Microsoft.Compute', meter.resourceGroup, uri, 'new', unitPrice, quantity, meter.unit, cost, 'EUR', cost],
    ...['USD', '', '', meter.tags, '', unitPrice, '0.923456', '2026-10-01T00:00:00Z', meter.subscriptionId],
    ...[meter.subscriptionName, '15', '0', 'Credit Not Applied', '', '', ''],
  ];
}

/** In the order of the header of a cost export. */
function costCells({ meter, day, quantity, unitPrice, cost }: GeneratedCharge): readonly string[] {
  const { partnerId, invoiceId } = generatedMonth;
  const uri = `/subscriptions/${meter.subscriptionId}/resourceGroups/${meter.resourceGroup}/${meter.resource}`;
  return [
    ...[invoiceId, '', '8608480:1b1f7a50', 'Contoso', 'ABCD-EFGH-BG7-PGB', 'Contoso EUR', '', '', partnerId, 'Contoso'],
    ...['', '0', meter.customerId, meter.customerName, '', '11/01/2026', '10/01/2026', '11/01/2026', '10/01/2026'],
    ...[`10/${String(day).padStart(2, '0')}/2026`, 'Compute', meter.planId, 'Azure plan', 'Microsoft.Compute'],
    ...[meter.meterId, meter.meterName, meter.meterCategory, meter.meterSubCategory, meter.region, 'DZH318Z0BPS60001'],
    ...['Azure plan – compute', meter.subscriptionId, meter.subscriptionName, 'Azure', '', 'Microsoft'],
    ...[meter.resourceGroup, uri, meter.location.toUpperCase(), meter.location, unitPrice, quantity, meter.unit],
    ...['Usage', 'EUR', 'USD', cost, cost, cost, cost, cost, '0.923456', '10/01/2026', 'True', '', '', ''],
    ...[meter.tags, '15', 'True', unitPrice, 'UsageBased', '', '', '', 'OnDemand', unitPrice, '', '', 'Azure'],
  ];
}
