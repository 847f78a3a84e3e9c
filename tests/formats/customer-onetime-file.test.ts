import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { customerOnetimeCsv } from '../../shared/formats/customer-onetime-file.ts';

/* The columns of the file, in the order in which its description for customers lists them. */
const columns = [
  'CustomerId CustomerName CustomerDomainName CustomerCountry OrderDate ProductId SkuId AvailabilityId SkuName',
  'ProductName ChargeType Quantity Currency PublisherName PublisherId SubscriptionDescription SubscriptionId',
  'ChargeStartDate ChargeEndDate TermAndBillingCycle UnitType AlternateId UnitPriceForCustomer SubtotalForCustomer',
  'TaxTotalForCustomer TotalForCustomer Id BillableQuantity BillingFrequency PricingCurrency MeterDescription',
  'ProductType ReservationOrderId SubscriptionStartDate SubscriptionEndDate OfferProviderId SubscriptionProviderId',
  'SubscriptionPONumber SubscriptionName',
].flatMap((names) => names.split(' '));

const seats: InvoiceLine = {
  part: 0,
  line: 2,
  tenantId: '0e195b37-4574-4539-bc42-0e539b9684c0',
  customerId: '2c741c83-e111-4a77-bc5f-c2f065275fa9',
  customerName: 'Contoso',
  customerDomainName: 'contoso.onmicrosoft.com',
  customerCountry: 'IE',
  invoiceId: 'G000000001',
  mpnId: '6034453',
  resellerMpnId: '4649221',
  orderId: '532f0b0f8ee3',
  orderDate: '2026-10-10',
  productId: 'CFQ7TTC0LF8R',
  skuId: '0001',
  availabilityId: 'CFQ7TTC0LCHC',
  skuName: 'Microsoft 365 E3',
  productName: 'Microsoft 365 E3',
  chargeType: 'addQuantity',
  unitPrice: '10',
  quantity: '15',
  subtotal: '99.99',
  taxTotal: '23',
  total: '122.99',
  currency: 'EUR',
  priceAdjustmentDescription: '["15.0% Partner earned credit for services managed"]',
  publisherName: 'Microsoft',
  publisherId: '',
  subscriptionDescription: 'E3 for "everyone", really',
  subscriptionId: 'fa2a91fd-7286-4dcd-9718-20048cca832a',
  chargeStartDate: '2026-10-20',
  chargeEndDate: '2026-11-09',
  termAndBillingCycle: 'One-Year commitment for monthly/yearly billing',
  effectiveUnitPrice: '6.666',
  unitType: '',
  alternateId: '532f0b0f8ee3',
  billableQuantity: '15',
  billingFrequency: 'Monthly',
  pricingCurrency: 'USD',
  exchangeRate: '0.846202666',
  exchangeRateDate: '2026-10-01',
  meterDescription: '',
  reservationOrderId: '',
  creditReasonCode: '',
  subscriptionStartDate: '2026-10-10',
  subscriptionEndDate: '2027-10-09',
  referenceId: '025d68a6-1bd6-42ab-9636-15e8d776a30e',
  productQualifiers: '',
  promotionId: '',
  productCategory: '',
};

const refund: InvoiceLine = {
  ...seats,
  line: 3,
  chargeType: 'removeQuantity',
  quantity: '-10',
  subtotal: '-66.66',
  taxTotal: '-15.33',
  total: '-81.99',
  customerName: '=cmd|calc',
  productName: 'São João Ω',
};

const options = { invoiceId: 'G000000001', rule: { kind: 'markup', markup: '0.1' } } as const;

async function bytesOf(
  lines: readonly InvoiceLine[],
  given: Parameters<typeof customerOnetimeCsv>[1] = options,
): Promise<Buffer> {
  async function* source() {
    yield* lines;
  }
  const parts: Uint8Array[] = [];
  for await (const part of customerOnetimeCsv(source(), given)) parts.push(part);
  return Buffer.concat(parts);
}

/** The rows, by column, as a reader of CSV other than our own sees them. */
async function rowsOf(...lines: readonly InvoiceLine[]): Promise<readonly Readonly<Record<string, string>>[]> {
  return parse(await bytesOf(lines), { columns: true, record_delimiter: '\r\n' }) as Record<string, string>[];
}

