import fc from 'fast-check';
import {
  buyers,
  type Catalogue,
  type Customer,
  emptyCatalogue,
  type Guard,
  type MarginRule,
  marginKinds,
  marginLevels,
  pricedProductTypes,
  type Reseller,
  type Subscription,
} from '../../shared/domain/catalogue.ts';
import type { OnetimeLine } from '../../shared/domain/file-columns-onetime.ts';
import type { RatedUsageLine } from '../../shared/domain/file-columns-rated-usage.ts';
import type { LegacyUsageItem, LicenseItem } from '../../shared/domain/line-item.ts';

/* Lines of each kind with every field filled in, and generated catalogues that price them. */

export const usageLine: OnetimeLine = {
  part: 0,
  line: 2,
  tenantId: 'partner',
  customerId: 'contoso',
  customerName: 'Contoso',
  customerDomainName: 'contoso.onmicrosoft.com',
  customerCountry: 'IE',
  invoiceId: 'G012345678',
  mpnId: '6034453',
  resellerMpnId: '4649221',
  orderId: '6dc5c039750a',
  orderDate: '2026-10-31',
  productId: 'DZH318Z0BNZ5',
  skuId: '006G',
  availabilityId: 'DZH318Z08B80',
  skuName: 'Tables - LRS',
  productName: 'Tables',
  chargeType: 'new',
  unitPrice: '0.1',
  quantity: '1',
  subtotal: '85',
  taxTotal: '19.55',
  total: '104.55',
  currency: 'EUR',
  priceAdjustmentDescription: '["15.0% Partner earned credit for services managed"]',
  publisherName: 'Microsoft',
  publisherId: '',
  subscriptionDescription: 'Azure plan',
  subscriptionId: 'plan',
  chargeStartDate: '2026-10-01',
  chargeEndDate: '2026-10-31',
  termAndBillingCycle: '1 GB/Month',
  effectiveUnitPrice: '0.085',
  unitType: '1 GB/Month',
  alternateId: '532f0b0f8ee3',
  billableQuantity: '1000',
  billingFrequency: '',
  pricingCurrency: 'USD',
  exchangeRate: '1',
  exchangeRateDate: '2026-10-29',
  meterDescription: 'Tables - LRS Data Stored (GB/Month)',
  reservationOrderId: '',
  creditReasonCode: '',
  subscriptionStartDate: '',
  subscriptionEndDate: '',
  referenceId: '025d68a6-1bd6-42ab-9636-15e8d776a30e',
  productQualifiers: '[]',
  promotionId: '',
  productCategory: '',
};

export const seatLine: OnetimeLine = {
  ...usageLine,
  productId: 'CFQ7TTC0LF8R',
  skuId: '0001',
  skuName: 'Microsoft 365 E3',
  productName: 'Microsoft 365 E3',
  priceAdjustmentDescription: '',
  termAndBillingCycle: 'One-Year commitment for monthly/yearly billing',
  billingFrequency: 'Monthly',
  chargeStartDate: '2026-06-10',
  chargeEndDate: '2026-07-09',
  unitPrice: '10',
  effectiveUnitPrice: '10',
  billableQuantity: '10',
  quantity: '10',
  subtotal: '100',
  taxTotal: '23',
  total: '123',
};

export const licenseLine: LicenseItem = {
  part: 0,
  file: 'license.json',
  line: 2,
  tenantId: 'partner',
  customerId: 'contoso',
  customerName: 'Contoso',
  mpnId: '6034453',
  resellerMpnId: '0',
  orderId: '566890604832738111',
  subscriptionId: 'usCBMgAAAAAAAAIA',
  partnerCenterSubscriptionId: 'seats',
  offerId: '91c7',
  durableOfferId: 'b4d4b7f4-4089-43b6-9c44-de97b760fb11',
  offerName: 'Visio Plan 2',
  subscriptionStartDate: '2026-01-12',
  subscriptionEndDate: '2027-01-11',
  chargeStartDate: '2026-09-12',
  chargeEndDate: '2026-10-11',
  chargeType: 'Cycle fee',
  unitPrice: '13.11',
  quantity: '4',
  amount: '52.44',
  totalOtherDiscount: '0',
  subtotal: '52.44',
  tax: '6.83',
  totalForCustomer: '59.27',
  currency: 'EUR',
  domainName: 'contoso.onmicrosoft.com',
  subscriptionName: 'Visio Plan 2 subscription',
  subscriptionDescription: 'Visio Plan 2',
  billingCycleType: 'Monthly',
};

