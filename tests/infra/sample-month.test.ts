import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnswerKey, MeterKey } from '../../infra/local/sample-month/answer-key.ts';
import { regionNamed } from '../../infra/local/sample-month/meter-catalogue.ts';
import { defaultSampleMonth, writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';

/*
 * Reads the written files back with nothing of the generator's: csv-parse, JSON.parse with the source text of numbers,
 * and BigInt sums at a fixed scale. What the answer key says must follow from the files alone.
 */
const scale = 40;
const unit = 10n ** BigInt(scale);

type Row = Readonly<Record<string, string>>;
type Part = { readonly name: string; readonly lines: readonly string[] };
type Side = { readonly quantity: bigint; readonly cost: bigint; readonly rows: number };
type Line = {
  readonly subscriptionId: string;
  readonly meterId: string;
  readonly region: string;
  readonly unit: string;
  readonly currency: string;
  readonly excludedBy: string | undefined;
  readonly side: Side;
};
type Found = Pick<MeterKey, 'meterId' | 'region' | 'unit' | 'currency' | 'status' | 'sweep' | 'invoice' | 'other'> & {
  readonly subscriptionId: string;
  readonly excludedBy: string | undefined;
};
type SampleMonth = {
  readonly folder: string;
  readonly key: AnswerKey;
  readonly dailyRated: readonly Row[];
  /** The text of each daily rated row, to find rows delivered twice. */
  readonly dailyRatedText: readonly string[];
  readonly costExport: readonly Row[];
  /** The same rows by the file that they are in. */
  readonly costExportFiles: ReadonlyMap<string, readonly Row[]>;
  readonly onetime: readonly Row[];
};

const folders: string[] = [];

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sample-month-'));
  folders.push(folder);
  return folder;
}

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function hashesOf(folder: string): Readonly<Record<string, string>> {
  const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  return Object.fromEntries(filesIn(folder).map((path) => [relative(folder, path), hash(path)]));
}

function partsOf(folder: string): readonly Part[] {
  return filesIn(folder)
    .filter((path) => path.endsWith('.gz'))
    .map((name) => ({ name, lines: gunzipSync(readFileSync(name)).toString('utf8').trimEnd().split('\n') }));
}

function withSourceText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? 'no source') : value;
}

function parseExact(text: string): unknown {
  return JSON.parse(text, withSourceText);
}

function exportFolder(folder: string, key: AnswerKey, kind: string): string {
  return join(folder, 'partner-center', 'exports', key.invoiceId, kind);
}

function manifestPath(folder: string): string {
  const path = filesIn(join(folder, 'cost-exports')).find((name) => name.endsWith('manifest.json'));
  return path ?? 'there is no manifest';
}

function readSampleMonth(folder: string, key: AnswerKey): SampleMonth {
  const dailyRatedText = partsOf(exportFolder(folder, key, 'dailyratedusage')).flatMap((part) => part.lines);
  const costExportFiles = new Map(
    filesIn(join(folder, 'cost-exports'))
      .filter((path) => path.endsWith('.csv.gz'))
      .map((path): [string, Row[]] => [path, parse(gunzipSync(readFileSync(path)), { columns: true })]),
  );
  const onetime = partsOf(exportFolder(folder, key, 'onetime')).flatMap((part) => part.lines);
  return {
    folder,
    key,
    dailyRatedText,
    dailyRated: dailyRatedText.map((line) => parseExact(line) as Row),
    costExport: [...costExportFiles.values()].flat(),
    costExportFiles,
    onetime: onetime.map((line) => parseExact(line) as Row),
  };
}

/** Scaled integer of decimal text; anything but plain digits is an error. */
function scaled(text: string | undefined): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text ?? '');
  if (match === null) {
    throw new Error(`'${text}' is not a decimal`);
  }
  return BigInt(`${match[1]}${match[2]}${(match[3] ?? '').padEnd(scale, '0')}`);
}

