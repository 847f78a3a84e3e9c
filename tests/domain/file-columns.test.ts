import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue, Margin } from '../../shared/domain/catalogue.ts';
import { directoryOf, isLineOf } from '../../shared/domain/catalogue-directory.ts';
import { decimal } from '../../shared/domain/decimal.ts';
import {
  type AudienceTable,
  type CustomerColumn,
  cellsOf,
  type PartnerColumn,
  resellerColumns,
  writtenColumns,
} from '../../shared/domain/file-columns.ts';
import { customerLicenseColumns, licenseColumns, licenseRow } from '../../shared/domain/file-columns-license.ts';
import { customerOnetimeColumns, onetimeColumns, onetimeRow } from '../../shared/domain/file-columns-onetime.ts';
import {
  ratedUsageColumns,
  ratedUsageRow,
  ratedUsageLine as toLine,
} from '../../shared/domain/file-columns-rated-usage.ts';
import { legacyUsageColumns, legacyUsageRow } from '../../shared/domain/file-columns-usage.ts';
import type { BuyerPrices, LineOutcome, PricedLine } from '../../shared/domain/line-prices.ts';
import {
  priceInvoiceLine,
  priceLegacyUsage,
  priceLicenseLine,
  priceRatedUsage,
  pricingBy,
} from '../../shared/domain/line-prices.ts';
import type { UsageRow } from '../../shared/domain/usage-row.ts';
import {
  anyCatalogue,
  anyLine,
  catalogueOf,
  legacyUsageLine,
  licenseLine,
  ratedUsageLine,
  rule,
  usageLine,
} from './sold-lines.ts';

const words = (text: string) => text.trim().split(/\s+/);

/* Microsoft's headers, in Microsoft's order, and the customer's columns as their description lists them. */
const microsoft = {
  onetime: words(`PartnerId CustomerId CustomerName CustomerDomainName CustomerCountry InvoiceNumber MpnId ResellerMpnId
    OrderId OrderDate ProductId SkuId AvailabilityId SkuName ProductName ChargeType UnitPrice Quantity Subtotal TaxTotal
    Total Currency PriceAdjustmentDescription PublisherName PublisherId SubscriptionDescription SubscriptionId
    ChargeStartDate ChargeEndDate TermAndBillingCycle EffectiveUnitPrice UnitType AlternateId BillableQuantity
    BillingFrequency PricingCurrency PCToBCExchangeRate PCToBCExchangeRateDate MeterDescription ReservationOrderId
    CreditReasonCode SubscriptionStartDate SubscriptionEndDate ReferenceId ProductQualifiers PromotionId ProductCategory`),
  license: words(`PartnerId CustomerId CustomerName MpnId ResellerMpnId OrderId SubscriptionId
    SyndicationPartnerSubscriptionNumber OfferId DurableOfferId OfferName SubscriptionStartDate SubscriptionEndDate
    ChargeStartDate ChargeEndDate ChargeType UnitPrice Quantity Amount TotalOtherDiscount Subtotal Tax Total
    Currency DomainName SubscriptionName SubscriptionDescription BillingCycleType`),
  usage: words(`PartnerId PartnerName PartnerBillableAccountId CustomerCompanyName MpnId ResellerMpnId InvoiceNumber
    ChargeStartDate ChargeEndDate SubscriptionId SubscriptionName SubscriptionDescription OrderID ServiceName ServiceType
    ResourceGuid ResourceName Region Sku DetailLineItemId ConsumedQuantity IncludedQuantity OverageQuantity ListPrice
    PretaxCharges TaxAmount PostTaxTotal Currency PretaxEffectiveRate PostTaxEffectiveRate ChargeType CustomerId
    DomainName BillingCycleType Unit CustomerBillableAccount UsageDate MeteredRegion MeteredService MeteredServiceType
    Project ServiceInfo`),
  dailyratedusage: words(`PartnerId PartnerName CustomerId CustomerName CustomerDomainName CustomerCountry MpnId
    Tier2MpnId InvoiceNumber ProductId SkuId AvailabilityId SkuName ProductName PublisherName PublisherId
    SubscriptionDescription SubscriptionId ChargeStartDate ChargeEndDate UsageDate MeterType MeterCategory MeterId
    MeterSubCategory MeterName MeterRegion Unit ResourceLocation ConsumedService ResourceGroup ResourceURI ChargeType
    UnitPrice Quantity UnitType BillingPreTaxTotal BillingCurrency PricingPreTaxTotal PricingCurrency ServiceInfo1
    ServiceInfo2 Tags AdditionalInfo EffectiveUnitPrice PCToBCExchangeRate PCToBCExchangeRateDate EntitlementId
    EntitlementDescription PartnerEarnedCreditPercentage CreditPercentage CreditType BenefitOrderId BenefitId BenefitType`),
};
const ownCosts = {
  onetime: words('UnitPrice Subtotal TaxTotal Total PriceAdjustmentDescription EffectiveUnitPrice'),
  license: words('UnitPrice Amount TotalOtherDiscount Subtotal Tax Total'),
  usage: words('ListPrice PretaxCharges TaxAmount PostTaxTotal PretaxEffectiveRate PostTaxEffectiveRate'),
  dailyratedusage: words(
    'UnitPrice BillingPreTaxTotal PricingPreTaxTotal EffectiveUnitPrice PartnerEarnedCreditPercentage CreditPercentage',
  ),
};
const ids = words('ResellerInternalId CustomerInternalId SubscriptionInternalId SubscriptionPONumber');
const marginOf = (buyer: string) =>
  words(`MarginRuleFor MarginKindFor MarginFor MarginGuardFor`).map((name) => name + buyer);
