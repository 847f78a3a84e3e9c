import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../shared/domain/catalogue.ts';
import type { FileScope } from '../../shared/domain/catalogue-directory.ts';
import type { CultureName } from '../../shared/domain/culture-names.ts';
import type { Audience } from '../../shared/domain/file-columns.ts';
import {
  customerFileKinds,
  type FileFormat,
  type FileKind,
  fileFormats,
  fileKinds,
} from '../../shared/domain/file-kinds.ts';
import { type FileLine, FileRowMaker } from '../../shared/domain/file-lines.ts';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { reconciliationFile } from '../../shared/formats/reconciliation-file.ts';
import { catalogueOf, legacyUsageLine, licenseLine, ratedUsageLine, rule, usageLine } from '../domain/sold-lines.ts';
import { unzipped } from './unzipped.ts';

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

const markups = catalogueOf(rule('to-customer', { buyer: 'customer', kind: 'markup', value: '0.1' }));

type Made = {
  readonly kind: FileKind;
  readonly scope: FileScope;
  readonly catalogue?: Catalogue;
  readonly format?: FileFormat;
  readonly culture?: CultureName;
};

async function fileOf(
  lines: readonly FileLine[],
  { kind, scope, catalogue = markups, format = 'csv', culture = 'invariant' }: Made,
): Promise<Buffer> {
  const maker = new FileRowMaker({ kind, scope, catalogue, invoiceId: 'G000000001', undatedDay: '2026-10-01' });
  const rows = lines.flatMap((line) => {
    const cells = maker.cellsOf(line);
    return cells === undefined ? [] : [cells];
  });
  const file = reconciliationFile({ columns: maker.columns, rows, format, culture, title: kind });
  return Buffer.concat(await Array.fromAsync(file));
}

const onetime = (line: InvoiceLine): FileLine => ({ kind: 'onetime', line, place: `line ${line.line}` });
const ofCustomer = { kind: 'onetime', scope: { audience: 'customer', customerId: seats.customerId } } as const;

describe('the onetime file of a customer', () => {
  it.each([
    ['invariant', 'customer-onetime.csv'],
    ['de-DE', 'customer-onetime.de-DE.csv'],
  ] as const)('is, byte for byte, the golden file: %s', async (culture, name) => {
    const golden = readFileSync(new URL(`../golden/${name}`, import.meta.url));
    const made = await fileOf([seats, refund].map(onetime), { ...ofCustomer, culture });
    expect(made.toString('utf8')).toBe(golden.toString('utf8'));
  });

  it('gives each line an id of its own, the same each time', async () => {
    const places = [seats, { ...seats, line: 3 }, { ...seats, part: 1 }].map(onetime);
    const idsOf = (csv: Buffer) => (parse(csv, { columns: true }) as Record<string, string>[]).map((row) => row['Id']);
    const ids = idsOf(await fileOf(places, ofCustomer));
    expect(new Set(ids).size).toBe(3);
    expect(idsOf(await fileOf(places, ofCustomer))).toEqual(ids);
  });
});

/* Canaries: digits that no price of the rules below comes to, one in every field that a lower audience may not see. */
const canaryOf = (digit: number) => `7${digit}31.4159${digit}7`;
const fieldsOf = <Field extends string>(...fields: readonly Field[]) =>
  Object.fromEntries(fields.map((field, index) => [field, canaryOf(index)])) as Record<Field, string>;

const costs = {
  onetime: fieldsOf('unitPrice', 'effectiveUnitPrice', 'subtotal', 'taxTotal', 'total', 'priceAdjustmentDescription'),
  license: fieldsOf('unitPrice', 'amount', 'totalOtherDiscount', 'subtotal', 'tax', 'totalForCustomer'),
  usage: fieldsOf(
    'listPrice',
    'pretaxCharges',
    'taxAmount',
    'postTaxTotal',
    'pretaxEffectiveRate',
    'postTaxEffectiveRate',
  ),
  dailyratedusage: fieldsOf(
    'listPrice',
    'unitPrice',
    'cost',
    'costInPricingCurrency',
    'partnerEarnedCreditPercentage',
    'creditPercentage',
  ),
} as const;

