import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verify } from '../../cli/verify.ts';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { defaultSampleMonth, writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import { add, decimal, toText, zero } from '../../shared/domain/decimal.ts';
import type { InvoiceHeader } from '../../shared/domain/invoice-documents.ts';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { invoiceTotalLimits } from '../../shared/domain/invoice-total-lines.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { parseExactJson } from '../../shared/formats/exact-json.ts';
import { readPart } from '../../shared/formats/part-reader.ts';
import { compareInvoiceTotal } from '../domain/compare-invoice-total.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arithmetic-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function monthOf(name: string, options: Partial<typeof defaultSampleMonth>) {
  const home = join(folder, name);
  const key = await writeSampleMonth(home, { ...defaultSampleMonth, scale: 0.02, ...options });
  const exports = join(home, 'partner-center', 'exports', key.invoiceId, 'onetime');
  const files = (await readdir(exports)).filter((file) => file.endsWith('.gz')).map((file) => join(exports, file));
  return { home, key, files };
}

/** Months of 31, 30 and 28 days. */
const months = [
  ['2026-10', 20261001],
  ['2026-11', 7],
  ['2027-02', 11],
] as const;

describe.each(months)('the line items of %s', (cycle, seed) => {
  it('are wrong or uncheckable just where the answer key plants it', async () => {
    const { key, files } = await monthOf(`planted-${cycle}`, { cycle, seed });
    const { lines, totals, refused } = await verify(files, () => {});
    expect(refused).toEqual([]);
    expect(lines).toHaveLength(key.rows.onetime);
    const found = lines
      .filter(({ verdict }) => verdict !== 'asExpected')
      .map(({ subscriptionId, referenceId, verdict, reason = null, charged, expected = null }) => {
        return { subscriptionId, referenceId, verdict, reason, charged, expected };
      });
    const planted = key.arithmetic.map(({ name: _name, ...told }) => told);
    expect(found.sort(byReference)).toEqual(planted.sort(byReference));
    expect(planted.map(({ verdict }) => verdict)).toEqual(
      expect.arrayContaining(['overcharged', 'undercharged', 'notVerifiable']),
    );
    const kinds = Object.groupBy(lines, ({ kind }) => kind);
    expect(Object.keys(kinds).sort()).toEqual(['purchase', 'seat', 'usage']);
    const [sums] = totals;
    const customers = key.customers.map(({ onetime }) => onetime.total);
    expect(sums?.total).toBe(toText(customers.reduce((sum, total) => add(sum, decimal(total)), zero)));
  });
});

function byReference(left: { readonly referenceId: string }, right: { readonly referenceId: string }): number {
  return left.referenceId < right.referenceId ? -1 : 1;
}

describe('the invoice of the sample month', () => {
  it('is the sum of its lines, and is not when a line is missing', async () => {
    const { home, key, files } = await monthOf('header', {});
    const header = await headerOf(home, key);
    const lines: InvoiceLine[] = [];
    for (const [part, path] of files.entries()) {
      const bytes = [await readFile(path)];
      const source = {
        name: path,
        bytes: (async function* () {
          yield* bytes;
        })(),
      };
      const contents = await readPart(source, { kind: 'onetime', part, problemsMax: 1 });
      for (const line of contents.lines) if ('effectiveUnitPrice' in line) lines.push(line);
    }
    expect(lines).toHaveLength(key.rows.onetime);
    const compare = (of: readonly InvoiceLine[]) =>
      compareInvoiceTotal({
        invoiceId: key.invoiceId,
        documents: [header],
        lines: of,
        limits: invoiceTotalLimits(defaultPolicy, 'EUR'),
      });
    expect(compare(lines)).toMatchObject([{ status: 'matched', rows: key.rows.onetime, total: { variance: '0' } }]);
    expect(compare(lines.slice(1))).toMatchObject([
      { status: 'mismatched', total: { variance: `${-Number(lines[0]?.total)}` } },
    ]);
  });
});

async function headerOf(home: string, key: AnswerKey): Promise<InvoiceHeader> {
  const text = await readFile(join(home, 'partner-center', 'invoices.json'), 'utf8');
  const invoices = (parseExactJson(text) as Record<string, readonly Record<string, string>[]>)[key.tenantId] ?? [];
  const { totalCharges = '', currencyCode = '' } = invoices.find(({ id }) => id === key.invoiceId) ?? {};
  const { invoiceId, cycle: billingCycle } = key;
  return { invoiceId, billingCycle, documentType: 'invoice', currency: currencyCode, total: totalCharges };
}
