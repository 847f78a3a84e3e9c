import { describe, expect, it } from 'vitest';
import { meterChargeOf } from '../../shared/domain/cost-row.ts';
import { type Decimal, toText } from '../../shared/domain/decimal.ts';
import { costExportSchemas, focusSchemas } from '../../shared/formats/cost-export-schemas.ts';
import type { DomainRow } from '../../shared/formats/domain-rows.ts';
import {
  costValues,
  csvOf,
  detailsSchema,
  focusSchema,
  focusValues,
  ids,
  legacyUsageValues,
  licenseValues,
  lineValues,
  readText,
  usageValues,
  type Values,
} from './sample-files.ts';
import { refusalOf } from './source-files.ts';

const columnsOf = (values: Values) => Object.keys(values);

/** A row with its decimals as text. */
function textsOf(row: DomainRow | undefined): Readonly<Record<string, unknown>> {
  const entries: [string, unknown][] = Object.entries(row?.row ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? toText(value as Decimal) : value]),
  );
}

async function firstRow(name: string, content: string): Promise<Readonly<Record<string, unknown>>> {
  const { rows, problems } = await readText(name, content);
  expect(problems).toEqual([]);
  return textsOf(rows[0]);
}

const toJsonLine = (values: Values, rename: (name: string) => string): string => {
  const numbers = /^(quantity|subtotal|total|taxtotal|.*(price|total|percentage|quantity|rate))$/i;
  const members = Object.entries(values).map(([name, value]) => {
    const isNumber = numbers.test(name) && value !== '';
    return `${JSON.stringify(rename(name))}:${isNumber ? value : value === '' ? 'null' : JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}\n`;
};

const v1Names: Readonly<Record<string, string>> = {
  Tier2MpnId: 'resellerMpnId',
  Unit: 'unitOfMeasure',
  PartnerEarnedCreditPercentage: 'rateOfPartnerEarnedCredit',
  CreditPercentage: 'rateOfCredit',
  Total: 'totalForCustomer',
};
const toV1 = (name: string) => v1Names[name] ?? `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;

describe('daily rated usage', () => {
  const expected = {
    file: 'u.csv',
    line: 2,
    tenantId: ids.partner,
    subscriptionId: ids.subscription,
    planId: ids.plan,
    usageDate: '2026-10-02',
    meterRegion: 'EU West',
    region: 'westeurope',
    resourceRegion: 'WESTEUROPE',
    resourceGroup: 'TESTRG',
    resourceId: '/subscriptions/X/resourceGroups/TestRg/providers/P/vm1',
    quantity: '23.200004',
    cost: '0.486031696515249',
    partnerEarnedCredit: '0.15',
    credit: '0',
    benefitId: '',
    exchangeRateDate: '2026-09-30',
    resellerMpnId: '0',
    tags: '{"env": "test","team": "a"}',
  };

  it('is read from the portal’s CSV', async () => {
    const { detection } = await readText('u.csv', csvOf(columnsOf(usageValues), usageValues));
    expect(detection).toEqual({
      dataset: 'dailyratedusage',
      format: 'dailyratedusage',
      schemaVersion: 'portal',
      scope: 'billing',
      unknownColumns: [],
    });
    expect(await firstRow('u.csv', csvOf(columnsOf(usageValues), usageValues))).toMatchObject(expected);
  });

  it('comes to the same from Graph, from version 1 and in any order of its columns', async () => {
    const { file: _file, line: _line, ...values } = expected;
    const whole = await firstRow('u.csv', csvOf(columnsOf(usageValues), usageValues));
    const comparable = { ...whole, file: '', line: 0 };
    expect(comparable).toMatchObject(values);
    const reversed = csvOf(columnsOf(usageValues).toReversed(), usageValues);
    expect({ ...(await firstRow('u.csv', reversed)), file: '', line: 0 }).toEqual(comparable);
    const graph = toJsonLine(usageValues, (name) => name);
    expect({ ...(await firstRow('u.json', graph)), file: '', line: 0 }).toEqual(comparable);
    const v1 = toJsonLine({ ...usageValues, PartnerEarnedCreditPercentage: '0.15' }, toV1);
    expect({ ...(await firstRow('u.json', v1)), file: '', line: 0 }).toEqual(comparable);
    const page = `{\n "totalCount": 1,\n "items": [\n${v1.trimEnd()}\n]}`;
    expect({ ...(await firstRow('u.json', page)), file: '', line: 0 }).toEqual(comparable);
    expect((await readText('u.json', v1)).detection?.schemaVersion).toBe('v1');
    expect((await readText('u.json', graph)).detection?.schemaVersion).toBe('graph');
    expect((await readText('u.json', page)).detection).toMatchObject({ schemaVersion: 'v1', unknownColumns: [] });
  });

  it('of the benefit order that other writers use is bound by name', async () => {
    const columns = columnsOf(usageValues).map((name) =>
      name === 'BenefitId' ? 'BenefitOrderId' : name === 'BenefitOrderId' ? 'BenefitId' : name,
    );
    expect(
      await firstRow('u.csv', csvOf(columns, { ...usageValues, BenefitOrderId: 'O', BenefitId: 'B' })),
    ).toMatchObject({
      benefitId: 'b',
      benefitOrderId: 'o',
    });
  });
});

describe('line items', () => {
  it('are read with both spellings of the reseller and of the total', async () => {
    const whole = await firstRow('i.csv', csvOf(columnsOf(lineValues), lineValues));
    expect(whole).toMatchObject({ resellerMpnId: '6048879', total: '100.8', skuId: '0001', line: 2 });
    const older = columnsOf(lineValues).map((name) =>
      name === 'Tier2MpnId' ? 'ResellerMPNID' : name === 'MpnId' ? 'MPNID' : name,
    );
    const text = csvOf(older, { ...lineValues, MPNID: '6034453', ResellerMPNID: '6048879' });
    expect(await firstRow('i.csv', text)).toEqual(whole);
    expect((await readText('i.csv', text)).detection).toMatchObject({
      dataset: 'onetime',
      schemaVersion: 'portal-2022',
    });
    expect({ ...(await firstRow('i.json', toJsonLine(lineValues, toV1))), line: 2 }).toEqual(whole);
  });

  it('of a legacy licence invoice keep long ids and the join key', async () => {
    expect(await firstRow('l.csv', csvOf(columnsOf(licenseValues), licenseValues))).toMatchObject({
      file: 'l.csv',
      line: 2,
      orderId: '566890604832738111',
      subscriptionId: 'usCBMgAAAAAAAAIA',
      partnerCenterSubscriptionId: ids.plan,
      subscriptionStartDate: '2026-02-01',
      subscriptionEndDate: '2027-01-31',
      amount: '13.32',
      subtotal: '11',
      resellerMpnId: '-1',
    });
    const tier2 = toJsonLine(licenseValues, (name) => (name === 'ResellerMpnId' ? 'tier2MpnId' : toV1(name)));
    expect(await firstRow('l.json', tier2)).toMatchObject({ resellerMpnId: '-1', totalForCustomer: '11' });
  });

  it('of legacy usage are bound by name in either order, billed and daily rows apart', async () => {
    const daily = { ...legacyUsageValues, PretaxCharges: '', TaxAmount: '', PostTaxTotal: '', UsageDate: '2026-02-03' };
    for (const columns of [columnsOf(legacyUsageValues), columnsOf(legacyUsageValues).toReversed()]) {
      const { rows, detection, problems } = await readText('d.csv', csvOf(columns, legacyUsageValues, daily));
      expect(problems).toEqual([]);
      expect(detection).toMatchObject({ dataset: 'usage', schemaVersion: 'portal', unknownColumns: [] });
      expect(rows.map(textsOf)).toMatchObject([
        {
          kind: 'billed',
          subscriptionId: ids.subscription,
          partnerName: 'Fabrikam',
          partnerBillableAccountId: '1280018095',
          customerBillableAccount: '1280018095',
          region: 'EU West',
          pretaxCharges: '63.33',
          currency: 'EUR',
          customerId: 'orddc52e52fdef405786f0642dd0108be4',
        },
        { kind: 'daily', usageDate: '2026-02-03', pretaxCharges: '', consumedQuantity: '745' },
      ]);
    }
  });
});

describe('cost details', () => {
  const versions = costExportSchemas.map(({ agreement, version }) => ({ agreement, version }));

  it.each(versions)('of $agreement $version come to the same row', async ({ agreement, version }) => {
    const columns = detailsSchema(agreement, version);
    const { detection, rows, problems } = await readText('c.csv', csvOf(columns, costValues));
    expect(problems).toEqual([]);
    const isRetail = agreement === 'cspSubscription' || agreement === 'payAsYouGo';
    // The columns of two versions of partner exports are the same; the newer one is named.
    const shown =
      (agreement === 'mpa' || agreement === 'cspSubscription') && version === '2021-10-01'
        ? '2023-12-01-preview'
        : version;
    expect(detection).toMatchObject({
      dataset: 'costexport',
      format: 'costdetails',
      agreement,
      schemaVersion: shown,
      scope: isRetail ? 'retail' : 'billing',
      unknownColumns: [],
    });
    expect(detection?.advice === undefined).toBe(agreement === 'mpa');
    expect(textsOf(rows[0])).toMatchObject({
      file: 'c.csv',
      line: 2,
      subscriptionId: ids.subscription,
      usageDate: '2026-10-02',
      meterId: ids.meter,
      region: 'westeurope',
      unit: '10K',
      quantity: '0.0004',
      quantityFrom: 'stated',
      unitPrice: '0.1',
      cost: '0.00004',
      currency: 'EUR',
      chargeType: 'Usage',
      benefitId: '',
      tags: '{"env": "test"}',
    });
  });

  it('at a subscription of a customer are called retail, with what to do instead', async () => {
    const { detection } = await readText('c.csv', csvOf(detailsSchema('cspSubscription', '2021-10-01'), costValues));
    expect(detection?.scope).toBe('retail');
    expect(detection?.advice).toMatch(/retail prices.*billing account, a billing profile or a customer/);
  });

  it('keep apart a partner’s export and its customer’s when a column has been dropped', async () => {
    const columns = detailsSchema('mpa', '2021-10-01').filter((name) => name !== 'tags');
    expect((await readText('c.csv', csvOf(columns, costValues))).detection).toMatchObject({ agreement: 'mpa' });
    const withoutInvoice = columns.filter((name) => name !== 'invoiceId');
    expect(await refusalOf(readText('c.csv', csvOf(withoutInvoice, costValues)))).toMatchObject({
      code: 'missingColumn',
      column: 'invoiceId',
    });
  });

  it('with localised headers take the name in brackets', async () => {
    const columns = detailsSchema('payAsYouGo', '2019-11-01');
    const text = csvOf(columns, costValues).replace('SubscriptionGuid', 'Abonnement-GUID (SubscriptionGuid)');
    const { detection, rows } = await readText('c.csv', text);
    expect(detection).toMatchObject({ agreement: 'payAsYouGo', unknownColumns: [] });
    expect(textsOf(rows[0])).toMatchObject({ subscriptionId: ids.subscription });
  });

  it('count columns that nobody knows, and are read all the same', async () => {
    const columns = [...detailsSchema('mpa', '2021-10-01'), 'NewThing', 'x-other'];
    const { detection, problems } = await readText('c.csv', csvOf(columns, costValues));
    expect(detection?.unknownColumns).toEqual(['NewThing', 'x-other']);
    expect(problems).toEqual([]);
  });

  it('of nothing but a header are a file of no rows', async () => {
    expect(await readText('c.csv', csvOf(detailsSchema('mpa', '2021-10-01')))).toMatchObject({ count: 0, rows: [] });
  });
});

describe('FOCUS', () => {
  it.each(focusSchemas.map(({ version, columns }) => ({ version, columns })))(
    '$version comes to the same row',
    async ({ version, columns }) => {
      const start = version === '1.0' ? '2026-10-02T00:00Z' : '2026-10-02T00:00:00Z';
      const text = csvOf(columns, { ...focusValues, chargeperiodstart: start });
      const { detection, rows, problems } = await readText('f.csv', text);
      expect(problems).toEqual([]);
      expect(detection).toMatchObject({
        format: 'focus',
        schemaVersion: version,
        agreement: 'mpa',
        scope: 'billing',
        unknownColumns: [],
      });
      expect(textsOf(rows[0])).toMatchObject({
        subscriptionId: ids.subscription,
        customerId: ids.customer,
        region: 'westeurope',
        quantity: '0.0004',
        quantityFrom: 'stated',
        unitPrice: '0.08',
        priceCurrency: 'EUR',
        pricingCurrency: 'USD',
        cost: '0.000032',
        meterName: 'D2 v3',
      });
      const [amortized] = (await readText('f.csv', text, 'amortized')).rows;
      expect(textsOf(amortized)).toMatchObject({ cost: '0.000016', unitPrice: '0.04' });
    },
  );

  const read = async (change: Values) => {
    const { rows, detection, problems } = await readText(
      'f.csv',
      csvOf(focusSchema('1.2-preview'), { ...focusValues, ...change }),
    );
    expect(problems).toEqual([]);
    const [row] = rows;
    if (row?.kind !== 'cost') throw new Error('Expected a row of cost');
    return { row: row.row, detection };
  };

  it('has unit prices in billing currency, which the comparison gets in pricing currency', async () => {
    expect(toText(meterChargeOf((await read({})).row).unitPrice)).toBe('0.1');
  });

  it.each([
    ['times the block size', { pricingquantity: '4' }, '0.0004', 'recomputed'],
    ['divided by the block size', { pricingquantity: '0.00000004' }, '0.0004', 'recomputed'],
    ['absent', { pricingquantity: '' }, '0.0004', 'recomputed'],
    [
      'wrong where nothing was billed',
      { pricingquantity: '4', x_billedunitprice: '0', billedcost: '0' },
      '0.0004',
      'recomputed',
    ],
    ['right where nothing was billed', { x_billedunitprice: '0', billedcost: '0' }, '0.0004', 'stated'],
    [
      'without anything to check it by',
      { consumedquantity: '', billedcost: '0', x_billedunitprice: '' },
      '0.0004',
      'unverified',
    ],
    [
      'wrong in a way that nothing explains',
      { pricingquantity: '0.0007', consumedquantity: '9' },
      '0.0007',
      'unverified',
    ],
    ['off by a float’s noise', { pricingquantity: '0.00040000000000000003' }, '0.00040000000000000003', 'stated'],
  ])('checks a quantity that is %s', async (_, change, quantity, quantityFrom) => {
    const { row } = await read(change);
    expect([toText(row.quantity), row.quantityFrom]).toEqual([quantity, quantityFrom]);
  });

  it('at a subscription of a customer shows in its rows alone', async () => {
    const change = {
      x_billingprofileid: '',
      x_customerid: '',
      billingaccountid: '/providers/Microsoft.Billing/billingAccounts/a/billingProfiles/',
    };
    expect((await read(change)).detection).toMatchObject({
      scope: 'retail',
      agreement: 'cspSubscription',
      advice: expect.stringContaining('retail'),
    });
    const headerOnly = await readText('f.csv', csvOf(focusSchema('1.2-preview')));
    expect(headerOnly.detection).toMatchObject({ scope: 'unknown' });
    expect(headerOnly.detection).not.toHaveProperty('agreement');
  });

  it.each([
    [
      { chargecategory: 'Purchase', commitmentdiscounttype: 'Reservation', commitmentdiscountid: 'R' },
      { chargeType: 'Purchase', pricingModel: 'Reservation', reservationId: 'r' },
    ],
    [
      { chargecategory: 'Purchase', commitmentdiscounttype: 'Savings Plan', commitmentdiscountid: 'S' },
      { chargeType: 'Purchase', pricingModel: 'SavingsPlan', reservationId: '' },
    ],
    [{ chargeclass: 'Correction', chargecategory: 'Purchase' }, { chargeType: 'Refund' }],
    [{ chargecategory: 'Adjustment', x_skumetercategory: 'RoundingAdjustment' }, { chargeType: 'RoundingAdjustment' }],
    [
      { commitmentdiscountstatus: 'Unused', commitmentdiscounttype: 'Reservation' },
      { chargeType: 'UnusedReservation' },
    ],
    [
      { commitmentdiscountstatus: 'Unused', commitmentdiscounttype: 'Savings plan' },
      { chargeType: 'UnusedSavingsPlan' },
    ],
    [{ pricingcategory: 'Dynamic' }, { chargeType: 'Usage', pricingModel: 'Spot' }],
    [{ x_publishercategory: 'Vendor' }, { publisherType: 'Marketplace' }],
  ])('tells a charge of %j in the words of cost details', async (change: Values, nature) => {
    expect((await read(change)).row).toMatchObject(nature);
  });
});

describe('a file that is none of Microsoft’s', () => {
  it.each([
    ['a.csv', 'Name,Amount\nx,1\n'],
    ['a.csv', 'CustomerId,SubscriptionId,Quantity\nx,y,1\n'],
    ['a.json', '{"name":"x","amount":1}\n'],
    ['a.json', '[]'],
  ])('%s %j is refused as no dataset', async (name, text) => {
    expect(await refusalOf(readText(name, text))).toMatchObject({ code: 'unknownDataset', file: name, line: 1 });
  });
});