const pricesOf = (buyer: string, tax: string) =>
  ['UnitPrice', 'Subtotal', tax, 'Total'].map((name) => `${name}For${buyer}`);

const tables = {
  onetime: onetimeColumns,
  license: licenseColumns,
  usage: legacyUsageColumns,
  dailyratedusage: ratedUsageColumns,
};
const kinds = ['onetime', 'license', 'usage', 'dailyratedusage'] as const;

describe('the columns', () => {
  it.each(kinds)("of %s for the CSP: Microsoft's, ids, and for each buyer margin and prices", (kind) => {
    const tax = kind === 'license' ? 'Tax' : 'TaxTotal';
    expect(Object.keys(tables[kind])).toEqual([
      ...microsoft[kind],
      ...ids,
      ...marginOf('Reseller'),
      ...pricesOf('Reseller', tax),
      ...marginOf('Customer'),
      ...pricesOf('Customer', tax),
    ]);
  });

  it.each(kinds)("of %s for a reseller: the CSP's without its costs and its margin on the reseller", (kind) => {
    const hidden = [...ownCosts[kind], ...marginOf('Reseller')];
    expect(hidden.filter((name) => !(name in tables[kind]))).toEqual([]);
    expect(Object.keys(resellerColumns(tables[kind]))).toEqual(
      Object.keys(tables[kind]).filter((name) => !hidden.includes(name)),
    );
  });

  it('of onetime for a customer are those of their description', () => {
    expect(Object.keys(customerOnetimeColumns)).toEqual(
      words(`CustomerId CustomerName CustomerDomainName CustomerCountry OrderDate ProductId SkuId AvailabilityId SkuName
        ProductName ChargeType Quantity Currency PublisherName PublisherId SubscriptionDescription SubscriptionId
        ChargeStartDate ChargeEndDate TermAndBillingCycle UnitType AlternateId UnitPriceForCustomer SubtotalForCustomer
        TaxTotalForCustomer TotalForCustomer Id BillableQuantity BillingFrequency PricingCurrency MeterDescription
        ProductType ReservationOrderId SubscriptionStartDate SubscriptionEndDate OfferProviderId SubscriptionProviderId
        SubscriptionPONumber SubscriptionName`),
    );
  });

  it('of license for a customer are those of their description', () => {
    expect(Object.keys(customerLicenseColumns)).toEqual(
      words(`CustomerId CustomerName OrderId SubscriptionProviderId OfferProviderId OfferName SubscriptionStartDate
        SubscriptionEndDate ChargeStartDate ChargeEndDate ChargeType Quantity Currency DomainName SubscriptionName
        SubscriptionDescription BillingCycleType UnitPriceForCustomer AmountForCustomer SubtotalForCustomer
        TaxForCustomer TotalForCustomer TotalOtherDiscountForCustomer Id SubscriptionPONumber`),
    );
  });

  it('are written as text, ids, days and decimals, money to two places', () => {
    const written = new Map(writtenColumns(onetimeColumns).map((column) => [column.name, column]));
    expect(
      [
        'SkuId',
        'SkuName',
        'OrderDate',
        'Subtotal',
        'SubtotalForCustomer',
        'UnitPriceForCustomer',
        'MarginForCustomer',
      ].map((name) => written.get(name)),
    ).toEqual([
      { name: 'SkuId', type: 'id' },
      { name: 'SkuName', type: 'text' },
      { name: 'OrderDate', type: 'day' },
      { name: 'Subtotal', type: 'decimal' },
      { name: 'SubtotalForCustomer', type: 'decimal', places: 2 },
      { name: 'UnitPriceForCustomer', type: 'decimal' },
      { name: 'MarginForCustomer', type: 'decimal' },
    ]);
    const day = writtenColumns(ratedUsageColumns).find(({ name }) => name === 'SubtotalForCustomer');
    expect(day).toEqual({ name: 'SubtotalForCustomer', type: 'decimal' });
  });

  it('let no cost be declared for a lower audience', () => {
    type Line = { readonly cost: string; readonly name: string };
    const allowed = [
      { audience: 'csp', type: 'money', from: { line: 'cost' } },
      { audience: 'reseller', type: 'text', from: { line: 'name' } },
      { audience: 'reseller', type: 'rate', from: { margin: 'customer', value: 'value' } },
    ] satisfies PartnerColumn<Line, 'cost'>[];
    const refused = [
      // @ts-expect-error a cost is the CSP's alone
      { audience: 'reseller', type: 'money', from: { line: 'cost' } } satisfies PartnerColumn<Line, 'cost'>,
      // @ts-expect-error and so is its margin on the reseller
      { audience: 'reseller', type: 'rate', from: { margin: 'reseller', value: 'value' } } satisfies PartnerColumn<
        Line,
        'cost'
      >,
      // @ts-expect-error a customer sees no cost
      { audience: 'customer', type: 'money', from: { line: 'cost' } } satisfies CustomerColumn<Line, 'cost'>,
      // @ts-expect-error nor what its reseller pays
      { audience: 'customer', type: 'money', from: { price: 'reseller', value: 'total' } } satisfies CustomerColumn<
        Line,
        'cost'
      >,
      // @ts-expect-error nor any margin
      { audience: 'customer', type: 'rate', from: { margin: 'customer', value: 'value' } } satisfies CustomerColumn<
        Line,
        'cost'
      >,
    ];
    expect([allowed.length, refused.length]).toEqual([3, 5]);
  });
});

