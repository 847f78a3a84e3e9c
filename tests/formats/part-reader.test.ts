import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DatasetKind } from '../../shared/domain/datasets.ts';
import { totalsForInvoices } from '../../shared/domain/meter-totals.ts';
import { invoiceLineColumns } from '../../shared/formats/invoice-lines.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { cuttings, fileOf, refusalOf } from './source-files.ts';

const usageHeader =
  'PartnerId,CustomerId,InvoiceNumber,UsageDate,MeterId,MeterName,MeterCategory,MeterSubCategory,MeterRegion,Unit,Quantity,EffectiveUnitPrice,BillingPreTaxTotal,BillingCurrency,EntitlementId,EntitlementDescription';
const usageRow = (change: Readonly<Record<string, string>> = {}) =>
  Object.values({
    tenant: 'TENANT-A',
    customer: 'Customer-A',
    invoice: 'G000000001',
    day: '10/1/2026',
    meter: 'METER-1',
    name: 'D2 v3',
    category: 'Virtual Machines',
    subCategory: 'Dv3 Series',
    region: 'EU West',
    unit: ' 1 Hour ',
    quantity: '24',
    price: '0.1',
    cost: '2.0308863984',
    currency: 'EUR',
    subscription: 'SUBSCRIPTION-A',
    subscriptionName: 'Production',
    ...change,
  }).join(',');
const usageCsv = (...rows: readonly string[]) => `${[usageHeader, ...rows].join('\r\n')}\r\n`;

const exportHeader =
  'invoiceId,partnerTenantId,customerTenantId,date,meterId,meterName,meterCategory,meterSubCategory,meterRegion,SubscriptionId,subscriptionName,publisherType,effectivePrice,quantity,unitOfMeasure,chargeType,billingCurrency,costInBillingCurrency,reservationId,PricingModel,provider';
const exportRow =
  'G000000001,TENANT-A,Customer-A,10/01/2026,METER-1,D2 v3,Virtual Machines,Dv3 Series,eu WEST,subscription-A,Production,Microsoft,0.1,24,1 Hour,Usage,EUR,2.0308863984,,OnDemand,Microsoft.Azure';
const purchaseRow =
  'G000000001,TENANT-A,Customer-A,10/31/2026,,,,,,,,Microsoft,,1,1,Purchase,EUR,100,order-1,Reservation,Microsoft.Azure';

const lineHeader =
  'PartnerId,CustomerId,InvoiceNumber,ProductId,SkuId,ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,EffectiveUnitPrice,BillableQuantity';
const lineRow = (customer: string, subtotal: string) =>
  `tenant-a,${customer},G000000001,DZH318Z0BNZ5,0001,new,0.10,1.0,${subtotal},0.00,${subtotal},EUR,0.1,36.5`;

const read = (kind: DatasetKind, name: string, ...chunks: readonly (string | Uint8Array)[]) =>
  readPart(fileOf(name, ...chunks), { kind, part: 3, problemsMax: 2 });

