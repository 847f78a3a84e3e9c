import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { CONTOSO } from '../infra/partner-center-sample.ts';
import { failureOf, type Microsoft, startMicrosoft } from './microsoft-fixture.ts';

const { tenantId } = CONTOSO;

/** An invoice as Partner Center writes it; the total is written as it stands, digit by digit. */
function invoiceJson(id: string, fields: Readonly<Record<string, string>> = {}, total = '119.50'): string {
  const isLegacy = id.startsWith('D');
  const all = {
    id,
    invoiceDate: '2026-11-08T00:00:00Z',
    billingPeriodStartDate: isLegacy ? '2026-10-12T00:00:00Z' : '2026-10-01T00:00:00Z',
    billingPeriodEndDate: isLegacy ? '2026-11-11T00:00:00Z' : '2026-10-31T00:00:00Z',
    currencyCode: 'EUR',
    documentType: 'invoice',
    invoiceType: isLegacy ? 'Recurring' : 'OneTime',
    ...fields,
  };
  return `${JSON.stringify(all).slice(0, -1)},"totalCharges":${total}}`;
}

async function startWith(invoices: readonly string[]): Promise<Microsoft> {
  const microsoft = await startMicrosoft();
  await writeFile(join(microsoft.folder, 'invoices.json'), `{"${tenantId}":[${invoices.join(',')}]}`);
  return microsoft;
}

const list = (microsoft: Microsoft) => microsoft.source.listInvoices(tenantId);

describe('the list of invoices', () => {
  it('tells new commerce from legacy, with cycle, period and total', async () => {
    const invoices = await list(await startWith([invoiceJson('G000000001'), invoiceJson('D000000001', {}, '-0.10')]));
    expect(invoices).toEqual([
      {
        version: 1,
        tenantId,
        invoiceId: 'G000000001',
        type: 'newCommerce',
        documentType: 'invoice',
        billingCycle: '2026-10',
        periodStart: '2026-10-01',
        periodEnd: '2026-10-31',
        invoiceDate: '2026-11-08',
        currency: 'EUR',
        total: '119.5',
      },
      expect.objectContaining({
        invoiceId: 'D000000001',
        type: 'legacy',
        billingCycle: '2026-10',
        periodStart: '2026-10-12',
        periodEnd: '2026-11-11',
        total: '-0.1',
      }),
    ]);
  });

  it.each([
    ['12345678901234567890.123456789012345678', '12345678901234567890.123456789012345678'],
    ['0.1', '0.1'],
    ['586366.00', '586366'],
    ['9007199254740993', '9007199254740993'],
    ['1e3', '1000'],
  ])('keeps every digit of a total of %s', async (written, kept) => {
    const [invoice] = await list(await startWith([invoiceJson('G000000001', {}, written)]));
    expect(invoice?.total).toBe(kept);
  });

  it('reads all pages, though modern invoices come again on every one', async () => {
    const legacy = Array.from({ length: 450 }, (_, index) => `D${String(index).padStart(9, '0')}`);
    const modern = ['G000000001', 'G000000002', 'G000000003'];
    const microsoft = await startWith([...modern, ...legacy].map((id) => invoiceJson(id)));
    const invoices = await list(microsoft);
    expect(invoices.map((invoice) => invoice.invoiceId).sort()).toEqual([...legacy, ...modern].sort());
    const pages = microsoft.standIn.requests.filter(({ path }) => path.endsWith('/invoices'));
    expect(pages.map(({ query }) => query)).toEqual([
      'size=200&offset=0',
      'size=200&offset=200',
      'size=200&offset=400',
    ]);
  });

  it.each([200, 201, 400])('ends when there are %i legacy invoices and as many modern ones', async (count) => {
    const ids = Array.from({ length: count }, (_, index) => String(index).padStart(9, '0'));
    const microsoft = await startWith([
      ...ids.map((id) => invoiceJson(`D${id}`)),
      ...ids.map((id) => invoiceJson(`G${id}`)),
    ]);
    expect(new Set((await list(microsoft)).map((invoice) => invoice.invoiceId)).size).toBe(2 * count);
  });

  it('is empty for a partner without invoices', async () => {
    expect(await list(await startWith([]))).toEqual([]);
  });

  it('asks for the invoice itself where the list leaves its billing period out', async () => {
    const microsoft = await startWith([invoiceJson('G000000001'), invoiceJson('D000000001')]);
    const complete = await list(microsoft);
    microsoft.script.omitsBillingPeriodsInList = true;
    expect(await list(microsoft)).toEqual(complete);
    expect(microsoft.standIn.requests.map(({ path }) => path)).toContain('/partner-center/v1/invoices/D000000001');
  });

  it('has voided invoices and what replaced them, each a document of its own', async () => {
    const amendment = invoiceJson('G000000004', { documentType: 'adjustment_note', amendsOf: 'G000000003' }, '-12.3');
    const voided = invoiceJson('G000000003', { documentType: 'void_note' });
    const microsoft = await startWith([`${voided.slice(0, -1)},"amendments":[${amendment}]}`]);
    const invoices = await list(microsoft);
    expect(
      invoices.map(({ invoiceId, documentType, amendsInvoiceId, total }) => [
        invoiceId,
        documentType,
        amendsInvoiceId,
        total,
      ]),
    ).toEqual([
      ['G000000003', 'voidNote', undefined, '119.5'],
      ['G000000004', 'creditNote', 'G000000003', '-12.3'],
    ]);
  });

  it.each([
    ['VoidNote', 'voidNote'],
    ['Credit Note', 'creditNote'],
    ['AdjustmentNote', 'creditNote'],
    ['Invoice', 'invoice'],
    ['poem', 'other'],
  ])('knows a document spelt %s', async (spelling, documentType) => {
    const [invoice] = await list(await startWith([invoiceJson('G000000001', { documentType: spelling })]));
    expect(invoice?.documentType).toBe(documentType);
  });

  it.each([
    [
      'an impossible day',
      { billingPeriodEndDate: '2026-02-30' },
      '1',
      /billingPeriodEndDate: '2026-02-30' is not a day/,
    ],
    ['a total that is none', {}, '"1.234,50"', /totalCharges: '1.234,50' is not a decimal/],
  ])('refuses %s for good, and says where', async (_what, fields, total, message) => {
    const error = await failureOf(list(await startWith([invoiceJson('G000000001', fields, total)])));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).toMatch(message);
  });

  it('waits out throttling and passes a refusal on', async () => {
    const microsoft = await startWith([invoiceJson('G000000001')]);
    microsoft.script.throttleNext('invoices', 2, 0);
    expect(await list(microsoft)).toHaveLength(1);
    microsoft.script.failNext('invoices', 1, 403);
    expect(await failureOf(list(microsoft))).toBeInstanceOf(TerminalError);
  });

  it('is refused with a token for something else', async () => {
    const microsoft = await startWith([invoiceJson('G000000001')]);
    microsoft.script.revokeTokens();
    expect(await list(microsoft)).toHaveLength(1);
    microsoft.script.revokeTokens();
    expect((await failureOf(list(microsoft))).message).toMatch(/answered 401/);
  });
});