/* Every amount, margin and rule is a canary: a number or word that stands nowhere else. */

const canary = (number: number) => `7${String(number).padStart(3, '0')}3331`;
type Canaries = {
  readonly csp: readonly string[];
  readonly reseller: readonly string[];
  readonly customer: readonly string[];
};

let last = 0;
const next = () => {
  last += 1;
  return canary(last);
};

/** A line of canaries where it tells of costs, and which they are. */
function withCostCanaries<Line extends object>(
  line: Line,
  costs: readonly (keyof Line)[],
): { line: Line; costs: string[] } {
  const fields = costs.map((field) => [field, next()] as const);
  return { line: { ...line, ...Object.fromEntries(fields) }, costs: fields.map(([, value]) => value) };
}

function pricesOfCanaries(): {
  readonly prices: PricedLine<BuyerPrices & { amount: string; totalOtherDiscount: string }>;
  readonly seen: Canaries;
} {
  const buyer = () => ({
    unitPrice: next(),
    subtotal: next(),
    taxTotal: next(),
    total: next(),
    amount: next(),
    totalOtherDiscount: next(),
  });
  const step = (seller: 'csp' | 'reseller', to: 'reseller' | 'customer') => ({
    seller,
    buyer: to,
    cost: next(),
    listPrice: next(),
    rule: { id: next(), level: 'default' as const, kind: 'markup' as const, value: next(), guards: [] },
    guards: to === 'reseller' ? (['markupLimit'] as const) : (['discountLimit'] as const),
    unchecked: [],
    price: next(),
  });
  const [reseller, customer] = [buyer(), buyer()];
  const [first, second] = [step('csp', 'reseller'), step('reseller', 'customer')];
  const margin = ({ rule: { id, value } }: typeof first) => [id, value];
  return {
    prices: { kind: 'priced', reseller, customer, explain: [first, second] },
    seen: {
      csp: [...margin(first), first.cost, first.listPrice, second.listPrice, 'markupLimit'],
      reseller: [
        ...margin(second),
        ...Object.values(reseller),
        first.price,
        second.cost,
        second.price,
        'discountLimit',
      ],
      customer: Object.values(customer),
    },
  };
}