export const legacyUsageLine: LegacyUsageItem = {
  part: 0,
  file: 'usage.json',
  line: 2,
  kind: 'billed',
  tenantId: 'partner',
  partnerName: 'Fabrikam',
  partnerBillableAccountId: '0000123',
  customerId: 'contoso',
  customerName: 'Contoso',
  customerBillableAccount: '0000456',
  mpnId: '6034453',
  resellerMpnId: '4649221',
  invoiceId: 'D030001IVZ',
  chargeStartDate: '2026-09-12',
  chargeEndDate: '2026-10-11',
  subscriptionId: 'azure',
  subscriptionName: 'Production',
  subscriptionDescription: 'Microsoft Azure',
  orderId: '566890604832738222',
  serviceName: 'Storage',
  serviceType: 'Blob',
  resourceGuid: 'ab12',
  resourceName: 'Data Stored',
  region: 'europewest',
  sku: '7UD-00001',
  detailLineItemId: '1',
  consumedQuantity: '750',
  includedQuantity: '5',
  overageQuantity: '745',
  listPrice: '0.085',
  pretaxCharges: '63.33',
  taxAmount: '14.57',
  postTaxTotal: '77.9',
  currency: 'EUR',
  pretaxEffectiveRate: '0.08500671',
  postTaxEffectiveRate: '0.10456376',
  chargeType: 'Assess usage fee for current cycle',
  domainName: 'contoso.onmicrosoft.com',
  billingCycleType: 'Monthly',
  unit: 'GB',
  usageDate: '',
  meteredRegion: '',
  meteredService: '',
  meteredServiceType: '',
  project: 'ORDDC52E52FDEF405786F0642DD0108BE4',
  serviceInfo: '',
};

export const ratedUsageLine: RatedUsageLine = {
  tenantId: 'partner',
  partnerName: 'Fabrikam',
  customerId: 'contoso',
  customerName: 'Contoso',
  customerDomainName: 'contoso.onmicrosoft.com',
  customerCountry: 'IE',
  mpnId: '6034453',
  resellerMpnId: '4649221',
  invoiceId: 'G012345678',
  productId: 'DZH318Z0BNZ5',
  skuId: '006G',
  availabilityId: 'DZH318Z08B80',
  skuName: 'Tables - LRS',
  productName: 'Tables',
  publisherName: 'Microsoft',
  publisherId: '',
  planName: 'Azure plan',
  planId: 'plan',
  chargeStartDate: '2026-10-01',
  chargeEndDate: '2026-10-31',
  usageDate: '2026-10-15',
  meterType: '1 GB/Month',
  meterCategory: 'Storage',
  meterId: 'meter',
  meterSubCategory: 'Tables',
  meterName: 'LRS Data Stored',
  meterRegion: 'EU West',
  unit: '1 GB/Month',
  resourceRegion: 'westeurope',
  consumedService: 'Microsoft.Storage',
  resourceGroup: 'rg',
  resourceId: '/subscriptions/entitlement/resourcegroups/rg',
  chargeType: 'new',
  listPrice: '0.3264',
  quantity: '22.9276737383009',
  unitType: '1 GB/Month',
  cost: '7.48359270818142',
  currency: 'EUR',
  costInPricingCurrency: '7.48359270818142',
  pricingCurrency: 'USD',
  serviceInfo1: 'one',
  serviceInfo2: 'two',
  tags: '{"env":"prod"}',
  additionalInfo: '{}',
  unitPrice: '0.27744',
  exchangeRate: '1',
  exchangeRateDate: '2026-10-29',
  subscriptionId: 'entitlement',
  subscriptionName: 'Production',
  partnerEarnedCreditPercentage: '15',
  creditPercentage: '0',
  creditType: 'Credit Not Applied',
  benefitOrderId: '',
  benefitId: '',
  benefitType: '',
};

export const rule = (id: string, fields: Partial<MarginRule>): MarginRule => ({
  id,
  buyer: 'customer',
  level: 'default',
  kind: 'markup',
  value: '0.1',
  guards: [],
  from: '2020-01-01',
  ...fields,
});

export const catalogueOf = (...margins: readonly MarginRule[]): Catalogue => ({
  ...emptyCatalogue,
  resellers: [{ id: 'r1', mpnId: '4649221', origin: 'entered' }],
  margins,
});