function plain(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function cell(row: Row, column: string): string {
  const value = row[column];
  if (value === undefined) {
    throw new Error(`The column ${column} is missing`);
  }
  return value;
}

function exclusionOf(row: Row): string | undefined {
  const chargeType = cell(row, 'chargeType');
  const isBought = chargeType === 'Purchase' || chargeType === 'Refund';
  if (chargeType === 'RoundingAdjustment') {
    return 'roundingAdjustment';
  }
  if (cell(row, 'provider') !== '' && cell(row, 'provider') !== 'Azure') {
    return 'license';
  }
  if (isBought && (cell(row, 'PricingModel') === 'Reservation' || cell(row, 'reservationId') !== '')) {
    return 'reservationPurchase';
  }
  if (isBought && cell(row, 'PricingModel') === 'SavingsPlan') {
    return 'savingsPlanPurchase';
  }
  return isBought && cell(row, 'publisherType') === 'Marketplace' ? 'marketplace' : undefined;
}

function invoiceLine(row: Row): Line {
  return {
    subscriptionId: cell(row, 'EntitlementId').toLowerCase(),
    meterId: cell(row, 'MeterId').toLowerCase(),
    region: regionNamed(cell(row, 'MeterRegion')),
    unit: cell(row, 'Unit').trim(),
    currency: cell(row, 'BillingCurrency'),
    excludedBy: undefined,
    side: { quantity: scaled(cell(row, 'Quantity')), cost: scaled(cell(row, 'BillingPreTaxTotal')), rows: 1 },
  };
}

function exportLine(row: Row): Line {
  return {
    subscriptionId: cell(row, 'SubscriptionId').toLowerCase(),
    meterId: cell(row, 'meterId').toLowerCase(),
    region: regionNamed(cell(row, 'meterRegion')),
    unit: cell(row, 'unitOfMeasure').trim(),
    currency: cell(row, 'billingCurrency'),
    excludedBy: exclusionOf(row),
    side: { quantity: scaled(cell(row, 'quantity')), cost: scaled(cell(row, 'costInBillingCurrency')), rows: 1 },
  };
}

function joined(left: Side | undefined, right: Side): Side {
  return left === undefined
    ? right
    : { quantity: left.quantity + right.quantity, cost: left.cost + right.cost, rows: left.rows + right.rows };
}

function wholeKey(line: Omit<Line, 'side'>): string {
  return [line.subscriptionId, line.meterId, line.region, line.unit, line.currency, line.excludedBy ?? ''].join('|');
}

function addedUp(lines: readonly Line[]): readonly Line[] {
  const sums = new Map<string, Line>();
  for (const line of lines) {
    const key = wholeKey(line);
    sums.set(key, { ...line, side: joined(sums.get(key)?.side, line.side) });
  }
  return [...sums.values()];
}

function statusOf(invoice: Side, other: Side): MeterKey['status'] {
  const variance = magnitude(invoice.cost - other.cost);
  if (variance === 0n && invoice.quantity === other.quantity) {
    return 'matched';
  }
  const isWithin = variance * 100n <= unit || variance * 100_000n <= magnitude(invoice.cost);
  return isWithin ? 'withinTolerance' : 'mismatched';
}

function sideKey(side: Side): MeterKey['invoice'] {
  return { quantity: plain(side.quantity), cost: plain(side.cost), rows: side.rows };
}

const sweeps = [
  { sweep: 'whole', keyOf: (line: Line) => [line.region, line.unit].join('|') },
  { sweep: 'withoutUnit', keyOf: (line: Line) => line.region },
  { sweep: 'withoutUnitAndRegion', keyOf: (_line: Line) => '' },
] as const;

/** The comparison done by hand, as plainly as it can be said. */
function classify(month: SampleMonth): readonly Found[] {
  const all = addedUp(month.costExport.map(exportLine));
  let invoice = addedUp(month.dailyRated.map(invoiceLine));
  let other = all.filter((line) => line.excludedBy === undefined);
  const found: Found[] = all
    .filter((line) => line.excludedBy !== undefined)
    .map(({ side, ...line }) => ({ ...line, status: 'excluded', sweep: null, invoice: null, other: sideKey(side) }));
  for (const { sweep, keyOf } of sweeps) {
    const groupKey = (line: Line) => [line.subscriptionId, line.meterId, line.currency, keyOf(line)].join('|');
    for (const key of new Set(invoice.map(groupKey))) {
      const left = invoice.filter((line) => groupKey(line) === key);
      const right = other.filter((line) => groupKey(line) === key);
      const [first] = left;
      if (first === undefined || right.length === 0) {
        continue;
      }
      invoice = invoice.filter((line) => !left.includes(line));
      other = other.filter((line) => !right.includes(line));
      const invoiceSide = left.map((line) => line.side).reduce((sum, side) => joined(sum, side));
      const otherSide = right.map((line) => line.side).reduce((sum, side) => joined(sum, side));
      found.push({
        subscriptionId: first.subscriptionId,
        meterId: first.meterId,
        region: left.map((line) => line.region).sort()[0] ?? '',
        unit: left.map((line) => line.unit).sort()[0] ?? '',
        currency: first.currency,
        excludedBy: undefined,
        status: statusOf(invoiceSide, otherSide),
        sweep,
        invoice: sideKey(invoiceSide),
        other: sideKey(otherSide),
      });
    }
  }
  const oneSided = (lines: readonly Line[], isInvoice: boolean): readonly Found[] =>
    lines.map(({ side, ...line }) => ({
      ...line,
      status: isInvoice ? 'invoiceOnly' : 'otherOnly',
      sweep: null,
      invoice: isInvoice ? sideKey(side) : null,
      other: isInvoice ? null : sideKey(side),
    }));
  return [...found, ...oneSided(invoice, true), ...oneSided(other, false)];
}

function orderOf(line: Omit<Found, 'status' | 'sweep' | 'invoice' | 'other'>): string {
  return [line.subscriptionId, line.meterId, line.region, line.unit, line.excludedBy ?? ''].join('\u0000');
}

function inOrder<T>(values: readonly T[], keyOf: (value: T) => string): readonly T[] {
  return values
    .map((value) => ({ value, key: keyOf(value) }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ value }) => value);
}

function foundInKey(key: AnswerKey): readonly Found[] {
  return key.subscriptions.flatMap((subscription) =>
    subscription.meters.map(({ variance: _variance, causes: _causes, ...meter }) => ({
      ...meter,
      excludedBy: meter.excludedBy,
      subscriptionId: subscription.subscriptionId,
    })),
  );
}

type PlacedMeter = MeterKey & { readonly subscriptionId: string };

function metersOf(key: AnswerKey): readonly PlacedMeter[] {
  return key.subscriptions.flatMap(({ subscriptionId, meters }) =>
    meters.map((meter) => ({ ...meter, subscriptionId })),
  );
}

const rowsByMeter = new WeakMap<readonly Row[], ReadonlyMap<string, readonly Row[]>>();

function rowsOf(rows: readonly Row[], meter: PlacedMeter, columns: readonly [string, string]): readonly Row[] {
  const [subscription, meterId] = columns;
  const keyOf = (row: Row) => `${cell(row, subscription)} ${cell(row, meterId)}`.toLowerCase();
  const grouped = rowsByMeter.get(rows) ?? Map.groupBy(rows, keyOf);
  rowsByMeter.set(rows, grouped);
  return grouped.get(`${meter.subscriptionId} ${meter.meterId}`) ?? [];
}