describe('the onetime file of a customer', () => {
  it('is, byte for byte, the golden file', async () => {
    const golden = readFileSync(new URL('../golden/customer-onetime.csv', import.meta.url));
    expect((await bytesOf([seats, refund])).toString('utf8')).toBe(golden.toString('utf8'));
  });

  it('has the columns of its description, in that order', async () => {
    const [header] = (await bytesOf([])).toString('utf8').split('\r\n');
    expect(columns).toHaveLength(39);
    expect(header?.split(',')).toEqual(columns);
  });

  it('is UTF-8 without byte order mark, and every line ends with CRLF', async () => {
    const bytes = await bytesOf([seats, refund]);
    expect(bytes.subarray(0, 10).toString('latin1')).toBe('CustomerId');
    expect(bytes.includes(Buffer.from('São João Ω', 'utf8'))).toBe(true);
    expect(bytes.toString('utf8').split('\r\n')).toHaveLength(4);
    expect(bytes.toString('utf8').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('carries no cost and no reseller: their digits are nowhere in its bytes', async () => {
    const canaries = {
      unitPrice: '7310.11',
      effectiveUnitPrice: '7320.22',
      subtotal: '7330.33',
      taxTotal: '7340.44',
      total: '7350.55',
      resellerMpnId: '7360666',
    };
    const text = (await bytesOf([{ ...seats, ...canaries }])).toString('utf8');
    for (const [field, canary] of Object.entries(canaries)) expect(text, field).not.toContain(canary);
    // The control: a line sold at cost does show these digits, as prices.
    const rule = { kind: 'markup', markup: '0' } as const;
    const atCost = (await bytesOf([{ ...seats, ...canaries }], { ...options, rule })).toString('utf8');
    for (const sold of [canaries.effectiveUnitPrice, canaries.subtotal, canaries.taxTotal])
      expect(atCost).toContain(sold);
    expect(atCost).not.toContain(canaries.resellerMpnId);
    expect(atCost).not.toContain(canaries.unitPrice);
  });

  it('adds up on every line: subtotal and tax make the total', async () => {
    const rows = await rowsOf(seats, refund);
    expect(
      rows.map((row) => [row['SubtotalForCustomer'], row['TaxTotalForCustomer'], row['TotalForCustomer']]),
    ).toEqual([
      ['109.99', '25.3', '135.29'],
      ['-73.33', '-16.86', '-90.19'],
    ]);
  });

  it('gives each line an id of its own, the same each time', async () => {
    const places = [seats, { ...seats, line: 3 }, { ...seats, part: 1 }];
    const ids = (await rowsOf(...places)).map((row) => row['Id']);
    expect(new Set(ids).size).toBe(3);
    expect((await rowsOf(...places)).map((row) => row['Id'])).toEqual(ids);
    const elsewhere = (await bytesOf([seats], { ...options, invoiceId: 'G000000002' })).toString('utf8');
    expect(elsewhere).not.toContain(ids[0]);
  });

  it('loses no line and no order when there are more lines than are written at once', async () => {
    const lines = Array.from({ length: 1203 }, (_, at) => ({ ...seats, line: at + 2, alternateId: `line-${at}` }));
    for (const count of [0, 1, 498, 499, 500, 501, 999, 1000, 1203]) {
      const rows = await rowsOf(...lines.slice(0, count));
      expect(rows.map((row) => row['AlternateId'])).toEqual(lines.slice(0, count).map((line) => line.alternateId));
    }
  });
});

describe('text that a spreadsheet would run', () => {
  const textFields = [
    'customerId customerName customerDomainName customerCountry productId skuId availabilityId skuName productName',
    'chargeType currency publisherName publisherId subscriptionDescription subscriptionId termAndBillingCycle unitType',
    'alternateId billingFrequency pricingCurrency meterDescription reservationOrderId',
  ].flatMap((names) => names.split(' '));

  it.each(['=1+1', '+1', '-x', '@SUM(A1)', '\t=1', '\r=1', '\n=1'])(
    'is preceded by an apostrophe in every column of text: %j',
    async (lead) => {
      const line = { ...seats, ...Object.fromEntries(textFields.map((field) => [field, lead])) };
      const [row] = await rowsOf(line);
      const cells = Object.entries(row ?? {}).filter(([, cell]) => cell.includes(lead));
      // One cell a field, and two more that repeat a product and a description.
      expect(cells).toHaveLength(textFields.length + 2);
      for (const [column, cell] of cells) expect(cell, column).toMatch(/^'/);
    },
  );

  it('is not found in numbers and days: negative ones are untouched', async () => {
    const [row] = await rowsOf({ ...refund, billableQuantity: '-10', effectiveUnitPrice: '-6.666' });
    expect(row).toMatchObject({
      Quantity: '-10',
      BillableQuantity: '-10',
      UnitPriceForCustomer: '-7.3326',
      SubtotalForCustomer: '-73.33',
      TaxTotalForCustomer: '-16.86',
      TotalForCustomer: '-90.19',
      OrderDate: '2026-10-10',
    });
  });

  it('is left alone where the sign stands further on', async () => {
    const [row] = await rowsOf({ ...seats, customerName: 'A=B+C-D@E', productName: "'quoted'", skuName: ' =1' });
    expect(row).toMatchObject({ CustomerName: 'A=B+C-D@E', ProductName: "'quoted'", SkuName: ' =1' });
  });

  it('comes back as it was given, but for the apostrophe, whatever it holds', async () => {
    const units = fc.constantFrom('a', 'É', '🙂', ',', ';', '"', '\n', '\r', '\r\n', '=', '-', "'", ' ', '\t');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: units }), async (text) => {
        const rows = await rowsOf({ ...seats, customerName: text }, seats);
        expect(rows).toHaveLength(2);
        expect([text, `'${text}`]).toContain(rows[0]?.['CustomerName']);
        expect(/^[=+\-@\t\r\n]/.test(rows[0]?.['CustomerName'] ?? '')).toBe(false);
      }),
    );
  });
});