const records = {
  reseller: { id: 'r1', mpnId: '4649221', name: 'CANARY-RESELLER', internalId: 'CANARY-R', origin: 'entered' },
  customer: { id: 'contoso', internalId: 'CANARY-C', origin: 'entered' },
  subscription: {
    id: 'plan',
    customerId: 'contoso',
    internalId: 'CANARY-S',
    purchaseOrderNumber: 'PO',
    origin: 'entered',
  },
} as const;

describe('a lower audience', () => {
  const sold = pricesOfCanaries();
  const row = { invoiceId: 'G1', prices: sold.prices, records };
  const onetime = withCostCanaries(usageLine, [
    'unitPrice',
    'effectiveUnitPrice',
    'subtotal',
    'taxTotal',
    'total',
    'priceAdjustmentDescription',
  ]);
  const license = withCostCanaries(licenseLine, [
    'unitPrice',
    'amount',
    'totalOtherDiscount',
    'subtotal',
    'tax',
    'totalForCustomer',
  ]);
  const usage = withCostCanaries(legacyUsageLine, [
    'listPrice',
    'pretaxCharges',
    'taxAmount',
    'postTaxTotal',
    'pretaxEffectiveRate',
    'postTaxEffectiveRate',
  ]);
  const rated = withCostCanaries(ratedUsageLine, [
    'listPrice',
    'unitPrice',
    'cost',
    'costInPricingCurrency',
    'partnerEarnedCreditPercentage',
    'creditPercentage',
  ]);
  const files: readonly {
    readonly name: string;
    readonly costs: readonly string[];
    readonly cells: (table: AudienceTable) => string[];
    readonly table: AudienceTable;
    readonly customer?: AudienceTable;
  }[] = [
    {
      name: 'onetime',
      ...onetime,
      cells: (table) => cellsOf(table, onetimeRow(onetime.line, row)),
      table: onetimeColumns,
      customer: customerOnetimeColumns,
    },
    {
      name: 'license',
      ...license,
      cells: (table) => cellsOf(table, licenseRow(license.line, row)),
      table: licenseColumns,
      customer: customerLicenseColumns,
    },
    {
      name: 'usage',
      ...usage,
      cells: (table) => cellsOf(table, legacyUsageRow(usage.line, row)),
      table: legacyUsageColumns,
    },
    {
      name: 'dailyratedusage',
      ...rated,
      cells: (table) => cellsOf(table, ratedUsageRow(rated.line, row)),
      table: ratedUsageColumns,
    },
  ];
  const found = (cells: readonly string[], canaries: readonly string[]) =>
    canaries.filter((one) => cells.some((cell) => cell.includes(one)));

  it.each(files)('of $name finds no canary of a higher one', ({ costs, cells, table, customer }) => {
    const higher = [...costs, ...sold.seen.csp];
    const csp = cells(table);
    expect(found(csp, costs)).toEqual(costs);
    expect(found(csp, sold.seen.csp).length).toBeGreaterThan(2);
    const reseller = cells(resellerColumns(table));
    expect(found(reseller, higher)).toEqual([]);
    expect(found(reseller, sold.seen.customer).length).toBeGreaterThanOrEqual(4);
    expect(found(reseller, sold.seen.reseller).length).toBeGreaterThan(5);
    if (customer === undefined) return;
    const own = cells(customer);
    const partners = ['CANARY', '4649221', usageLine.mpnId, usageLine.tenantId];
    expect(found(own, [...higher, ...sold.seen.reseller, ...partners])).toEqual([]);
    expect(found(own, sold.seen.customer).length).toBeGreaterThanOrEqual(4);
  });

  it.each(files)('of $name sees nothing of a field that we have not heard of yet', ({ cells, table, customer }) => {
    const extended: AudienceTable = { ...table, New: { audience: 'csp', type: 'money', from: { line: 'tenantId' } } };
    expect(Object.keys(resellerColumns(extended))).not.toContain('New');
    expect(cells(extended).at(-1)).toBe('partner');
    for (const { audience } of Object.values(customer ?? {})) expect(audience).toBe('customer');
  });
});