/** Such that no price is refused for being below cost. */
export const anyGuards: fc.Arbitrary<readonly Guard[]> = fc
  .tuple(fc.subarray<Guard>(['markupLimit']), fc.constantFrom<Guard>('discountLimit', 'belowCostAllowed'))
  .map(([limit, below]) => [...limit, below]);

const resellers: readonly Reseller[] = [
  { id: 'r1', mpnId: '4649221', name: 'Northwind', internalId: 'R-1', origin: 'entered' },
  { id: 'r2', mpnId: '5555', origin: 'discovered' },
];
const customers: readonly Customer[] = ['contoso', 'fabrikam', 'tailspin'].map((id) => ({
  id,
  name: id,
  internalId: `C-${id}`,
  origin: 'entered',
}));
const subscriptionIds = ['plan', 'plan2', 'seats'];

/** Without rules that overlap: one for each buyer, level, target and type of product at most. */
export const anyCatalogue: fc.Arbitrary<Catalogue> = fc
  .record({
    rules: fc.array(anyRule(), { maxLength: 30 }),
    subscriptions: fc.subarray(subscriptionIds),
    orders: fc.constantFrom('PO 17', '0042'),
  })
  .map(({ rules, subscriptions, orders }) => ({
    resellers,
    customers,
    subscriptions: subscriptions.map(
      (id): Subscription => ({ id, customerId: 'contoso', purchaseOrderNumber: orders, origin: 'entered' }),
    ),
    margins: [
      ...new Map(
        rules
          .map((one) => ({ ...one, from: '2020-01-01' }))
          .map((one) => [JSON.stringify([one.buyer, one.level, one.targetId, one.productType]), one]),
      ).values(),
    ].map((one, index) => ({ ...one, id: `rule ${index}` })),
  }));

function anyRule(): fc.Arbitrary<MarginRule> {
  const targets = {
    subscription: subscriptionIds,
    customer: customers.map(({ id }) => id),
    reseller: resellers.map(({ id }) => id),
    default: [''],
  };
  return fc
    .record({
      buyer: fc.constantFrom(...buyers),
      level: fc.constantFrom(...marginLevels),
      pick: fc.nat({ max: 5 }),
      productType: fc.option(fc.constantFrom(...pricedProductTypes), { nil: undefined }),
      kind: fc.constantFrom(...marginKinds),
      value: fc
        .integer({ min: 0, max: 999 })
        .map((units) => (units === 0 ? '0' : `0.${String(units).padStart(3, '0')}`)),
      guards: anyGuards,
    })
    .map(({ pick, productType, ...fields }) => {
      const targetId = targets[fields.level][pick % targets[fields.level].length] ?? '';
      return {
        id: '',
        ...fields,
        ...(targetId === '' ? {} : { targetId }),
        ...(productType === undefined ? {} : { productType }),
        from: '2020-01-01',
      };
    });
}

const decimalText = (min: number, max: number, places: number) =>
  fc.integer({ min, max }).map((units) => {
    const digits = String(Math.abs(units)).padStart(places + 1, '0');
    return `${units < 0 ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`;
  });

/** Usage and seats of any owner, charges, refunds and lines of nothing, in two currencies. */
export const anyLine: fc.Arbitrary<OnetimeLine> = fc
  .record({
    shape: fc.constantFrom(usageLine, seatLine),
    customerId: fc.constantFrom('contoso', 'fabrikam', 'tailspin'),
    resellerMpnId: fc.constantFrom('', '0', '-1', '4649221', '5555', '777'),
    subscriptionId: fc.constantFrom(...subscriptionIds, 'unheard-of'),
    currency: fc.constantFrom('EUR', 'USD'),
    unitPrice: decimalText(1, 500_000, 4),
    effectiveUnitPrice: decimalText(1, 500_000, 5),
    isRefund: fc.boolean(),
    subtotal: decimalText(0, 9_999_999, 2),
    taxTotal: decimalText(0, 999_999, 2),
    line: fc.integer({ min: 2, max: 1_000_000 }),
  })
  .map(({ shape, isRefund, ...fields }) => {
    const sign = (text: string) => (isRefund ? `-${text}` : text);
    return {
      ...shape,
      ...fields,
      effectiveUnitPrice: sign(fields.effectiveUnitPrice),
      subtotal: sign(fields.subtotal),
      taxTotal: sign(fields.taxTotal),
    };
  });