describe('a part of daily rated usage', () => {
  it('comes to totals by meter line, ids and regions folded', async () => {
    const other = usageRow({
      quantity: '12.5',
      cost: '1.0577533325',
      day: '2026-10-02',
      region: 'eu west',
      meter: 'meter-1',
    });
    expect(await read('dailyratedusage', 'a.csv', usageCsv(usageRow(), other))).toEqual({
      rows: 2,
      refusedRows: 0,
      problems: [],
      tenantIds: ['tenant-a'],
      invoiceIds: ['G000000001'],
      subscriptions: [{ subscriptionId: 'subscription-a', name: 'Production', customerId: 'customer-a' }],
      subscriptionsOfReseller: {},
      totals: [
        {
          subscriptionId: 'subscription-a',
          meterId: 'meter-1',
          region: 'westeurope',
          unit: '1 Hour',
          currency: 'EUR',
          meterName: 'D2 v3',
          meterCategory: 'Virtual Machines',
          meterSubCategory: 'Dv3 Series',
          quantity: '36.5',
          cost: '3.0886397309',
          pricedQuantity: '3.65',
          unitPrice: '0.1',
          rows: 2,
          usageMonth: '2026-10',
          days: 0b11,
        },
      ],
      plans: [],
      lines: [],
      detection: {
        dataset: 'dailyratedusage',
        format: 'dailyratedusage',
        schemaVersion: 'portal',
        scope: 'billing',
        unknownColumns: [],
      },
      costView: 'unknown',
    });
  });

  it('comes to the same from CSV and from JSON lines, compressed or not, and in any order of its rows', async () => {
    const rows = [
      usageRow(),
      usageRow({ meter: 'meter-2', quantity: '0.1234567890123456789012345678', subscriptionName: 'Aa' }),
    ];
    const json = rows.map((row) => {
      const values = row.split(',');
      const numbers = ['Quantity', 'EffectiveUnitPrice', 'BillingPreTaxTotal'];
      const members = usageHeader.split(',').map((name, at) => {
        const value = values[at] ?? '';
        return `"${name}":${numbers.includes(name) ? value : JSON.stringify(value)}`;
      });
      return `{${members.join(',')}}\n`;
    });
    const csv = usageCsv(...rows);
    const contents = await read('dailyratedusage', 'a.csv', csv);
    expect(contents.totals).toHaveLength(2);
    expect(await read('dailyratedusage', 'A.CSV', csv)).toEqual(contents);
    expect(await read('dailyratedusage', 'a.csv.gz', gzipSync(csv))).toEqual(contents);
    const fromJson = { ...contents, detection: { ...contents.detection, schemaVersion: 'graph' } };
    expect(await read('dailyratedusage', 'a.json', ...json)).toEqual(fromJson);
    expect(await read('dailyratedusage', 'a.json.gz', gzipSync(json.toReversed().join('')))).toEqual(fromJson);
  });

  it('knows unbilled usage, which names no invoice', async () => {
    expect(await read('dailyratedusage', 'a.csv', usageCsv(usageRow({ invoice: '' })))).toMatchObject({
      rows: 1,
      invoiceIds: [],
    });
  });

  it('counts every refused row and shows the first ones', async () => {
    const bad = usageRow({ cost: 'oops' });
    const contents = await read('dailyratedusage', 'a.csv', usageCsv(usageRow(), bad, bad, bad));
    expect(contents).toMatchObject({ rows: 4, refusedRows: 3, totals: [{ rows: 1 }] });
    expect(contents.problems.map(({ line, column }) => [line, column])).toEqual([
      [3, 'BillingPreTaxTotal'],
      [4, 'BillingPreTaxTotal'],
    ]);
  });
});

describe('a part of a cost export', () => {
  it('keeps apart what a rule sets aside, and gives a purchase without price the price zero', async () => {
    const contents = await read('costexport', 'a.csv', `${exportHeader}\r\n${exportRow}\r\n${purchaseRow}\r\n`);
    expect(contents).toMatchObject({ rows: 2, refusedRows: 0, tenantIds: ['tenant-a'] });
    expect(contents.totals).toMatchObject([
      { subscriptionId: '', excludedBy: 'reservationPurchase', cost: '100', unitPrice: '0', rows: 1 },
      { subscriptionId: 'subscription-a', region: 'westeurope', cost: '2.0308863984', rows: 1 },
    ]);
    expect(contents.totals[1]).not.toHaveProperty('excludedBy');
  });

  it('meets daily rated usage of the same meter under the same key', async () => {
    const [usage] = (await read('dailyratedusage', 'a.csv', usageCsv(usageRow()))).totals;
    const costs = (await read('costexport', 'a.csv', `${exportHeader}\n${exportRow}\n`)).totals;
    // Only a cost export says of usage that it is usage.
    expect(totalsForInvoices(costs, ['G000000001'])).toEqual([{ ...usage, chargeType: 'usage' }]);
    expect(totalsForInvoices(costs, ['G000000002'])).toEqual([]);
  });

  it.each(['invoiceId', 'partnerTenantId'])('of a subscription scope, without %s, is refused', async (column) => {
    const text = `${exportHeader.replace(column, 'other')}\n${exportRow}\n`;
    expect(await refusalOf(read('costexport', 'a.csv', text))).toMatchObject({ code: 'missingColumn', column });
  });
});

describe('a part of line items', () => {
  it('keeps every line, with its part and line, ordered by customer and line', async () => {
    const rows = [lineRow('CUSTOMER-B', '1.50'), lineRow('customer-a', '-2'), lineRow('customer-b', '3.08')];
    const contents = await read('onetime', 'a.csv', `${[lineHeader, ...rows].join('\n')}\n`);
    expect(contents).toMatchObject({
      rows: 3,
      refusedRows: 0,
      totals: [],
      subscriptions: [],
      invoiceIds: ['G000000001'],
    });
    expect(
      contents.lines.map((item) => [item.customerId, item.part, item.line, 'subtotal' in item ? item.subtotal : '']),
    ).toEqual([
      ['customer-a', 3, 3, '-2'],
      ['customer-b', 3, 2, '1.5'],
      ['customer-b', 3, 4, '3.08'],
    ]);
    expect(contents.lines[0]).toMatchObject({
      skuId: '0001',
      unitPrice: '0.1',
      quantity: '1',
      orderDate: '',
      customerName: '',
    });
  });
});

