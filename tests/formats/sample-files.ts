import type { Problem } from '../../shared/domain/problem.ts';
import { costExportSchemas, focusSchemas } from '../../shared/formats/cost-export-schemas.ts';
import type { Detection } from '../../shared/formats/detect.ts';
import { detectText } from '../../shared/formats/detected-file.ts';
import { type DomainRow, readDomainRows } from '../../shared/formats/domain-rows.ts';
import type { CostView } from '../../shared/formats/focus.ts';
import { fileOf } from './source-files.ts';

/* One valid row for each of Microsoft's formats, to be changed value by value. */

export type Values = Readonly<Record<string, string>>;

export const ids = {
  partner: '0e195b37-4574-4539-bc42-0e539b9684c0',
  customer: '196e2273-9651-43a3-ba7e-7cbcd918fc40',
  plan: '307628f1-d9d2-f09c-ea1f-4183f0cae308',
  subscription: '81fcedaf-3d94-4a5a-8a4c-4f3b1c2d9e10',
  meter: '9995d93a-7d35-4d3f-9c69-7a7fea447ef4',
} as const;

export const usageValues: Values = {
  PartnerId: ids.partner,
  PartnerName: 'Fabrikam',
  CustomerId: ids.customer,
  CustomerName: 'Contoso',
  CustomerDomainName: 'contoso.example',
  CustomerCountry: 'DE',
  MpnId: '12345',
  Tier2MpnId: '0',
  InvoiceNumber: 'G000000001',
  ProductId: 'DZH318Z0BNZ5',
  SkuId: '006G',
  AvailabilityId: 'DZH318Z08B80',
  SkuName: 'Tables - LRS',
  ProductName: 'Tables',
  PublisherName: 'Microsoft',
  PublisherId: 'NA',
  SubscriptionDescription: 'Azure plan',
  SubscriptionId: ids.plan,
  ChargeStartDate: '10/1/2026',
  ChargeEndDate: '10/31/2026',
  UsageDate: '10/2/2026',
  MeterType: '1 Compute Hour - 1core',
  MeterCategory: 'Virtual Machines',
  MeterId: ids.meter,
  MeterSubCategory: 'Dv3 Series',
  MeterName: 'D2 v3',
  MeterRegion: 'EU West',
  Unit: '1 Hour',
  ResourceLocation: 'WESTEUROPE',
  ConsumedService: 'Microsoft.Compute',
  ResourceGroup: 'TESTRG',
  ResourceURI: '/subscriptions/X/resourceGroups/TestRg/providers/P/vm1',
  ChargeType: 'new',
  UnitPrice: '0.115',
  Quantity: '23.200004',
  UnitType: '1 Hour',
  BillingPreTaxTotal: '0.486031696515249',
  BillingCurrency: 'EUR',
  PricingPreTaxTotal: '0.5743',
  PricingCurrency: 'USD',
  ServiceInfo1: '',
  ServiceInfo2: '',
  Tags: '"env": "test","team": "a"',
  AdditionalInfo: '',
  EffectiveUnitPrice: '0.09775',
  PCToBCExchangeRate: '0.846202666',
  PCToBCExchangeRateDate: '9/30/2026',
  EntitlementId: ids.subscription.toUpperCase(),
  EntitlementDescription: 'Production',
  PartnerEarnedCreditPercentage: '15',
  CreditPercentage: '0',
  CreditType: 'Credit Not Applied',
  BenefitOrderId: '',
  BenefitId: '00000000-0000-0000-0000-000000000000',
  BenefitType: '',
};

