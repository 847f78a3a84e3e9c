import { describe, expect, it } from 'vitest';
import { invoiceLine } from '../../shared/contracts/invoice-lines.ts';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { detectText } from '../../shared/formats/detected-file.ts';
import { readDomainRows } from '../../shared/formats/domain-rows.ts';

/* The wide headers of Microsoft's line items, as its portal wrote them at two times, and as version 1 of the API does. */
const portal =
  'PartnerId,CustomerId,CustomerName,CustomerDomainName,CustomerCountry,InvoiceNumber,MpnId,Tier2MpnId,OrderId,OrderDate,ProductId,SkuId,AvailabilityId,SkuName,ProductName,ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,PriceAdjustmentDescription,PublisherName,PublisherId,SubscriptionDescription,SubscriptionId,ChargeStartDate,ChargeEndDate,TermAndBillingCycle,EffectiveUnitPrice,UnitType,AlternateId,BillableQuantity,BillingFrequency,PricingCurrency,PCToBCExchangeRate,PCToBCExchangeRateDate,MeterDescription,ReservationOrderId,CreditReasonCode,SubscriptionStartDate,SubscriptionEndDate,ReferenceId,ProductQualifiers,PromotionId,ProductCategory';
const portal2022 = portal
  .replace(',MpnId,Tier2MpnId,', ',MPNID,ResellerMPNID,')
  .replace('ReferenceId', 'ReferenceID')
  .replace(',PromotionId,ProductCategory', ',PromotionID');
const version1 = portal
  .split(',')
  .map((name) => (name === 'Total' ? 'totalForCustomer' : name === 'Tier2MpnId' ? 'resellerMpnId' : name))
  .map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
  .join(',')
  .replace('pCToBC', 'pcToBC')
  .replace('pCToBC', 'pcToBC');

/** One value per column, unlike all others, in the order of the header. */
const values =
  'p-1,c-1,Contoso,c.example,DE,G000000001,11,22,o-1,10/3/2026,pr-1,0001,av-1,sku,product,addQuantity,10.0800,1,-94.08,-17.87,-111.95,eur,"[""5.0% discount""]",Microsoft,NA,M365,s-1,10/4/2026,11/2/2026,One-Year commitment,-9.408,License,alt-1,10.50,Monthly,usd,0.846202666,9/30/2026,meter,ro-1,Azure Credit Offer,10/5/2026,10/4/2027,r-1,"[""Add-on""]",promo-1,category';

const expected: InvoiceLine = {
  part: 2,
  line: 2,
  tenantId: 'p-1',
  customerId: 'c-1',
  customerName: 'Contoso',
  customerDomainName: 'c.example',
  customerCountry: 'DE',
  invoiceId: 'G000000001',
  mpnId: '11',
  resellerMpnId: '22',
  orderId: 'o-1',
  orderDate: '2026-10-03',
  productId: 'pr-1',
  skuId: '0001',
  availabilityId: 'av-1',
  skuName: 'sku',
  productName: 'product',
  chargeType: 'addQuantity',
  unitPrice: '10.08',
  quantity: '1',
  subtotal: '-94.08',
  taxTotal: '-17.87',
  total: '-111.95',
  currency: 'EUR',
  priceAdjustmentDescription: '["5.0% discount"]',
  publisherName: 'Microsoft',
  publisherId: 'NA',
  subscriptionDescription: 'M365',
  subscriptionId: 's-1',
  chargeStartDate: '2026-10-04',
  chargeEndDate: '2026-11-02',
  termAndBillingCycle: 'One-Year commitment',
  effectiveUnitPrice: '-9.408',
  unitType: 'License',
  alternateId: 'alt-1',
  billableQuantity: '10.5',
  billingFrequency: 'Monthly',
  pricingCurrency: 'USD',
  exchangeRate: '0.846202666',
  exchangeRateDate: '2026-09-30',
  meterDescription: 'meter',
  reservationOrderId: 'ro-1',
  creditReasonCode: 'Azure Credit Offer',
  subscriptionStartDate: '2026-10-05',
  subscriptionEndDate: '2027-10-04',
  referenceId: 'r-1',
  productQualifiers: '["Add-on"]',
  promotionId: 'promo-1',
  productCategory: 'category',
};

async function read(name: string, text: string) {
  const lines: InvoiceLine[] = [];
  const unknown: string[] = [];
  async function* bytes() {
    yield Buffer.from(text);
  }
  const file = await detectText({ name, bytes: bytes() });
  unknown.push(...file.detection.unknownColumns);
  await readDomainRows(
    file,
    { part: 2, view: 'actual' },
    {
      onRow: (row) => {
        if (row.kind === 'invoiceLine') lines.push(row.row);
      },
      onRefused: (problem) => expect(problem).toBeUndefined(),
    },
  );
  return { lines, unknown };
}

describe('a line item under the wide headers', () => {
  it('comes whole: every column has its field, and every field its column', async () => {
    expect(await read('a.csv', `${portal}\n${values}\n`)).toEqual({ lines: [expected], unknown: [] });
    expect(Object.keys(expected)).toHaveLength(portal.split(',').length + 2);
    expect(await read('a.csv', `${version1}\n${values}\n`)).toEqual({ lines: [expected], unknown: [] });
  });

  it('of 2022 lacks the product category only', async () => {
    const { lines, unknown } = await read('a.csv', `${portal2022}\n${values.replace(/,category$/, '')}\n`);
    expect(unknown).toEqual([]);
    expect(lines).toEqual([{ ...expected, productCategory: '' }]);
  });

  it('keeps the text of lists in JSON, and has no rate or day where the file has none', async () => {
    const record = {
      partnerId: 'p',
      customerId: 'c',
      productId: 'pr',
      skuId: '0001',
      chargeType: 'new',
      unitPrice: '1',
      quantity: 1,
      subtotal: 1,
      taxTotal: 0,
      totalForCustomer: 1,
      currency: 'EUR',
      effectiveUnitPrice: 1,
      billableQuantity: 1,
      productQualifiers: ['AddOn', 'Trial'],
      pcToBCExchangeRateDate: '0001-01-01T00:00:00',
      pcToBCExchangeRate: null,
    };
    const { lines } = await read('a.json', `${JSON.stringify(record)}\n`);
    expect(lines).toMatchObject([{ productQualifiers: '["AddOn","Trial"]', exchangeRate: '', exchangeRateDate: '' }]);
    expect(lines.map((line) => invoiceLine.parse(line))).toEqual(lines);
    expect(invoiceLine.safeParse({ ...lines[0], exchangeRate: 'one' }).success).toBe(false);
  });
});