const mpnId = '4649221';
const place = 'line 2';
const lineOf = {
  onetime: { kind: 'onetime', place, line: { ...usageLine, ...costs.onetime, resellerMpnId: mpnId } },
  license: { kind: 'license', place, line: { ...licenseLine, ...costs.license, resellerMpnId: mpnId } },
  usage: { kind: 'usage', place, line: { ...legacyUsageLine, ...costs.usage, resellerMpnId: mpnId } },
  dailyratedusage: {
    kind: 'dailyratedusage',
    place,
    line: { ...ratedUsageLine, ...costs.dailyratedusage, resellerMpnId: mpnId },
  },
} as const satisfies { readonly [kind in FileKind]: FileLine & { readonly kind: kind } };

const toReseller = rule('canary-to-reseller', { buyer: 'reseller', kind: 'markup', value: '0.0731113' });
const toCustomer = rule('canary-to-customer', { buyer: 'customer', kind: 'markup', value: '0.0513337' });
const margins = catalogueOf(toReseller, toCustomer);

const scopes = {
  csp: { audience: 'csp' },
  reseller: { audience: 'reseller', mpnId },
  customer: { audience: 'customer', customerId: 'contoso' },
} as const satisfies { readonly [audience in Audience]: FileScope };

/** All that the bytes of a file hold, unpacked. */
async function contentsOf(bytes: Buffer, format: FileFormat): Promise<string> {
  if (format === 'csv') return bytes.toString('utf8');
  if (format === 'xlsx') return [...unzipped(bytes)].map(([path, part]) => `${path} ${part}`).join('');
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return `${bytes.toString('latin1')}${JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`;
}

async function contentsFor(kind: FileKind, audience: Audience, format: FileFormat): Promise<string> {
  const bytes = await fileOf([lineOf[kind]], { kind, scope: scopes[audience], catalogue: margins, format });
  return contentsOf(bytes, format);
}

/** What the line costs a reseller, by the CSP's own file. */
async function resellerPrices(kind: FileKind): Promise<readonly string[]> {
  const csv = await fileOf([lineOf[kind]], { kind, scope: scopes.csp, catalogue: margins });
  const [row = {}] = parse(csv, { columns: true }) as Record<string, string>[];
  const prices = ['UnitPrice', 'Subtotal', 'Total'].map((name) => row[`${name}ForReseller`] ?? '');
  expect(prices.every((price) => price.length > 3)).toBe(true);
  return prices;
}

describe.each(fileFormats)(
  'a file as %s carries no cost and no margin of a higher audience: its bytes have none',
  (format) => {
    it.each(fileKinds)('of %s, for a reseller', async (kind) => {
      const contents = await contentsFor(kind, 'reseller', format);
      for (const [field, canary] of Object.entries(costs[kind])) expect(contents, field).not.toContain(canary);
      for (const canary of [toReseller.id, toReseller.value]) expect(contents).not.toContain(canary);
      expect(contents).toContain(toCustomer.id);
    });

    it.each(customerFileKinds)('of %s, for a customer', async (kind) => {
      const contents = await contentsFor(kind, 'customer', format);
      const hidden = [toReseller.id, toReseller.value, toCustomer.id, toCustomer.value, mpnId, '6034453'];
      for (const canary of [...Object.values(costs[kind]), ...hidden]) expect(contents).not.toContain(canary);
      for (const price of await resellerPrices(kind)) expect(contents).not.toContain(price);
      expect(contents).toContain('contoso');
    });

    it.each(fileKinds)('of %s; the control: the CSP sees them all', async (kind) => {
      const contents = await contentsFor(kind, 'csp', format);
      const shown = [...Object.values(costs[kind]), toReseller.id, toReseller.value, toCustomer.id, toCustomer.value];
      for (const canary of shown) expect(contents).toContain(canary);
    });
  },
);

describe('a file for a reseller', () => {
  it.each(fileKinds)('of %s has no line of another reseller, of none, or of one who was removed', async (kind) => {
    const { line } = lineOf[kind];
    for (const other of ['777', '0', '', '-1']) {
      const foreign = { ...lineOf[kind], line: { ...line, resellerMpnId: other } } as FileLine;
      const csv = await fileOf([foreign, lineOf[kind]], { kind, scope: scopes.reseller, catalogue: margins });
      expect(parse(csv, { columns: true })).toHaveLength(1);
    }
  });
});

describe('a line that cannot be priced', () => {
  it('stops the file and is named', async () => {
    const noCustomer: FileLine = { ...lineOf.onetime, line: { ...lineOf.onetime.line, customerId: '' } };
    await expect(fileOf([noCustomer], { kind: 'onetime', scope: scopes.csp, catalogue: margins })).rejects.toThrow(
      'line 2: The line names no customer',
    );
  });
});