export const lineValues: Values = {
  PartnerId: ids.partner,
  CustomerId: ids.customer,
  CustomerName: 'Contoso',
  CustomerDomainName: 'contoso.example',
  CustomerCountry: 'DE',
  InvoiceNumber: 'G000000001',
  MpnId: '6034453',
  Tier2MpnId: '6048879',
  OrderId: '0ET2qaZvJGfF9wgSKnWzR5JLmhp10lOc1',
  OrderDate: '10/3/2026',
  ProductId: 'CFQ7TTC0LH0R',
  SkuId: '0001',
  AvailabilityId: 'CFQ7TTC0K971',
  SkuName: 'Microsoft 365',
  ProductName: 'Microsoft 365',
  ChargeType: 'new',
  UnitPrice: '10.08',
  Quantity: '10',
  Subtotal: '100.80',
  TaxTotal: '0',
  Total: '100.80',
  Currency: 'EUR',
  PriceAdjustmentDescription: '["15.0% Partner earned credit for services managed"]',
  PublisherName: 'Microsoft',
  PublisherId: '',
  SubscriptionDescription: 'M365',
  SubscriptionId: ids.plan,
  ChargeStartDate: '10/3/2026',
  ChargeEndDate: '11/2/2026',
  TermAndBillingCycle: 'One-Month commitment for monthly billing',
  EffectiveUnitPrice: '10.08',
  UnitType: 'License',
  AlternateId: '6dc5c039750a',
  BillableQuantity: '10.000000',
  BillingFrequency: 'Monthly',
  PricingCurrency: 'EUR',
  PCToBCExchangeRate: '1',
  PCToBCExchangeRateDate: '0001-01-01T00:00:00',
  MeterDescription: '',
  ReservationOrderId: '',
  CreditReasonCode: '',
  SubscriptionStartDate: '10/3/2026',
  SubscriptionEndDate: '11/2/2026',
  ReferenceId: '025d68a6-1bd6-42ab-9636-15e8d776a30e',
  ProductQualifiers: '',
  PromotionId: '',
  ProductCategory: '',
};

export const licenseValues: Values = {
  PartnerId: ids.partner,
  CustomerId: ids.customer,
  CustomerName: 'Contoso',
  MpnId: '1',
  ResellerMpnId: '-1',
  OrderId: '566890604832738111',
  SubscriptionId: 'usCBMgAAAAAAAAIA',
  SyndicationPartnerSubscriptionNumber: ids.plan.toUpperCase(),
  OfferId: 'FE616D64',
  DurableOfferId: '796B6B5F',
  OfferName: 'Office 365 E3',
  SubscriptionStartDate: '2/1/2026 0:00',
  SubscriptionEndDate: '1/31/2027 23:59',
  ChargeStartDate: '2/1/2026 0:00',
  ChargeEndDate: '2/28/2026 23:59',
  ChargeType: 'Cycle fee',
  UnitPrice: '6.82',
  Quantity: '2',
  Amount: '13.32',
  TotalOtherDiscount: '2.32',
  Subtotal: '11',
  Tax: '0',
  TotalForCustomer: '11',
  Currency: 'EUR',
  DomainName: 'contoso.example',
  SubscriptionName: 'E3',
  SubscriptionDescription: '',
  BillingCycleType: 'Monthly',
};

export const legacyUsageValues: Values = {
  PartnerId: ids.partner,
  PartnerName: 'Fabrikam',
  PartnerBillableAccountId: '1280018095',
  CustomerCompanyName: 'Contoso',
  MpnId: '1',
  ResellerMpnId: '0',
  InvoiceNumber: 'D020001IVK',
  ChargeStartDate: '2/1/2026 0:00',
  ChargeEndDate: '2/28/2026 23:59',
  SubscriptionId: ids.subscription.toUpperCase(),
  SubscriptionName: 'MICROSOFT AZURE',
  SubscriptionDescription: '',
  OrderID: '566890604832738111',
  ServiceName: 'STORAGE',
  ServiceType: '',
  ResourceGuid: ids.meter.toUpperCase(),
  ResourceName: 'Data Stored',
  Region: 'EU West',
  Sku: '7UD-00001',
  DetailLineItemId: '1',
  ConsumedQuantity: '745',
  IncludedQuantity: '0',
  OverageQuantity: '745',
  ListPrice: '0.085',
  PretaxCharges: '63.33',
  TaxAmount: '0.08',
  PostTaxTotal: '63.41',
  Currency: 'eur',
  PretaxEffectiveRate: '0.08500671',
  PostTaxEffectiveRate: '0.08511409',
  ChargeType: 'Assess usage fee for current cycle',
  CustomerId: 'ORDDC52E52FDEF405786F0642DD0108BE4',
  DomainName: 'contoso.example',
  BillingCycleType: 'Monthly',
  Unit: 'GB',
  CustomerBillableAccount: '1280018095',
  UsageDate: '',
  MeteredRegion: '',
  MeteredService: '',
  MeteredServiceType: '',
  Project: '',
  ServiceInfo: '',
};

