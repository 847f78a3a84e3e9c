import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import type { FileRecord } from '../../shared/contracts/files.ts';
import type { MarginRule } from '../../shared/domain/catalogue.ts';
import { add, decimal, toText, zero } from '../../shared/domain/decimal.ts';
import { fileKinds } from '../../shared/domain/file-kinds.ts';
import { lineReseller } from '../../shared/domain/line-reseller.ts';
import { putRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { listFiles } from '../../shared/pipeline/list-files.ts';
import { type FileRequest, type FileRequestOutcome, requestFile } from '../../shared/pipeline/request-file.ts';
import { rule } from '../domain/sold-lines.ts';
import { sampleSource } from '../support/sample-source.ts';
import { createWorld, type World } from '../support/world.ts';

const principalId = 'tenant/person';

/* A sample month, downloaded, ingested and made into files by the pipeline itself. */

let folder: string;
let key: AnswerKey;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  key = await writeSampleMonth(folder, { seed: 1, cycle: '2026-10', scale: 0.1 });
  world = createWorld({ source: await sampleSource(folder, key), costExportFiles: [] });
  await world.startTimer();
  await world.untilQuiet();
  await enter(rule('to-resellers', { buyer: 'reseller', value: '0.0731' }));
  await enter(rule('to-customers', { buyer: 'customer', value: '0.1117' }));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function enter(record: MarginRule): Promise<void> {
  const present = await world.ports.catalogue.get('margins', record.id);
  expect(await putRecord(world.ports, 'margins', { record, etag: present?.etag, principalId })).toMatchObject({
    kind: 'done',
  });
}

function recordOf(outcome: FileRequestOutcome): FileRecord {
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return outcome.record;
}

type Wanted =
  | { readonly audience: 'csp' }
  | { readonly audience: 'reseller'; readonly resellerMpnId: string }
  | { readonly audience: 'customer'; readonly customerId: string };

const wantedOf = (kind: FileRequest['kind'], whose: Wanted): FileRequest => ({
  invoiceId: kind === 'license' || kind === 'usage' ? key.legacyInvoiceId : key.invoiceId,
  kind,
  format: 'csv',
  culture: 'invariant',
  ...whose,
});

async function made(wanted: FileRequest): Promise<FileRecord> {
  const { fileId } = recordOf(await requestFile(world.ports, wanted));
  await world.untilQuiet();
  const record = await world.ports.files.get(fileId);
  if (record === undefined) throw new Error('The file is gone');
  return record;
}

type Rows = readonly Readonly<Record<string, string>>[];

async function rowsOf(kind: FileRequest['kind'], whose: Wanted): Promise<Rows> {
  const record = await made(wantedOf(kind, whose));
  expect(record, record.reason).toMatchObject({ state: 'available' });
  const bytes = await world.ports.files.openContent(record);
  const content = Buffer.concat(await Array.fromAsync(bytes ?? []));
  const rows = parse(content, { columns: true }) as Rows;
  expect(rows).toHaveLength(record.rows ?? -1);
  return rows;
}

const names = {
  onetime: { currency: 'Currency', reseller: 'ResellerMpnId', tax: 'TaxTotal' },
  license: { currency: 'Currency', reseller: 'ResellerMpnId', tax: 'Tax' },
  usage: { currency: 'Currency', reseller: 'ResellerMpnId', tax: 'TaxTotal' },
  dailyratedusage: { currency: 'BillingCurrency', reseller: 'Tier2MpnId', tax: 'TaxTotal' },
} as const;

/** The sums of a file, per currency, to the last digit. */
function sums(kind: FileRequest['kind'], rows: Rows, cell: (row: Rows[number], amount: string) => string | undefined) {
  const byCurrency = Map.groupBy(rows, (row) => row[names[kind].currency] ?? '');
  return Object.fromEntries(
    [...byCurrency].map(([currency, of]) => [
      currency,
      ['Subtotal', names[kind].tax, 'Total'].map((amount) =>
        toText(of.map((row) => cell(row, amount) || '0').reduce((sum, text) => add(sum, decimal(text)), zero)),
      ),
    ]),
  );
}

const forCustomer = (row: Rows[number], amount: string) => row[`${amount}ForCustomer`];
const forReseller = (row: Rows[number], amount: string) => row[`${amount}ForReseller`];

describe('the files of a sample month', () => {
  it.each(fileKinds)('of %s add up: resellers and direct customers to the CSP, to the last digit', async (kind) => {
    const csp = await rowsOf(kind, { audience: 'csp' });
    const mpnOf = (row: Rows[number]) => {
      const reseller = lineReseller((row[names[kind].reseller] ?? '').replace(/^'/, ''));
      return reseller.kind === 'reseller' ? reseller.mpnId : undefined;
    };
    const mpnIds = [...new Set(csp.flatMap((row) => mpnOf(row) ?? []))].sort();
    if (kind === 'onetime' || kind === 'dailyratedusage') expect(mpnIds).toEqual(['4649221', '5210374', '6048879']);
    const direct = csp.filter((row) => mpnOf(row) === undefined);
    const files: Rows[] = [];
    for (const resellerMpnId of mpnIds) {
      const file = await rowsOf(kind, { audience: 'reseller', resellerMpnId });
      const own = csp.filter((row) => mpnOf(row) === resellerMpnId);
      expect(file).toHaveLength(own.length);
      expect(sums(kind, file, forReseller)).toEqual(sums(kind, own, forReseller));
      expect(sums(kind, file, forCustomer)).toEqual(sums(kind, own, forCustomer));
      files.push(file);
    }
    const billed = [...files.flat(), ...direct];
    const sold = (row: Rows[number], amount: string) => forReseller(row, amount) || forCustomer(row, amount);
    expect(sums(kind, billed, sold)).toEqual(sums(kind, csp, sold));
  });

  it.each(['onetime', 'license'] as const)('of %s add up: customers to their resellers and the CSP', async (kind) => {
    const csp = await rowsOf(kind, { audience: 'csp' });
    const customerIds = [...new Set(csp.map((row) => row['CustomerId'] ?? ''))];
    const files = await Promise.all(
      customerIds.map(
        async (customerId) => [customerId, await rowsOf(kind, { audience: 'customer', customerId })] as const,
      ),
    );
    for (const [customerId, file] of files) {
      const own = csp.filter((row) => row['CustomerId'] === customerId);
      expect(sums(kind, file, forCustomer)).toEqual(sums(kind, own, forCustomer));
    }
    expect(
      sums(
        kind,
        files.flatMap(([, file]) => file),
        forCustomer,
      ),
    ).toEqual(sums(kind, csp, forCustomer));
  });

  it("hold what the key of the month says of Microsoft's own amounts", async () => {
    const csp = await rowsOf('onetime', { audience: 'csp' });
    expect(csp).toHaveLength(key.rows.onetime);
    for (const { mpnId, onetime } of key.resellers.filter((reseller) => Number(reseller.mpnId) > 0)) {
      const own = csp.filter((row) => row['ResellerMpnId'] === mpnId);
      expect(own).toHaveLength(onetime.rows);
      const [subtotal] = Object.values(sums('onetime', own, (row, amount) => row[amount])).map(([first]) => first);
      expect(subtotal).toBe(onetime.subtotal);
    }
    expect(await rowsOf('dailyratedusage', { audience: 'csp' })).toHaveLength(key.rows.dailyRatedUsage);
  });
});

describe('the life of a file', () => {
  const customerId = () => key.customers[0]?.customerId ?? '';

  it('is one job and one file for fifty requests at once', async () => {
    const wanted = {
      ...wantedOf('onetime', { audience: 'customer', customerId: customerId() }),
      culture: 'pl-PL',
    } as const;
    const before = (await world.ports.files.list()).length;
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => requestFile(world.ports, wanted)));
    expect(new Set(outcomes.map((outcome) => recordOf(outcome).fileId)).size).toBe(1);
    await world.untilQuiet();
    expect(await world.ports.files.list()).toHaveLength(before + 1);
    const [again] = [recordOf(await requestFile(world.ports, wanted))];
    expect(again).toMatchObject({ state: 'available', fileId: recordOf(outcomes[0] as FileRequestOutcome).fileId });
  });

  it('has a new version after a change of a margin, beside the one before, with what each was made from', async () => {
    const wanted = wantedOf('license', { audience: 'csp' });
    const first = await made(wanted);
    await enter(rule('to-customers', { buyer: 'customer', value: '0.2' }));
    const second = await made(wanted);
    await enter(rule('to-customers', { buyer: 'customer', value: '0.1117' }));
    expect(second.fileId).not.toBe(first.fileId);
    expect(second.catalogueHash).not.toBe(first.catalogueHash);
    expect([second.datasetHash, second.engineVersion]).toEqual([first.datasetHash, first.engineVersion]);
    expect((await made(wanted)).fileId).toBe(first.fileId);
    const listed = await listFiles(world.ports.files, { kind: 'license', audience: 'csp' });
    expect(listed.map(({ fileId }) => fileId).sort()).toEqual([first.fileId, second.fileId].sort());
  });

  it('fails with the line and the reason where a line has no price, and leaves nothing half-made', async () => {
    await enter(rule('seats', { buyer: 'customer', productType: 'license', kind: 'erpMinusDiscount', value: '0.1' }));
    const failed = await made(wantedOf('license', { audience: 'csp' }));
    const present = await world.ports.catalogue.get('margins', 'seats');
    await world.ports.catalogue.remove('margins', 'seats', { etag: present?.etag ?? '' });
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed.reason).toMatch(/^Part 0, line \d+: .*'seats'/);
    expect(await world.ports.files.openContent(failed)).toBeUndefined();
  });

  it('is tried again when it is asked for again after it failed, as the same file', async () => {
    const wanted = wantedOf('onetime', { audience: 'csp' });
    const good = await made(wanted);
    const { rows: _, sizeBytes: __, sha256: ___, ...asked } = good;
    await world.tables.files.put('file', good.fileId, { ...asked, state: 'failed', reason: 'its dataset had gone' });
    const again = await made(wanted);
    expect(again).toEqual({ ...good, attempt: 1, requestedAt: again.requestedAt });
    expect(await made(wanted)).toEqual(again);
  });

  it.each([
    ['usage for a customer', 'usage', { audience: 'customer', customerId: 'x' }, 'notForAudience'],
    [
      'daily rated usage for a customer',
      'dailyratedusage',
      { audience: 'customer', customerId: 'x' },
      'notForAudience',
    ],
    ['an unknown customer', 'onetime', { audience: 'customer', customerId: 'x' }, 'notFound'],
    ['an unknown reseller', 'onetime', { audience: 'reseller', resellerMpnId: '999' }, 'notFound'],
  ] as const)('does not begin for %s', async (_, kind, whose, code) => {
    const before = (await world.ports.files.list()).length;
    expect(await requestFile(world.ports, wantedOf(kind, whose))).toMatchObject({ kind: 'refused', code });
    expect(await requestFile(world.ports, { ...wantedOf(kind, whose), invoiceId: 'G0' })).toMatchObject({
      kind: 'refused',
    });
    expect(await world.ports.files.list()).toHaveLength(before);
  });
});