describe('rows', () => {
  const catalogue: Catalogue = {
    ...catalogueOf(
      rule('reseller rule', { buyer: 'reseller' }),
      rule('customer rule', { guards: ['markupLimit'], value: '1' }),
    ),
    resellers: [{ id: 'r1', mpnId: '4649221', internalId: '007', origin: 'entered' }],
    customers: [{ id: 'contoso', internalId: 'C-1', origin: 'discovered' }],
    subscriptions: [
      { id: 'plan', customerId: 'contoso', purchaseOrderNumber: '8543943821', internalId: 'S-1', origin: 'entered' },
      { id: 'entitlement', customerId: 'contoso', name: 'Production', origin: 'discovered' },
    ],
  };
  const recordsOf = directoryOf(catalogue);
  const pricing = pricingBy(catalogue);
  const priced = <Prices extends BuyerPrices>(outcome: LineOutcome<Prices>) =>
    outcome.kind === 'priced' ? outcome : undefined;
  const named = (table: AudienceTable, cells: readonly string[]) =>
    Object.fromEntries(Object.keys(table).map((name, index) => [name, cells[index]]));

  it("of the CSP's carry ids, order, margins and prices", () => {
    const records = recordsOf({ ...usageLine, subscriptionIds: [usageLine.subscriptionId] });
    const made = onetimeRow(usageLine, {
      invoiceId: 'G1',
      prices: priced(priceInvoiceLine(pricing, usageLine)),
      records,
    });
    expect(named(onetimeColumns, cellsOf(onetimeColumns, made))).toMatchObject({
      InvoiceNumber: 'G012345678',
      EffectiveUnitPrice: '0.085',
      PriceAdjustmentDescription: usageLine.priceAdjustmentDescription,
      ResellerInternalId: '007',
      CustomerInternalId: 'C-1',
      SubscriptionInternalId: 'S-1',
      SubscriptionPONumber: '8543943821',
      MarginRuleForReseller: 'reseller rule',
      MarginKindForReseller: 'markup',
      MarginForReseller: '0.1',
      MarginGuardForReseller: '',
      UnitPriceForReseller: '0.0935',
      SubtotalForReseller: '93.5',
      MarginForCustomer: '1',
      MarginGuardForCustomer: 'markupLimit',
      UnitPriceForCustomer: '0.1',
      TotalForCustomer: '123',
    });
  });

  it('of a direct customer have no reseller prices; outside the catalogue no ids', () => {
    const line = { ...usageLine, resellerMpnId: '-1', subscriptionId: 'unheard-of', customerId: 'stranger' };
    const records = recordsOf({ ...line, subscriptionIds: [line.subscriptionId] });
    const made = onetimeRow(line, { invoiceId: 'G1', prices: priced(priceInvoiceLine(pricing, line)), records });
    const cells = named(onetimeColumns, cellsOf(onetimeColumns, made));
    expect([cells['UnitPriceForReseller'], cells['MarginRuleForReseller'], cells['ResellerInternalId']]).toEqual([
      '',
      '',
      '',
    ]);
    const own = named(customerOnetimeColumns, cellsOf(customerOnetimeColumns, made));
    expect([own['SubscriptionId'], own['SubscriptionProviderId'], own['SubscriptionName']]).toEqual([
      '',
      'unheard-of',
      'Azure plan',
    ]);
    expect([own['ProductType'], own['OfferProviderId'], own['SubscriptionPONumber']]).toEqual([
      'azureplan',
      'DZH318Z0BNZ5:006G',
      '',
    ]);
  });

  it('of licences give the customer what the description says', () => {
    const made = licenseRow(licenseLine, {
      invoiceId: 'D1',
      prices: priced(priceLicenseLine(pricing, licenseLine)),
      records: {},
    });
    expect(named(customerLicenseColumns, cellsOf(customerLicenseColumns, made))).toMatchObject({
      OrderId: '566890604832738111',
      SubscriptionProviderId: 'seats',
      OfferProviderId: 'b4d4b7f4-4089-43b6-9c44-de97b760fb11',
      UnitPriceForCustomer: '26.22',
      AmountForCustomer: '104.88',
      SubtotalForCustomer: '104.88',
      TaxForCustomer: '13.66',
      TotalForCustomer: '118.54',
      TotalOtherDiscountForCustomer: '0',
    });
  });

  it('of usage without money have no prices', () => {
    const daily = { ...legacyUsageLine, kind: 'daily' as const, pretaxCharges: '' };
    const made = legacyUsageRow(daily, {
      invoiceId: 'D1',
      prices: priced(priceLegacyUsage(pricing, daily)),
      records: {},
    });
    const cells = named(legacyUsageColumns, cellsOf(legacyUsageColumns, made));
    expect(pricesOf('Customer', 'TaxTotal').map((name) => cells[name])).toEqual(['', '', '', '']);
    expect(cells['PartnerName']).toBe('Fabrikam');
  });

  it("of daily usage take the purchase order of the plan and the rest of the Azure subscription's own record", () => {
    const records = recordsOf({ ...ratedUsageLine, subscriptionIds: ['entitlement', 'plan'] });
    expect(records.subscription).toMatchObject({
      id: 'entitlement',
      name: 'Production',
      purchaseOrderNumber: '8543943821',
    });
    const made = ratedUsageRow(ratedUsageLine, { prices: priced(priceRatedUsage(pricing, ratedUsageLine)), records });
    expect(named(ratedUsageColumns, cellsOf(ratedUsageColumns, made))).toMatchObject({
      SubscriptionPONumber: '8543943821',
      EntitlementId: 'entitlement',
      UnitPriceForCustomer: '0.3264',
      TaxTotalForReseller: '0',
    });
  });

  it('of the domain become rows of files with shares in percent', () => {
    const amounts = { quantity: decimal('1.50'), unitPrice: decimal('2'), cost: decimal('3'), listPrice: undefined };
    const rest = { costInPricingCurrency: decimal('3'), exchangeRate: undefined };
    const shares = { partnerEarnedCredit: decimal('0.15'), credit: undefined };
    const { partnerEarnedCreditPercentage: _p, creditPercentage: _c, ...text } = ratedUsageLine;
    const row: UsageRow = { ...text, ...amounts, ...rest, ...shares, region: 'westeurope', file: 'a', line: 1 };
    expect(toLine(row)).toMatchObject({
      quantity: '1.5',
      listPrice: '',
      exchangeRate: '',
      partnerEarnedCreditPercentage: '15',
      creditPercentage: '',
      meterRegion: 'EU West',
    });
  });

  it('belong to one reseller at most, and to one customer', () => {
    fc.assert(
      fc.property(anyCatalogue, anyLine, (_, line) => {
        const mpnIds = ['4649221', '5555', '777'].filter((mpnId) => isLineOf({ audience: 'reseller', mpnId }, line));
        expect(mpnIds).toEqual(/^(|0|-1)$/.test(line.resellerMpnId) ? [] : [line.resellerMpnId]);
        expect(isLineOf({ audience: 'customer', customerId: line.customerId.toUpperCase() }, line)).toBe(true);
        expect(isLineOf({ audience: 'customer', customerId: 'someone else' }, line)).toBe(false);
        expect(isLineOf({ audience: 'csp' }, line)).toBe(true);
      }),
    );
  });

  it('have margins of any rule, never of another', () => {
    const margin: Margin = { kind: 'split', value: '0.25', guards: ['discountLimit'] };
    const overridden = pricingBy({
      ...catalogue,
      subscriptions: [{ id: 'plan', customerId: 'contoso', resellerMargin: margin, origin: 'entered' }],
    });
    const made = onetimeRow(usageLine, {
      invoiceId: 'G1',
      prices: priced(priceInvoiceLine(overridden, usageLine)),
      records: {},
    });
    const cells = named(onetimeColumns, cellsOf(onetimeColumns, made));
    expect([cells['MarginRuleForReseller'], cells['MarginForReseller']]).toEqual([
      'resellerMargin of subscription plan',
      '0.25',
    ]);
  });
});