/** Values of a cost export of any agreement, by folded name; a column that stands nowhere here is empty. */
export const costValues: Values = {
  invoiceid: 'G000000001',
  partnertenantid: ids.partner,
  customertenantid: ids.customer,
  customername: 'Contoso',
  billingprofileid: '/providers/Microsoft.Billing/billingAccounts/A/billingProfiles/P',
  subscriptionid: ids.subscription,
  subscriptionguid: ids.subscription,
  subscriptionname: 'Production',
  date: '10/02/2026',
  usagedatetime: '2026-10-02 00:00:00',
  meterid: ids.meter,
  metername: 'D2 v3',
  metercategory: 'Virtual Machines',
  metersubcategory: 'Dv3 Series',
  meterregion: 'EU West',
  unitofmeasure: '10K',
  quantity: '0.0004',
  usagequantity: '0.0004',
  effectiveprice: '0.1',
  resourcerate: '0.1',
  costinbillingcurrency: '0.00004',
  pretaxcost: '0.00004',
  billingcurrency: 'EUR',
  billingcurrencycode: 'EUR',
  currency: 'EUR',
  pricingcurrency: 'USD',
  pricingcurrencycode: 'USD',
  exchangeratepricingtobilling: '1',
  exchangerate: '1',
  chargetype: 'Usage',
  pricingmodel: 'OnDemand',
  publishertype: 'Microsoft',
  provider: 'Microsoft.Azure',
  benefitid: '00000000-0000-0000-0000-000000000000',
  tags: '"env": "test"',
  partnerearnedcreditrate: '15',
};

export const focusValues: Values = {
  billingaccountid: '/providers/microsoft.billing/billingaccounts/a/billingprofiles/p',
  x_billingprofileid: 'p',
  x_customerid: ids.customer,
  x_invoiceissuerid: ids.partner,
  subaccountid: `/subscriptions/${ids.subscription}`,
  subaccountname: 'Production',
  chargeperiodstart: '2026-10-02T00:00:00Z',
  billingcurrency: 'EUR',
  pricingcurrency: 'USD',
  x_pricingcurrency: 'USD',
  x_billingexchangerate: '0.8',
  x_skumeterid: ids.meter,
  skumeter: 'D2 v3',
  x_skumetername: 'D2 v3',
  x_skuregion: 'EU West',
  x_pricingunitdescription: '10K',
  x_pricingblocksize: '10000',
  pricingquantity: '0.0004',
  consumedquantity: '4',
  usagequantity: '4',
  x_billedunitprice: '0.08',
  x_effectiveunitprice: '0.04',
  billedcost: '0.000032',
  effectivecost: '0.000016',
  chargecategory: 'Usage',
  pricingcategory: 'Standard',
  providername: 'Microsoft',
  tags: '{"env":"test"}',
};

export function csvOf(columns: readonly string[], ...rows: readonly Values[]): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (row: Values) => columns.map((name) => quoted(row[name] ?? row[name.toLowerCase()] ?? '')).join(',');
  return `${[columns.map(quoted).join(','), ...rows.map(line)].join('\r\n')}\r\n`;
}

export function detailsSchema(agreement: string, version: string): readonly string[] {
  const schema = costExportSchemas.find((found) => found.agreement === agreement && found.version === version);
  if (schema === undefined) throw new Error(`No schema ${agreement} ${version}`);
  // A real file of this version has the currency last; Microsoft's page leaves it out.
  return agreement === 'ea' && version === '2019-10-01' ? [...schema.columns, 'Currency'] : schema.columns;
}

export function focusSchema(version: string): readonly string[] {
  const schema = focusSchemas.find((found) => found.version === version);
  if (schema === undefined) throw new Error(`No schema ${version}`);
  return schema.columns;
}

export type Read = {
  readonly detection: Detection | undefined;
  readonly rows: readonly DomainRow[];
  readonly problems: readonly Problem[];
  readonly count: number;
};

/** Everything that reading a file comes to. @throws FileRefusedError when it is refused as a whole */
export async function readText(name: string, content: string | Uint8Array, view: CostView = 'actual'): Promise<Read> {
  const rows: DomainRow[] = [];
  const problems: Problem[] = [];
  const file = await detectText(fileOf(name, content));
  const count = await readDomainRows(
    file,
    { part: 0, view },
    { onRow: (row) => rows.push(row), onRefused: (problem) => problems.push(problem) },
  );
  return { detection: file.detection, rows, problems, count };
}