const invoiceColumns = ['EntitlementId', 'MeterId'] as const;
const exportColumns = ['SubscriptionId', 'meterId'] as const;

function amountOf(meter: MeterKey, cause: string): bigint {
  return scaled(meter.causes.find((candidate) => candidate.cause === cause)?.amount ?? '0');
}

const allCauses = [
  'retailScope',
  'partnerEarnedCredit',
  'quantity',
  'unitPrice',
  'exchangeRate',
  'lateUsage',
  'missingDays',
  'duplicateRows',
  'credit',
  'rounding',
  'unexplained',
];

let small: SampleMonth;
let full: SampleMonth;

const smallHeapMb = 48;

async function writtenInSmallHeap(folder: string): Promise<AnswerKey> {
  const module = pathToFileURL(join(import.meta.dirname, '../../infra/local/sample-month/write-sample-month.ts')).href;
  const program = `const { defaultSampleMonth, writeSampleMonth } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await writeSampleMonth(${JSON.stringify(folder)}, defaultSampleMonth)));`;
  const options = [`--max-old-space-size=${smallHeapMb}`, '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, options, { maxBuffer: 1e8 });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const smallFolder = await temporaryFolder();
  const fullFolder = await temporaryFolder();
  small = readSampleMonth(smallFolder, await writeSampleMonth(smallFolder, { ...defaultSampleMonth, scale: 0.02 }));
  full = readSampleMonth(fullFolder, await writtenInSmallHeap(fullFolder));
}, 120_000);

describe('the bytes', () => {
  test('the same options give the same bytes, in every file', async () => {
    const again = await temporaryFolder();
    await writeSampleMonth(again, { ...defaultSampleMonth, scale: 0.02 });
    expect(Object.keys(hashesOf(again)).length).toBe(14);
    expect(hashesOf(again)).toEqual(hashesOf(small.folder));
  });

  test('another seed gives other ids and other rows, and no planted case fails', async () => {
    const otherFolder = await temporaryFolder();
    const other = await writeSampleMonth(otherFolder, { seed: 7, cycle: '2026-02', scale: 0.02 });
    expect(other.tenantId).not.toBe(small.key.tenantId);
    expect(other.totals.invoice).not.toBe(small.key.totals.invoice);
    const reread = readSampleMonth(otherFolder, other);
    expect(inOrder(classify(reread), orderOf)).toEqual(foundInKey(other));
  });

  test('answer-key.json is the key that the call answers', () => {
    const written: unknown = JSON.parse(readFileSync(join(full.folder, 'answer-key.json'), 'utf8'));
    expect(written).toEqual(full.key);
  });

  test('nonsense is refused', async () => {
    const folder = await temporaryFolder();
    await expect(writeSampleMonth(folder, { seed: 1, cycle: '2026-13', scale: 1 })).rejects.toThrow('billing cycle');
    await expect(writeSampleMonth(folder, { seed: 1, cycle: '2026-10', scale: 0 })).rejects.toThrow('scale');
    await expect(writeSampleMonth(folder, { seed: 1, cycle: '2026-10', scale: Number.NaN })).rejects.toThrow('scale');
  });

  test('the generator borrows nothing from the product', () => {
    const sources = filesIn(join(import.meta.dirname, '../../infra/local/sample-month'));
    const imports = sources.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/ from '([^']+)'/g)].map((match) => `${match[1]}`),
    );
    expect(imports.length).toBeGreaterThan(20);
    expect(imports.filter((name) => !name.startsWith('./') && !name.startsWith('node:'))).toEqual([]);
  });

  test('memory does not grow with the rows', () => {
    // More than the heap of the process that wrote them, also without what JavaScript adds to text.
    const characters = full.dailyRatedText.reduce((sum, text) => sum + text.length, 0);
    expect(characters).toBeGreaterThan(smallHeapMb * 1e6);
  });
});