describe('a line item', () => {
  const fields = Object.keys(invoiceLineColumns);
  const ofType = (type: string) =>
    Object.entries(invoiceLineColumns).flatMap(([field, column]) => (column.type === type ? [field] : []));
  const decimals = ofType('decimal');
  const days = ofType('day');
  const expected = fields.map((field, at) => {
    if (decimals.includes(field)) return `-${at}.25`;
    if (days.includes(field)) return `2026-10-${String((at % 30) + 1).padStart(2, '0')}`;
    return field.toLowerCase().endsWith('currency') ? `C${at}` : `${field.toLowerCase()}-${at}`;
  });

  it.each(['CSV', 'JSON'])('has in each of our fields the value of its own column of Microsoft’s: %s', async (form) => {
    const names = Object.values(invoiceLineColumns).map(({ names: [name] }) => name);
    const record = Object.fromEntries(names.map((name, at) => [name, expected[at]]));
    const text = form === 'CSV' ? `${names.join(',')}\n${expected.join(',')}\n` : JSON.stringify(record);
    const { lines, problems } = await read('onetime', `a.${form.toLowerCase()}`, text);
    const own = Object.fromEntries(fields.map((field, at) => [field, expected[at]]));
    expect(problems).toEqual([]);
    expect(lines).toEqual([{ part: 3, line: form === 'CSV' ? 2 : 1, ...own }]);
  });

  it.each([
    ['ResellerMpnId', 'Tier2MpnId'],
    ['Total', 'TotalForCustomer'],
  ])('may have %s under its other name, %s', async (name, other) => {
    const names = Object.values(invoiceLineColumns).map(({ names: [first] }) => first);
    const readUnder = (header: string) => read('onetime', 'a.csv', `${header}\n${expected.join(',')}\n`);
    const renamed = names.map((own) => (own === name ? other : own)).join(',');
    expect((await readUnder(renamed)).lines).toEqual((await readUnder(names.join(','))).lines);
  });
});

describe('a part is read whole or not at all', () => {
  const csv = usageCsv(usageRow(), usageRow({ meter: 'meter-2' }));
  const json =
    '{"PartnerId":"t","CustomerId":"c","UsageDate":"2026-10-01","MeterId":"m","Unit":"1","Quantity":1,"EffectiveUnitPrice":1,"BillingPreTaxTotal":1,"BillingCurrency":"EUR","EntitlementId":"s"}\n';

  it.each([
    ['a.csv.gz', gzipSync(csv)],
    ['a.json.gz', gzipSync(json)],
  ])('%s cut off at any byte is refused', async (name, bytes) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const problem = await refusalOf(read('dailyratedusage', name, bytes.subarray(0, length)));
      expect(problem, `${length} bytes`).toMatchObject({ code: 'damagedContainer', file: name });
    }
    expect(await read('dailyratedusage', name, bytes)).toMatchObject({ refusedRows: 0, invoiceIds: expect.anything() });
  });

  it('with any one bit of its compressed bytes turned, is refused or comes to the same', async () => {
    const bytes = gzipSync(json);
    const whole = await read('dailyratedusage', 'a.json.gz', bytes);
    expect(whole.rows).toBe(1);
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const damaged = Buffer.from(bytes);
      const at = bit >> 3;
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (bit & 7)), at);
      const outcome = await read('dailyratedusage', 'a.json.gz', damaged).then(
        (contents) => contents,
        (error: unknown) => refusalOf(Promise.reject(error)),
      );
      if ('code' in outcome) expect(outcome.code).toBe('damagedContainer');
      else expect(outcome).toEqual(whole);
    }
  });

  it('comes to the same wherever the compressed bytes are cut into chunks', async () => {
    const bytes = gzipSync(csv);
    const whole = await read('dailyratedusage', 'a.csv.gz', bytes);
    expect(whole.rows).toBe(2);
    for (const chunks of cuttings(bytes)) expect(await read('dailyratedusage', 'a.csv.gz', ...chunks)).toEqual(whole);
  });

  it('with an error of its source that comes after complete rows, fails with that error', async () => {
    const failure = new Error('the connection was lost');
    for (const [name, bytes] of [
      ['a.csv', Buffer.from(csv)],
      ['a.csv.gz', gzipSync(csv)],
    ] as const) {
      async function* broken() {
        yield bytes;
        throw failure;
      }
      const options = { kind: 'dailyratedusage', part: 0, problemsMax: 2 } as const;
      await expect(readPart({ name, bytes: broken() }, options)).rejects.toBe(failure);
    }
  });

  it.each(['a.parquet', 'a', 'a.gz', 'a.csv.zip', 'a.xlsx'])(
    '%s, of which we know no reader, is refused',
    async (name) => {
      expect(await refusalOf(Promise.resolve().then(() => read('costexport', name, csv)))).toMatchObject({
        code: 'unknownFileType',
        file: name,
      });
    },
  );
});
