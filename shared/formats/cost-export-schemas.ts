/*
 * The column lists of Cost Management's exports as Microsoft documents them, version by version. Later versions of one
 * agreement mostly add columns at the end, so most lists are made from others; what differs in its order is written out.
 * Source: the dataset schema pages of Microsoft Cost Management, and the schema files of the FinOps toolkit for FOCUS.
 */

/** The agreement a cost export was made under; `cspSubscription` is a subscription of a partner's customer. */
export type Agreement = 'mpa' | 'cspSubscription' | 'mca' | 'ea' | 'payAsYouGo';

/** Columns of one version, in the order in which Microsoft writes them. */
export type CostExportSchema = {
  readonly agreement: Agreement;
  readonly version: string;
  readonly columns: readonly string[];
};

export type FocusSchema = { readonly version: string; readonly columns: readonly string[] };

/** Microsoft Partner Agreement, at the billing account, a billing profile or a customer. */
const mpa = names(`
  invoiceId previousInvoiceId billingAccountId billingAccountName billingProfileId billingProfileName
  invoiceSectionId invoiceSectionName partnerTenantId partnerName resellerName resellerMpnId customerTenantId
  customerName costCenter billingPeriodEndDate billingPeriodStartDate servicePeriodEndDate servicePeriodStartDate
  date serviceFamily productOrderId productOrderName consumedService meterId meterName meterCategory
  meterSubCategory meterRegion ProductId ProductName SubscriptionId subscriptionName publisherType publisherId
  publisherName resourceGroupName ResourceId resourceLocation location effectivePrice quantity unitOfMeasure
  chargeType billingCurrency pricingCurrency costInBillingCurrency costInPricingCurrency costInUsd
  paygCostInBillingCurrency paygCostInUsd exchangeRatePricingToBilling exchangeRateDate isAzureCreditEligible
  serviceInfo1 serviceInfo2 additionalInfo tags partnerEarnedCreditRate partnerEarnedCreditApplied PayGPrice
  frequency term reservationId reservationName PricingModel unitPrice benefitId benefitName provider
`);

const mpa2019 = renamed(without(mpa.slice(0, 67), 'PricingModel'), {
  ProductName: 'product',
  SubscriptionId: 'subscriptionId',
  ResourceId: 'InstanceName',
  location: 'Location',
  PayGPrice: 'payGPrice',
});

/** What a subscription or resource group of a partner's customer does not show. */
const hiddenFromSubscriptions = names(`
  invoiceId previousInvoiceId billingAccountId billingProfileId billingProfileName invoiceSectionId
  invoiceSectionName partnerTenantId costInPricingCurrency paygCostInBillingCurrency paygCostInUsd
  isAzureCreditEligible partnerEarnedCreditRate partnerEarnedCreditApplied
`);

const cspSubscription = without(mpa, ...hiddenFromSubscriptions);

const cspSubscription2019 = [
  ...without(mpa2019, ...hiddenFromSubscriptions, 'frequency', 'term', 'reservationId', 'reservationName', 'unitPrice'),
  ...names('reservationId reservationName frequency term unitPrice'),
];

/** What only a partner's export tells. */
const partnerColumns = names(
  'partnerTenantId partnerName customerTenantId customerName partnerEarnedCreditRate partnerEarnedCreditApplied',
);

const mca = without(mpa, ...partnerColumns).flatMap((name) =>
  name === 'unitPrice' ? ['unitPrice', 'costAllocationRuleName'] : [name],
);

const mca2019october = names(`
  InvoiceID PreviousInvoiceId BillingAccountId BillingAccountName BillingProfileId BillingProfileName
  InvoiceSectionId InvoiceSectionName ResellerName ResellerMPNId CostCenter BillingPeriodEndDate
  BillingPeriodStartDate ServicePeriodEndDate ServicePeriodStartDate Date ServiceFamily ProductOrderId
  ProductOrderName ConsumedService MeterId MeterName MeterCategory MeterSubcategory MeterRegion ProductId Product
  SubscriptionGuid SubscriptionName PublisherType PublisherId PublisherName ResourceGroup InstanceName
  ResourceLocation Location EffectivePrice Quantity UnitOfMeasure ChargeType BillingCurrencyCode
  PricingCurrencyCode CostInBillingCurrency CostInPricingCurrency CostInUSD PaygCostInBillingCurrency
  PaygCostInUSD ExchangeRate ExchangeRateDate IsAzureCreditEligible ServiceInfo1 ServiceInfo2 AdditionalInfo Tags
  MarketPrice Frequency Term ReservationId ReservationName UnitPrice
`);

const ea = names(`
  InvoiceSectionName AccountName AccountOwnerId SubscriptionId SubscriptionName ResourceGroup ResourceLocation
  Date ProductName MeterCategory MeterSubCategory MeterId MeterName MeterRegion UnitOfMeasure Quantity
  EffectivePrice CostInBillingCurrency CostCenter ConsumedService ResourceId Tags OfferId AdditionalInfo
  ServiceInfo1 ServiceInfo2 ResourceName ReservationId ReservationName UnitPrice ProductOrderId ProductOrderName
  Term PublisherType PublisherName ChargeType Frequency PricingModel AvailabilityZone BillingAccountId
  BillingAccountName BillingCurrencyCode BillingPeriodStartDate BillingPeriodEndDate BillingProfileId
  BillingProfileName InvoiceSectionId IsAzureCreditEligible PartNumber PayGPrice PlanName ServiceFamily
  CostAllocationRuleName benefitId benefitName AccountId ResourceLocationNormalized
`);