describe('the rows', () => {
  test('scale 1 gives about 30,000 rows and scale 0.02 a few hundred, over the same structure', () => {
    expect(full.key.rows.dailyRatedUsage).toBeGreaterThan(27_000);
    expect(full.key.rows.dailyRatedUsage).toBeLessThan(34_000);
    expect(small.key.rows.dailyRatedUsage).toBeGreaterThan(500);
    expect(small.key.rows.dailyRatedUsage).toBeLessThan(2_000);
    for (const { key } of [small, full]) {
      expect(key.customers).toHaveLength(12);
      expect(key.subscriptions.filter((subscription) => subscription.subscriptionId !== '')).toHaveLength(40);
    }
  });

  test('the counts of the key are those of the files', () => {
    for (const month of [small, full]) {
      const { key, folder } = month;
      const legacy = (name: string) =>
        parseExact(readFileSync(join(folder, 'partner-center/legacy', key.legacyInvoiceId, name), 'utf8')) as Row[];
      expect(key.rows).toEqual({
        dailyRatedUsage: month.dailyRated.length,
        onetime: month.onetime.length,
        costExport: month.costExport.length,
        license: legacy('office-billinglineitems.json').length,
        legacyUsage: legacy('azure-billinglineitems.json').length,
        legacyDailyUsage: legacy('azure-usagelineitems.json').length,
      });
    }
  });

  test('daily rated usage has its 55 columns in order, in three parts or more', () => {
    const header =
      'PartnerId,PartnerName,CustomerId,CustomerName,CustomerDomainName,CustomerCountry,MpnId,Tier2MpnId,InvoiceNumber,ProductId,SkuId,AvailabilityId,SkuName,ProductName,PublisherName,PublisherId,SubscriptionDescription,SubscriptionId,ChargeStartDate,ChargeEndDate,UsageDate,MeterType,MeterCategory,MeterId,MeterSubCategory,MeterName,MeterRegion,Unit,ResourceLocation,ConsumedService,ResourceGroup,ResourceURI,ChargeType,UnitPrice,Quantity,UnitType,BillingPreTaxTotal,BillingCurrency,PricingPreTaxTotal,PricingCurrency,ServiceInfo1,ServiceInfo2,Tags,AdditionalInfo,EffectiveUnitPrice,PCToBCExchangeRate,PCToBCExchangeRateDate,EntitlementId,EntitlementDescription,PartnerEarnedCreditPercentage,CreditPercentage,CreditType,BenefitOrderId,BenefitId,BenefitType';
    expect(new Set(full.dailyRated.map((row) => Object.keys(row).join(',')))).toEqual(new Set([header]));
    const parts = partsOf(exportFolder(full.folder, full.key, 'dailyratedusage'));
    expect(parts).toHaveLength(3);
    for (const part of parts) {
      expect(part.name).toMatch(/part-0000\d-[0-9a-f-]{36}\.c000\.json\.gz$/);
      expect(part.lines.length).toBeGreaterThan(8_000);
    }
  });

  test('the line items have their 47 columns in order, in two parts', () => {
    const header =
      'PartnerId,CustomerId,CustomerName,CustomerDomainName,CustomerCountry,InvoiceNumber,MpnId,Tier2MpnId,OrderId,OrderDate,ProductId,SkuId,AvailabilityId,SkuName,ProductName,ChargeType,UnitPrice,Quantity,Subtotal,TaxTotal,Total,Currency,PriceAdjustmentDescription,PublisherName,PublisherId,SubscriptionDescription,SubscriptionId,ChargeStartDate,ChargeEndDate,TermAndBillingCycle,EffectiveUnitPrice,UnitType,AlternateId,BillableQuantity,BillingFrequency,PricingCurrency,PCToBCExchangeRate,PCToBCExchangeRateDate,MeterDescription,ReservationOrderId,CreditReasonCode,SubscriptionStartDate,SubscriptionEndDate,ReferenceId,ProductQualifiers,PromotionId,ProductCategory';
    expect(new Set(full.onetime.map((row) => Object.keys(row).join(',')))).toEqual(new Set([header]));
    expect(partsOf(exportFolder(full.folder, full.key, 'onetime'))).toHaveLength(2);
  });

  test('the export has 70 columns, and its manifest tells the truth about every part', () => {
    const path = manifestPath(full.folder);
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    expect(relative(full.folder, path)).toBe(
      `cost-exports/partnerled/actual-cost/20261001-20261031/${full.key.exportRunId}/manifest.json`,
    );
    expect(manifest).toMatchObject({
      manifestVersion: '2024-04-01',
      blobCount: 2,
      dataRowCount: full.costExport.length,
      exportConfig: { type: 'ActualCost', dataVersion: '2023-12-01-preview' },
      deliveryConfig: { fileFormat: 'Csv', compressionMode: 'Gzip' },
      runInfo: { runId: full.key.exportRunId, startDate: '2026-10-01T00:00:00' },
    });
    let byteCount = 0;
    for (const blob of manifest.blobs) {
      const file = join(full.folder, 'cost-exports', blob.blobName);
      const rows = full.costExportFiles.get(file) ?? [];
      expect(Object.keys(rows[0] ?? {})).toHaveLength(70);
      expect(rows.length).toBe(blob.dataRowCount);
      expect(statSync(file).size).toBe(blob.byteCount);
      byteCount += blob.byteCount;
    }
    expect(manifest.byteCount).toBe(byteCount);
  });

  test('amounts are unrounded products to the last digit, but for the planted offsets', () => {
    const offsets = full.dailyRated.filter((row) => {
      const pricing = scaled(row['EffectiveUnitPrice']) * scaled(row['Quantity']);
      expect(pricing % unit).toBe(0n);
      expect(scaled(row['PricingPreTaxTotal'])).toBe(pricing / unit);
      const billing = (pricing / unit) * scaled(row['PCToBCExchangeRate']);
      return billing % unit !== 0n || billing / unit !== scaled(row['BillingPreTaxTotal']);
    });
    expect(offsets.length).toBeGreaterThan(0);
    expect(offsets.length).toBeLessThan(12);
    const decimals = full.dailyRated.map((row) => cell(row, 'BillingPreTaxTotal').split('.')[1]?.length ?? 0);
    expect(Math.max(...decimals)).toBeGreaterThan(20);
    expect(Math.max(...decimals)).toBeLessThanOrEqual(30);
  });

  test('the file styles that trip readers are there', () => {
    const { dailyRated, dailyRatedText, costExport, onetime } = full;
    expect(dailyRatedText.some((line) => /"Quantity":"\d/.test(line))).toBe(true);
    expect(dailyRatedText.some((line) => /"Quantity":\d/.test(line))).toBe(true);
    expect(dailyRated.some((row) => cell(row, 'UsageDate') === '2026-10-05T00:00:00Z')).toBe(true);
    expect(dailyRated.some((row) => cell(row, 'UsageDate') === '2026-10-05T00:00:00')).toBe(true);
    expect(new Set(dailyRated.map((row) => row['PartnerEarnedCreditPercentage']))).toEqual(new Set(['0', '15']));
    expect(costExport.some((row) => cell(row, 'tags').includes('\n'))).toBe(true);
    expect(costExport.some((row) => cell(row, 'additionalInfo').includes('","'))).toBe(true);
    expect(new Set(costExport.map((row) => cell(row, 'billingPeriodEndDate')))).toEqual(new Set(['11/01/2026']));
    const units = new Set(costExport.map((row) => cell(row, 'unitOfMeasure')));
    expect([...units]).toEqual(expect.arrayContaining(['10K', '100 Hours', '1 Hour', '1 Hours', '1M', '1 GB/Month']));
    expect(onetime.some((row) => cell(row, 'ChargeEndDate') === '')).toBe(true);
  });

  test('ids, meters, regions and resources come in several letter cases', () => {
    const columns: readonly (readonly [readonly Row[], string])[] = [
      [full.costExport, 'SubscriptionId'],
      [full.costExport, 'meterId'],
      [full.costExport, 'meterRegion'],
      [full.costExport, 'ResourceId'],
      [full.dailyRated, 'EntitlementId'],
      [full.dailyRated, 'MeterId'],
      [full.onetime, 'SubscriptionId'],
    ];
    for (const [rows, column] of columns) {
      const written = new Set(rows.map((row) => cell(row, column)));
      const folded = new Set([...written].map((value) => value.toLowerCase()));
      expect(written.size, column).toBeGreaterThan(folded.size);
    }
  });

  test('resellers are told as Microsoft tells them: an id, 0, blank, -1, and one change within the month', () => {
    const mpnIds = (rows: readonly Row[]) => new Set(rows.map((row) => cell(row, 'Tier2MpnId')));
    const told = new Set(['4649221', '6048879', '5210374', '-1', '0', '']);
    expect(mpnIds(full.dailyRated)).toEqual(told);
    expect(mpnIds(full.onetime)).toEqual(told);
    const moved = full.key.customers.filter((customer) => customer.resellerMpnIds.length > 1);
    expect(moved.map((customer) => customer.resellerMpnIds)).toEqual([
      ['4649221', '6048879'],
      ['-1', '5210374'],
    ]);
  });
});

describe('the answer key', () => {
  test('every line, its sides, status and sweep follow from the files alone', () => {
    for (const month of [small, full]) {
      const found = inOrder(classify(month), orderOf);
      expect(found.length).toBeGreaterThan(400);
      expect(foundInKey(month.key)).toEqual(found);
    }
  });

  test('a variance is invoice minus other, and its causes add up to it', () => {
    for (const meter of [...metersOf(small.key), ...metersOf(full.key)]) {
      const cost = scaled(meter.invoice?.cost ?? '0') - scaled(meter.other?.cost ?? '0');
      const quantity = scaled(meter.invoice?.quantity ?? '0') - scaled(meter.other?.quantity ?? '0');
      expect(meter.variance).toEqual({ cost: plain(cost), quantity: plain(quantity) });
      const explained = total(meter.causes.map((cause) => scaled(cause.amount)));
      expect(explained).toBe(meter.status === 'excluded' ? 0n : cost);
    }
  });

  test('every cause, status, sweep and rule occurs, whatever the scale', () => {
    for (const { key } of [small, full]) {
      const meters = metersOf(key);
      const causes = new Set(meters.flatMap((meter) => meter.causes.map((cause) => cause.cause)));
      expect([...causes].sort()).toEqual([...allCauses].sort());
      for (const cause of allCauses) {
        const places = meters.filter((meter) => amountOf(meter, cause) !== 0n);
        expect(places.length, cause).toBeGreaterThan(1);
        const subscriptions = new Set(places.map((meter) => meter.subscriptionId)).size;
        expect(subscriptions > 1, cause).toBe(cause !== 'retailScope');
      }
      expect(new Set(meters.map((meter) => meter.status)).size).toBe(6);
      const inSweep = (sweep: string) => meters.filter((meter) => meter.sweep === sweep).length;
      expect(inSweep('withoutUnit')).toBeGreaterThanOrEqual(2);
      expect(inSweep('withoutUnitAndRegion')).toBeGreaterThanOrEqual(3);
      expect(new Set(meters.flatMap((meter) => meter.excludedBy ?? []))).toEqual(
        new Set(['roundingAdjustment', 'license', 'reservationPurchase', 'savingsPlanPurchase', 'marketplace']),
      );
    }
  });

  test('late usage is the cost of invoice rows dated before the cycle', () => {
    for (const meter of metersOf(full.key).filter((candidate) => candidate.invoice !== null)) {
      const late = rowsOf(full.dailyRated, meter, invoiceColumns).filter(
        (row) => cell(row, 'UsageDate') < '2026-10-01',
      );
      expect(total(late.map((row) => scaled(row['BillingPreTaxTotal'])))).toBe(amountOf(meter, 'lateUsage'));
    }
  });

  test('duplicate rows are the cost of identical rows beyond the first', () => {
    const duplicates = new Map<string, bigint>();
    const note = (line: Line, sign: bigint) => {
      const key = `${line.subscriptionId}|${line.meterId}`;
      duplicates.set(key, (duplicates.get(key) ?? 0n) + sign * line.side.cost);
    };
    const seen = new Set<string>();
    for (const [index, text] of full.dailyRatedText.entries()) {
      const row = full.dailyRated[index];
      if (seen.has(text) && row !== undefined) {
        note(invoiceLine(row), 1n);
      }
      seen.add(text);
    }
    for (const row of full.costExport) {
      const text = JSON.stringify(row);
      if (seen.has(text)) {
        note(exportLine(row), -1n);
      }
      seen.add(text);
    }
    expect(duplicates.size).toBe(4);
    for (const meter of metersOf(full.key)) {
      const expected = duplicates.get(`${meter.subscriptionId}|${meter.meterId}`) ?? 0n;
      expect(amountOf(meter, 'duplicateRows')).toBe(expected);
    }
  });

  test('missing days are the cost of days that one side does not have', () => {
    const isoDay = (text: string) => text.replace(/^(\d\d)\/(\d\d)\/(\d{4})$/, '$3-$1-$2').slice(0, 10);
    for (const meter of metersOf(full.key).filter((candidate) => amountOf(candidate, 'missingDays') !== 0n)) {
      const invoice = rowsOf(full.dailyRated, meter, invoiceColumns);
      const other = rowsOf(full.costExport, meter, exportColumns);
      const invoiceDays = new Set(invoice.map((row) => isoDay(cell(row, 'UsageDate'))));
      const otherDays = new Set(other.map((row) => isoDay(cell(row, 'date'))));
      const added = invoice.filter((row) => !otherDays.has(isoDay(cell(row, 'UsageDate'))));
      const lacking = other.filter((row) => !invoiceDays.has(isoDay(cell(row, 'date'))));
      const expected =
        total(added.map((row) => scaled(row['BillingPreTaxTotal']))) -
        total(lacking.map((row) => scaled(row['costInBillingCurrency'])));
      expect(amountOf(meter, 'missingDays')).toBe(expected);
    }
  });

  test('credit is what the other side charges for rows that a credit paid', () => {
    const credited = metersOf(full.key).filter((meter) => amountOf(meter, 'credit') !== 0n);
    expect(credited.length).toBe(3);
    for (const meter of credited) {
      const paid = rowsOf(full.dailyRated, meter, invoiceColumns).filter(
        (row) => cell(row, 'CreditPercentage') === '100',
      );
      expect(new Set(paid.map((row) => row['CreditType']))).toEqual(new Set(['Azure Credit Applied']));
      const charged = paid.map((row) => (scaled(row['UnitPrice']) * scaled(row['Quantity'])) / unit);
      const rate = scaled(paid[0]?.['PCToBCExchangeRate']);
      expect(amountOf(meter, 'credit')).toBe(-total(charged.map((amount) => (amount * rate) / unit)));
    }
  });

  test('quantity, price and rate effects change one factor at a time, from the other side', () => {
    const isFactorOnly = (meter: MeterKey) =>
      meter.causes.length > 0 &&
      meter.causes.every(({ cause }) =>
        ['retailScope', 'partnerEarnedCredit', 'quantity', 'unitPrice', 'exchangeRate'].includes(cause),
      );
    const factorMeters = metersOf(full.key).filter((meter) => isFactorOnly(meter));
    expect(factorMeters.length).toBeGreaterThan(20);
    for (const meter of factorMeters) {
      const invoice = rowsOf(full.dailyRated, meter, invoiceColumns)[0] ?? {};
      const other = rowsOf(full.costExport, meter, exportColumns).find((row) => exclusionOf(row) === undefined) ?? {};
      const q = { invoice: scaled(meter.invoice?.quantity), other: scaled(meter.other?.quantity) };
      const p = { invoice: scaled(invoice['EffectiveUnitPrice']), other: scaled(other['effectivePrice']) };
      const r = {
        invoice: scaled(invoice['PCToBCExchangeRate']),
        other: scaled(other['exchangeRatePricingToBilling']),
      };
      const price =
        amountOf(meter, 'retailScope') + amountOf(meter, 'partnerEarnedCredit') + amountOf(meter, 'unitPrice');
      expect(amountOf(meter, 'quantity')).toBe(((q.invoice - q.other) * p.other * r.other) / unit / unit);
      expect(price).toBe((q.invoice * (p.invoice - p.other) * r.other) / unit / unit);
      expect(amountOf(meter, 'exchangeRate')).toBe((q.invoice * p.invoice * (r.invoice - r.other)) / unit / unit);
      if (amountOf(meter, 'partnerEarnedCredit') !== 0n) {
        expect(p.invoice * 100n).toBe(p.other * 85n);
      }
      if (amountOf(meter, 'retailScope') !== 0n) {
        expect(other['effectivePrice']).toBe(other['PayGPrice']);
      }
    }
  });

  test('only the retail subscription is charged at the pay-as-you-go price', () => {
    const retail = new Set(
      full.costExport
        .filter((row) => cell(row, 'PayGPrice') !== '' && cell(row, 'PayGPrice') !== '0')
        .filter((row) => row['PayGPrice'] === row['effectivePrice'])
        .map((row) => cell(row, 'SubscriptionId').toLowerCase()),
    );
    const [subscriptionId] = retail;
    expect(retail.size).toBe(1);
    const meters = metersOf(full.key).filter((meter) => meter.subscriptionId === subscriptionId);
    expect(meters.every((meter) => meter.causes.every((cause) => cause.cause === 'retailScope'))).toBe(true);
  });

  test('totals, match rates and coverage are those of its lines', () => {
    for (const { key } of [small, full]) {
      const compared = metersOf(key).filter((meter) => meter.status !== 'excluded');
      const matched = compared.filter((meter) => ['matched', 'withinTolerance'].includes(meter.status));
      const cost = (meter: MeterKey) => magnitude(scaled((meter.invoice ?? meter.other)?.cost));
      const invoice = total(compared.map((meter) => scaled(meter.invoice?.cost ?? '0')));
      const other = total(compared.map((meter) => scaled(meter.other?.cost ?? '0')));
      const excluded = metersOf(key).filter((meter) => meter.status === 'excluded');
      expect(key.totals).toEqual({
        currency: 'EUR',
        invoice: plain(invoice),
        other: plain(other),
        variance: plain(invoice - other),
        matchRateByCount: { matched: matched.length, comparable: compared.length },
        matchRateByAmount: { matched: plain(total(matched.map(cost))), comparable: plain(total(compared.map(cost))) },
        excluded: { invoice: '0', other: plain(total(excluded.map((meter) => scaled(meter.other?.cost)))) },
      });
      const rows = (status: string) => {
        const own = metersOf(key).filter((meter) => meter.status === status);
        const count = (side: 'invoice' | 'other') => own.reduce((sum, meter) => sum + (meter[side]?.rows ?? 0), 0);
        return { invoice: count('invoice'), other: count('other') };
      };
      expect(key.coverage).toEqual({
        invoiceRows: key.rows.dailyRatedUsage,
        otherRows: key.rows.costExport,
        matched: rows('matched'),
        withinTolerance: rows('withinTolerance'),
        mismatched: rows('mismatched'),
        invoiceOnly: rows('invoiceOnly'),
        otherOnly: rows('otherOnly'),
        excluded: rows('excluded'),
      });
    }
  });

  test('a subscription sums its compared meters and names its customer', () => {
    for (const subscription of full.key.subscriptions) {
      const compared = subscription.meters.filter((meter) => meter.status !== 'excluded');
      const invoice = total(compared.map((meter) => scaled(meter.invoice?.cost ?? '0')));
      const other = total(compared.map((meter) => scaled(meter.other?.cost ?? '0')));
      expect([subscription.invoice, subscription.other, subscription.variance]).toEqual(
        [invoice, other, invoice - other].map(plain),
      );
      const owners = full.costExport
        .filter((row) => cell(row, 'SubscriptionId').toLowerCase() === subscription.subscriptionId)
        .map((row) => cell(row, 'customerTenantId'));
      if (subscription.subscriptionId !== '' && owners.length > 0) {
        expect(new Set(owners)).toEqual(new Set([subscription.customerId]));
      }
    }
    const oneSided = full.key.subscriptions.filter((subscription) =>
      subscription.meters.every((meter) => meter.invoice === null || meter.other === null),
    );
    const sides = oneSided.filter(({ subscriptionId }) => subscriptionId !== '').map(({ meters }) => meters[0]?.status);
    expect(sides.sort()).toEqual(['invoiceOnly', 'otherOnly']);
  });
});

describe('the invoices', () => {
  function invoicesOf(month: SampleMonth): readonly Row[] {
    const text = readFileSync(join(month.folder, 'partner-center/invoices.json'), 'utf8');
    return (parseExact(text) as Record<string, Row[]>)[month.key.tenantId] ?? [];
  }

  test('the G invoice charges the sum of its lines, each with its tax', () => {
    for (const month of [small, full]) {
      const invoice = invoicesOf(month).find((candidate) => candidate['id'] === month.key.invoiceId);
      expect(invoice).toMatchObject({ invoiceType: 'OneTime', documentType: 'invoice', currencyCode: 'EUR' });
      expect(scaled(invoice?.['totalCharges'])).toBe(total(month.onetime.map((row) => scaled(row['Total']))));
      for (const row of month.onetime) {
        expect(scaled(row['Total'])).toBe(scaled(row['Subtotal']) + scaled(row['TaxTotal']));
      }
      const taxable = month.onetime.filter((row) => magnitude(scaled(row['Subtotal'])) > unit);
      const untaxed = new Set(taxable.filter((row) => row['TaxTotal'] === '0').map((row) => row['CustomerCountry']));
      expect(untaxed).toEqual(new Set(['CH']));
    }
  });

  test('the D invoice charges the sum of its licence and usage items', () => {
    const { folder, key } = full;
    const items = (name: string) =>
      parseExact(readFileSync(join(folder, 'partner-center/legacy', key.legacyInvoiceId, name), 'utf8')) as Row[];
    const licenses = items('office-billinglineitems.json');
    const usage = items('azure-billinglineitems.json');
    const invoice = invoicesOf(full).find((candidate) => candidate['id'] === key.legacyInvoiceId);
    expect(invoice).toMatchObject({ invoiceType: 'Recurring' });
    expect(scaled(invoice?.['totalCharges'])).toBe(
      total([
        ...licenses.map((row) => scaled(row['totalForCustomer'])),
        ...usage.map((row) => scaled(row['postTaxTotal'])),
      ]),
    );
    for (const row of licenses) {
      expect(scaled(row['amount'])).toBe((scaled(row['unitPrice']) * scaled(row['quantity'])) / unit);
      expect(scaled(row['subtotal'])).toBe(scaled(row['amount']) - scaled(row['totalOtherDiscount']));
    }
    const daily = items('azure-usagelineitems.json');
    for (const row of usage) {
      const days = daily.filter((day) => day['subscriptionId']?.toLowerCase() === row['subscriptionId']);
      expect(total(days.map((day) => scaled(day['consumedQuantity'])))).toBe(scaled(row['consumedQuantity']));
      expect(scaled(row['overageQuantity'])).toBe(scaled(row['consumedQuantity']) - scaled(row['includedQuantity']));
    }
  });

  test('a usage line follows from its own price, quantity and rate, and is within a cent of the daily rows', () => {
    const cent = unit / 100n;
    const floor = (value: bigint) => value - (value % cent);
    const planId = (row: Row) => cell(row, 'SubscriptionId').toLowerCase();
    const group = (row: Row) => [planId(row), row['ProductId'], row['SkuId']].join('|');
    const usageLines = full.onetime.filter((row) => row['MeterDescription'] !== '');
    expect(usageLines.length).toBeGreaterThan(300);
    const sums = new Map<string, { lines: number; difference: bigint }>();
    const note = (key: string, lines: number, amount: bigint) => {
      const before = sums.get(key) ?? { lines: 0, difference: 0n };
      sums.set(key, { lines: before.lines + lines, difference: before.difference + amount });
    };
    for (const row of usageLines) {
      const pricing = floor((scaled(row['EffectiveUnitPrice']) * scaled(row['BillableQuantity'])) / unit);
      expect(floor((pricing * scaled(row['PCToBCExchangeRate'])) / unit)).toBe(scaled(row['Subtotal']));
      note(group(row), 1, scaled(row['Subtotal']));
    }
    const seen = new Set<string>();
    for (const [index, row] of full.dailyRated.entries()) {
      const text = full.dailyRatedText[index] ?? '';
      if (seen.has(text)) continue;
      seen.add(text);
      note(group(row), 0, -scaled(row['BillingPreTaxTotal']));
    }
    for (const [key, { lines, difference }] of sums) {
      expect(magnitude(difference) < cent * BigInt(lines), key).toBe(true);
    }
  });

  test('a seat line is its prorated price times its seats, cut off at the cent; a change refunds and charges again', () => {
    const seats = full.onetime.filter((row) => row['UnitType'] === 'Licenses');
    for (const row of seats) {
      const product = (scaled(row['EffectiveUnitPrice']) * scaled(row['BillableQuantity'])) / unit;
      expect(scaled(row['Subtotal'])).toBe(product - (product % (unit / 100n)));
    }
    const added = seats.filter((row) => row['ChargeType'] === 'addQuantity' && row['UnitPrice'] === '10');
    expect(added.map((row) => row['Subtotal']).sort()).toEqual(['-67.74', '101.61']);
    expect(new Set(added.map((row) => row['ReferenceId'])).size).toBe(1);
    expect(added.every((row) => !cell(row, 'BillableQuantity').startsWith('-'))).toBe(true);
  });

  test('planted seats stand on one line each, which charges what the key says, and on the invoice only', () => {
    expect(full.key.arithmetic.map((planted) => planted.name)).toEqual([
      'wholePriceForPart',
      'refundTooSmall',
      'oldPrice',
      'promotion',
      'cutPeriod',
      'goodwill',
    ]);
    const products = new Set(full.costExport.map((row) => cell(row, 'productOrderId').toLowerCase()));
    for (const planted of full.key.arithmetic) {
      const rows = full.onetime.filter(
        (row) => row['ReferenceId'] === planted.referenceId && row['Subtotal'] === planted.charged,
      );
      expect(rows.map((row) => cell(row, 'SubscriptionId').toLowerCase())).toEqual([planted.subscriptionId]);
      expect(products.has(planted.subscriptionId)).toBe(false);
    }
  });

  test('everything that is billed is on the invoice, and only usage is in daily rated usage', () => {
    const terms = full.onetime.map((row) => cell(row, 'TermAndBillingCycle'));
    expect(terms).toEqual(
      expect.arrayContaining(['1 Year Reservation', '1 Year Subscription', '1 Month Subscription']),
    );
    expect(terms.some((term) => term.includes('Savings Plan'))).toBe(true);
    const credits = full.onetime.filter((row) => row['ChargeType'] === 'customerCredit');
    expect(credits.length).toBeGreaterThan(3);
    expect(credits.every((row) => cell(row, 'Subtotal').startsWith('-'))).toBe(true);
    expect(full.dailyRated.some((row) => cell(row, 'MeterCategory').includes('365'))).toBe(false);
    const benefits = full.dailyRated.filter(
      (row) => row['BenefitType'] === 'SavingsPlan' || cell(row, 'AdditionalInfo').includes('ReservationOrderId'),
    );
    expect(benefits.length).toBeGreaterThan(50);
    expect(new Set(benefits.map((row) => row['BillingPreTaxTotal']))).toEqual(new Set(['0']));
  });

  test('customers and resellers sum their own lines, and the sums agree', () => {
    const ofLines = (rows: readonly Row[]) => ({
      rows: rows.length,
      subtotal: plain(total(rows.map((row) => scaled(row['Subtotal'])))),
      tax: plain(total(rows.map((row) => scaled(row['TaxTotal'])))),
      total: plain(total(rows.map((row) => scaled(row['Total'])))),
    });
    const mpnId = (row: Row) => cell(row, 'Tier2MpnId') || '0';
    for (const customer of full.key.customers) {
      const rows = full.onetime.filter((row) => cell(row, 'CustomerId').toLowerCase() === customer.customerId);
      const mpnIds = [...new Set(rows.map(mpnId))].sort();
      expect(customer.resellerMpnIds).toEqual(mpnIds);
      expect(customer.onetime).toEqual({
        ...ofLines(rows),
        subtotalByMpn: Object.fromEntries(
          mpnIds.map((id) => [id, ofLines(rows.filter((row) => mpnId(row) === id)).subtotal]),
        ),
      });
    }
    for (const reseller of full.key.resellers) {
      expect(reseller.onetime).toEqual(ofLines(full.onetime.filter((row) => mpnId(row) === reseller.mpnId)));
    }
    const everything = ofLines(full.onetime);
    expect(plain(total(full.key.customers.map((customer) => scaled(customer.onetime.total))))).toBe(everything.total);
    expect(plain(total(full.key.resellers.map((reseller) => scaled(reseller.onetime.total))))).toBe(everything.total);
  });
});