const ea2021october = names(`
  CostInBillingCurrency AccountName AccountOwnerId ProductName ConsumedService InvoiceSectionName SubscriptionId
  SubscriptionName Date MeterId MeterCategory MeterSubCategory MeterRegion MeterName Quantity ResourceLocation
  ResourceId ServiceInfo1 ServiceInfo2 AdditionalInfo Tags CostCenter UnitOfMeasure ResourceGroup PartNumber
  OfferId ChargeType EffectivePrice UnitPrice ReservationId ReservationName ResourceName ProductOrderId
  ProductOrderName PlanName PublisherName PublisherType Term BillingAccountId BillingAccountName
  BillingProfileName BillingProfileId BillingCurrencyCode ServiceFamily Frequency IsAzureCreditEligible PayGPrice
  PricingModel BillingPeriodStartDate BillingPeriodEndDate AvailabilityZone InvoiceSectionId
  CostAllocationRuleName benefitId benefitName
`);

const ea2019october = names(`
  DepartmentName AccountName AccountOwnerId SubscriptionGuid SubscriptionName ResourceGroup ResourceLocation
  UsageDateTime ProductName MeterCategory MeterSubcategory MeterId MeterName MeterRegion UnitOfMeasure
  UsageQuantity ResourceRate PreTaxCost CostCenter ConsumedService ResourceType InstanceId Tags OfferId
  AdditionalInfo ServiceInfo1 ServiceInfo2
`);

const payAsYouGo = names(`
  SubscriptionGuid ResourceGroup ResourceLocation UsageDateTime MeterCategory MeterSubCategory MeterId MeterName
  MeterRegion UsageQuantity ResourceRate PreTaxCost ConsumedService ResourceType InstanceId Tags OfferId
  AdditionalInfo ServiceInfo1 ServiceInfo2 ServiceName ServiceTier Currency UnitOfMeasure
`);

/** All versions of actual and amortized cost, the newest of each agreement first. */
export const costExportSchemas: readonly CostExportSchema[] = [
  { agreement: 'mpa', version: '2023-12-01-preview', columns: mpa },
  { agreement: 'mpa', version: '2021-10-01', columns: mpa },
  { agreement: 'mpa', version: '2021-01-01', columns: mpa.slice(0, 67) },
  { agreement: 'mpa', version: '2019-11-01', columns: mpa2019 },
  { agreement: 'cspSubscription', version: '2023-12-01-preview', columns: cspSubscription },
  { agreement: 'cspSubscription', version: '2021-10-01', columns: cspSubscription },
  { agreement: 'cspSubscription', version: '2021-01-01', columns: cspSubscription.slice(0, 53) },
  { agreement: 'cspSubscription', version: '2019-11-01', columns: cspSubscription2019 },
  { agreement: 'mca', version: '2023-12-01-preview', columns: renamed(mca, { PricingModel: 'pricingModel' }) },
  { agreement: 'mca', version: '2021-10-01', columns: mca },
  { agreement: 'mca', version: '2021-01-01', columns: mca.slice(0, 62) },
  { agreement: 'mca', version: '2019-11-01', columns: without(mpa2019, ...partnerColumns) },
  { agreement: 'mca', version: '2019-10-01', columns: mca2019october },
  { agreement: 'ea', version: '2024-08-01', columns: ea },
  { agreement: 'ea', version: '2023-12-01-preview', columns: ea.slice(0, 55) },
  { agreement: 'ea', version: '2021-10-01', columns: ea2021october },
  { agreement: 'ea', version: '2021-01-01', columns: ea.slice(0, 53) },
  { agreement: 'ea', version: '2020-01-01', columns: ea.slice(0, 52) },
  { agreement: 'ea', version: '2019-10-01', columns: ea2019october },
  { agreement: 'payAsYouGo', version: '2019-11-01', columns: payAsYouGo },
];

const focusPreview = names(`
  AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency
  BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeDescription ChargeFrequency ChargePeriodEnd
  ChargePeriodStart ChargeSubcategory CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
  CommitmentDiscountType EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity
  PricingUnit ProviderName PublisherName Region ResourceId ResourceName ResourceType ServiceCategory ServiceName
  SkuId SkuPriceId SubAccountId SubAccountName SubAccountType Tags UsageQuantity UsageUnit x_AccountName
  x_AccountOwnerId x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId x_BillingAccountName
  x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId x_BillingProfileName x_ChargeId
  x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName x_EffectiveCostInUsd x_EffectiveUnitPrice
  x_InvoiceId x_InvoiceIssuerId x_InvoiceSectionId x_InvoiceSectionName x_OnDemandCost x_OnDemandCostInUsd
  x_OnDemandUnitPrice x_PartnerCreditApplied x_PartnerCreditRate x_PricingBlockSize x_PricingCurrency
  x_PricingSubcategory x_PricingUnitDescription x_PublisherCategory x_PublisherId x_ResellerId x_ResellerName
  x_ResourceGroupName x_ResourceType x_ServicePeriodEnd x_ServicePeriodStart x_SkuDescription x_SkuDetails
  x_SkuIsCreditEligible x_SkuMeterCategory x_SkuMeterId x_SkuMeterName x_SkuMeterSubcategory x_SkuOfferId
  x_SkuOrderId x_SkuOrderName x_SkuPartNumber x_SkuRegion x_SkuServiceFamily x_SkuTerm x_SkuTier
`);

const focus = names(`
  BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
  BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd
  ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
  CommitmentDiscountStatus CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice
  EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity PricingUnit ProviderName
  PublisherName RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName SkuId
  SkuPriceId SubAccountId SubAccountName SubAccountType Tags x_AccountId x_AccountName x_AccountOwnerId
  x_BilledCostInUsd x_BilledUnitPrice x_BillingAccountId x_BillingAccountName x_BillingExchangeRate
  x_BillingExchangeRateDate x_BillingProfileId x_BillingProfileName x_ContractedCostInUsd x_CostAllocationRuleName
  x_CostCenter x_CustomerId x_CustomerName x_EffectiveCostInUsd x_EffectiveUnitPrice x_InvoiceId x_InvoiceIssuerId
  x_InvoiceSectionId x_InvoiceSectionName x_ListCostInUsd x_PartnerCreditApplied x_PartnerCreditRate
  x_PricingBlockSize x_PricingCurrency x_PricingSubcategory x_PricingUnitDescription x_PublisherCategory
  x_PublisherId x_ResellerId x_ResellerName x_ResourceGroupName x_ResourceType x_ServicePeriodEnd
  x_ServicePeriodStart x_SkuDescription x_SkuDetails x_SkuIsCreditEligible x_SkuMeterCategory x_SkuMeterId
  x_SkuMeterName x_SkuMeterSubcategory x_SkuOfferId x_SkuOrderId x_SkuOrderName x_SkuPartNumber x_SkuRegion
  x_SkuServiceFamily x_SkuTerm x_SkuTier
`);

const focusTwoPreview = names(`
  BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd
  BillingPeriodStart CapacityReservationId CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription
  ChargeFrequency ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId
  CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus CommitmentDiscountType
  CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost ContractedUnitPrice EffectiveCost InvoiceId
  InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingCurrency PricingQuantity PricingUnit
  ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType ServiceCategory ServiceName
  ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId SubAccountId SubAccountName SubAccountType Tags
  x_AccountId x_AccountName x_AccountOwnerId x_AmortizationClass x_BilledCostInUsd x_BilledUnitPrice
  x_BillingAccountId x_BillingAccountName x_BillingExchangeRate x_BillingExchangeRateDate x_BillingProfileId
  x_BillingProfileName x_ContractedCostInUsd x_CostAllocationRuleName x_CostCenter x_CustomerId x_CustomerName
  x_EffectiveCostInUsd x_EffectiveUnitPrice x_InvoiceIssuerId x_InvoiceSectionId x_InvoiceSectionName
  x_ListCostInUsd x_PartnerCreditApplied x_PartnerCreditRate x_PricingBlockSize x_PricingSubcategory
  x_PricingUnitDescription x_PublisherCategory x_PublisherId x_ResellerId x_ResellerName x_ResourceGroupName
  x_ResourceType x_ServiceModel x_ServicePeriodEnd x_ServicePeriodStart x_SkuDescription x_SkuDetails
  x_SkuIsCreditEligible x_SkuMeterCategory x_SkuMeterId x_SkuMeterSubcategory x_SkuOfferId x_SkuOrderId
  x_SkuOrderName x_SkuPartNumber x_SkuPlanName x_SkuRegion x_SkuServiceFamily x_SkuTerm x_SkuTier
`);

/**
 * All versions of FOCUS, the newest first. 1.0r2 has the columns of 1.0 and differs in how it writes moments.
 * For 1.2-preview Microsoft's page and the toolkit's schema differ in four columns; the page's list is the second one.
 */
export const focusSchemas: readonly FocusSchema[] = [
  { version: '1.2', columns: without(focusTwoPreview, 'x_SkuDetails') },
  { version: '1.2-preview', columns: focusTwoPreview },
  {
    version: '1.2-preview',
    columns: [...without(focusTwoPreview, 'x_InvoiceIssuerId', 'x_SkuTerm'), 'x_PricingCurrency', 'x_SkuMeterName'],
  },
  { version: '1.0r2', columns: focus },
  { version: '1.0', columns: focus },
  { version: '1.0-preview(v1)', columns: focusPreview },
];

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

function without(columns: readonly string[], ...left: readonly string[]): readonly string[] {
  return columns.filter((column) => !left.includes(column));
}

function renamed(columns: readonly string[], to: Readonly<Record<string, string>>): readonly string[] {
  return columns.map((column) => to[column] ?? column);
}
