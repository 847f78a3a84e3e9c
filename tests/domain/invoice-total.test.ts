import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvoiceRecord } from '../../shared/contracts/invoices.ts';
import { decimal, multiply, toText } from '../../shared/domain/decimal.ts';
import type { InvoiceHeader } from '../../shared/domain/invoice-documents.ts';
import type { InvoiceLine } from '../../shared/domain/invoice-line.ts';
import { invoiceTotalLimits } from '../../shared/domain/invoice-total-lines.ts';
import { defaultPolicy, type ToleranceRule } from '../../shared/domain/tolerance.ts';
import { compareInvoiceTotal } from './compare-invoice-total.ts';
import { charging, seatLine } from './invoice-line-samples.ts';

const invoice: InvoiceHeader = {
  invoiceId: 'G000000001',
  documentType: 'invoice',
  billingCycle: '2023-06',
  currency: 'USD',
  total: '300',
};

const taxed = (subtotal: string, taxTotal: string, total: string): InvoiceLine => ({
  ...seatLine,
  subtotal,
  taxTotal,
  total,
});

function compareAll(lines: readonly InvoiceLine[], documents: readonly InvoiceHeader[], invoiceId = 'G000000001') {
  return compareInvoiceTotal({ invoiceId, documents, lines, limits: invoiceTotalLimits(defaultPolicy, 'EUR') });
}

function compareOne(lines: readonly InvoiceLine[], ...documents: readonly InvoiceHeader[]) {
  const [only, ...more] = compareAll(lines, documents);
  expect(more).toEqual([]);
  return only;
}

describe('the lines of an invoice against its header', () => {
  const lines = [taxed('200', '20', '220'), taxed('-20', '-2', '-22')];

  it('match to the last digit', () => {
    expect(compareOne(lines, { ...invoice, total: '198' })).toEqual({
      invoiceId: 'G000000001',
      currency: 'USD',
      status: 'matched',
      rows: 2,
      preTax: { lines: '180', status: 'notTold' },
      tax: { lines: '18', status: 'notTold' },
      total: { lines: '198', header: '198', variance: '0', limit: '0.02', status: 'matched' },
      creditNotes: [],
      replacedBy: [],
    });
  });

  it('take the header of the pipeline as it is', () => {
    const record: InvoiceRecord = {
      version: 1,
      tenantId: 't',
      type: 'newCommerce',
      periodStart: '2023-06-01',
      periodEnd: '2023-06-30',
      invoiceDate: '2023-07-08',
      ...invoice,
      total: '198',
    };
    expect(compareAll(lines, [record])).toMatchObject([{ status: 'matched' }]);
  });

  it('may be a cent per line apart in tax, and not at all before tax', () => {
    const header = { ...invoice, preTax: '180', tax: '18.02', total: '198.02' };
    expect(compareOne(lines, header)).toMatchObject({
      status: 'withinTolerance',
      preTax: { status: 'matched' },
      tax: { variance: '-0.02', limit: '0.02', status: 'withinTolerance' },
      total: { status: 'withinTolerance' },
    });
    expect(compareOne(lines, { ...header, tax: '18.03', total: '198.03' })).toMatchObject({ status: 'mismatched' });
    expect(compareOne(lines, { ...header, preTax: '180.01', tax: '18.01' })).toMatchObject({
      status: 'mismatched',
      preTax: { variance: '-0.01', limit: '0', status: 'mismatched' },
    });
    expect(compareOne(lines, { ...invoice, tax: '18', total: '198.01' })).toMatchObject({
      status: 'mismatched',
      preTax: { header: '180.01' },
    });
  });

  it('take limits as they are given', () => {
    const rule = { name: 'own', filter: { comparedWith: 'invoicetotal' }, absoluteFor: 'line' } as const;
    const amounts = { absolute: '1', relative: '0', combine: 'either' } as const;
    const own = { ...rule, ...amounts };
    const limits = { preTax: own, tax: own, total: own };
    const documents = [{ ...invoice, preTax: '181', total: '199' }];
    expect(compareInvoiceTotal({ invoiceId: 'G000000001', documents, lines, limits })).toMatchObject([
      { status: 'withinTolerance' },
    ]);
  });

  it('are held against the limits of the policy as it says: for a line of the grid, for each line item, or a share', () => {
    const documents = [{ ...invoice, preTax: '180', tax: '17.85', total: '197.85' }];
    const taxStatus = (change: Partial<ToleranceRule>) => {
      const rules = defaultPolicy.rules.map((rule) =>
        rule.name === 'invoicetotal-with-tax' ? { ...rule, ...change } : rule,
      );
      const limits = invoiceTotalLimits({ ...defaultPolicy, rules }, 'USD');
      return compareInvoiceTotal({ invoiceId: 'G000000001', documents, lines, limits })[0]?.tax;
    };
    expect(taxStatus({ absolute: '0.1', absoluteFor: 'line' })).toMatchObject({ limit: '0.1', status: 'mismatched' });
    expect(taxStatus({ absolute: '0.1', absoluteFor: 'invoiceLine' })).toMatchObject({
      limit: '0.2',
      status: 'withinTolerance',
    });
    expect(taxStatus({ absolute: '0', relative: '0.01' })).toMatchObject({ limit: '0.18', status: 'withinTolerance' });
    expect(taxStatus({ absolute: '1', absoluteFor: 'line', combine: 'both' })).toMatchObject({
      limit: '0',
      status: 'mismatched',
    });
  });

  it('in another currency stand alone, and a header without lines does too', () => {
    const euros = { ...seatLine, currency: 'EUR' };
    expect(compareAll([euros], [invoice])).toMatchObject([
      { currency: 'EUR', status: 'invoiceOnly', rows: 1, total: { lines: '100', status: 'notTold' } },
      { currency: 'USD', status: 'otherOnly', rows: 0, total: { lines: '0', header: '300', variance: '-300' } },
    ]);
    expect(compareOne([], { ...invoice, total: '0' })).toMatchObject({ status: 'matched' });
  });

  it('need the header', () => {
    expect(() => compareAll(lines, [])).toThrow('Invoice G000000001 has no header');
  });
});

describe('tax on the invoice only', () => {
  const untaxed = [charging(seatLine, '100'), charging(seatLine, '-9')];

  it('is explained, not a break, where the header tells it', () => {
    const header = { ...invoice, preTax: '91', tax: '17.29', total: '108.29' };
    expect(compareOne(untaxed, header)).toMatchObject({
      status: 'matched',
      taxOnInvoiceOnly: '17.29',
      taxOnInvoiceOnlyIs: 'told',
      tax: { variance: '-17.29', status: 'mismatched' },
    });
    expect(compareOne(untaxed, { ...header, preTax: '91.5' })).toMatchObject({ status: 'mismatched' });
  });

  it('is assumed where the total alone is higher, by no more than any tax is', () => {
    expect(compareOne(untaxed, { ...invoice, total: '108.29' })).toMatchObject({
      status: 'matched',
      taxOnInvoiceOnly: '17.29',
      taxOnInvoiceOnlyIs: 'assumed',
    });
    expect(compareOne(untaxed, { ...invoice, total: '118.31' })).toMatchObject({ status: 'mismatched' });
    expect(compareOne(untaxed, { ...invoice, total: '90' })).toMatchObject({ status: 'mismatched' });
    expect(compareOne([], { ...invoice, total: '1' })).toMatchObject({ status: 'otherOnly' });
  });

  it('is none where any line is taxed', () => {
    const some = [...untaxed, taxed('10', '1', '11')];
    expect(compareOne(some, { ...invoice, total: '110' })).toMatchObject({ status: 'mismatched' });
  });

  it('is assumed for an invoice that gives back, too', () => {
    const back = [charging(seatLine, '-100')];
    expect(compareOne(back, { ...invoice, total: '-119' })).toMatchObject({
      status: 'matched',
      taxOnInvoiceOnly: '-19',
    });
    expect(compareOne(back, { ...invoice, total: '-81' })).toMatchObject({ status: 'mismatched' });
  });
});

describe('credit notes', () => {
  const lines = [taxed('300', '30', '330'), taxed('-50', '-5', '-55')];
  const note: InvoiceHeader = {
    ...invoice,
    invoiceId: 'G000000009',
    documentType: 'creditNote',
    total: '-55',
    amendsInvoiceId: 'G000000001',
  };

  it.each(['-55', '55'])('of %s are deducted where their lines are among those of the invoice', (total) => {
    expect(compareOne(lines, { ...invoice, total: '330' }, { ...note, total })).toMatchObject({
      status: 'matched',
      creditNotes: ['G000000009'],
      total: { header: '275' },
    });
  });

  it('are not deducted where their lines are elsewhere', () => {
    expect(compareOne(lines, { ...invoice, total: '275' }, note)).toMatchObject({ status: 'matched', creditNotes: [] });
  });

  it('of the same month about an earlier invoice are deducted only if that fits', () => {
    const earlier = { ...note, amendsInvoiceId: 'G000000000' };
    expect(compareOne(lines, { ...invoice, total: '330' }, earlier)).toMatchObject({
      status: 'matched',
      creditNotes: ['G000000009'],
    });
    expect(compareOne(lines, { ...invoice, total: '331' }, earlier)).toMatchObject({
      status: 'mismatched',
      creditNotes: [],
    });
    const otherMonth = { ...earlier, billingCycle: '2023-05' };
    expect(compareOne(lines, { ...invoice, total: '330' }, otherMonth)).toMatchObject({ status: 'mismatched' });
  });

  it('about the invoice are deducted where nothing fits, and what is left is the variance', () => {
    expect(compareOne(lines, { ...invoice, total: '340' }, note)).toMatchObject({
      status: 'mismatched',
      creditNotes: ['G000000009'],
      total: { variance: '-10' },
    });
  });

  it('tell their amounts before tax where both documents do', () => {
    const told = { ...invoice, preTax: '300', tax: '30', total: '330' };
    expect(compareOne(lines, told, { ...note, preTax: '-50', tax: '-5' })).toMatchObject({
      status: 'matched',
      preTax: { header: '250', status: 'matched' },
      tax: { header: '25' },
    });
    expect(compareOne(lines, told, note)).toMatchObject({ status: 'matched', preTax: { status: 'notTold' } });
  });

  it('have lines of their own to be compared with', () => {
    const [own] = compareAll([taxed('-50', '-5', '-55')], [{ ...invoice, total: '330' }, note], 'G000000009');
    expect(own).toMatchObject({ status: 'matched', creditNotes: [] });
  });

  it('of another currency are never deducted', () => {
    const euros = { ...note, currency: 'EUR' };
    expect(compareOne(lines, { ...invoice, total: '330' }, euros)).toMatchObject({
      status: 'mismatched',
      creditNotes: [],
    });
  });
});

describe('a voided invoice', () => {
  /* As Partner Center lists it: the invoice is a void note now, and its replacement amends it. */
  const voided: InvoiceHeader = { ...invoice, invoiceId: 'G000024130', documentType: 'voidNote', total: '586366' };
  const replacement: InvoiceHeader = {
    ...invoice,
    invoiceId: 'G000024131',
    total: '107661.12',
    amendsInvoiceId: 'G000024130',
  };

  it('is set aside with the document in its place, which is compared as any other', () => {
    const documents = [voided, replacement];
    const lines = [charging(seatLine, '107661.12')];
    expect(compareAll([], documents, 'G000024130')).toMatchObject([
      { status: 'excluded', reason: 'voided', replacedBy: ['G000024131'] },
    ]);
    expect(compareAll(lines, documents, 'G000024131')).toMatchObject([{ status: 'matched', replacedBy: [] }]);
  });

  it('may be voided by a document of its own, and its replacement be replaced in turn', () => {
    const standing = { ...voided, documentType: 'invoice' } as const;
    const note = { ...voided, invoiceId: 'G000024132', amendsInvoiceId: 'G000024130' };
    const secondNote = { ...voided, invoiceId: 'G000024133', amendsInvoiceId: 'G000024131' };
    const last = { ...replacement, invoiceId: 'G000024134', amendsInvoiceId: 'G000024131' };
    expect(compareAll([], [standing, note, replacement, secondNote, last], 'G000024130')).toMatchObject([
      { status: 'excluded', replacedBy: ['G000024134'] },
    ]);
  });

  it('that amends itself in a circle ends', () => {
    const first = { ...voided, amendsInvoiceId: 'G000024131' };
    expect(compareAll([], [first, replacement], 'G000024130')).toMatchObject([{ replacedBy: [] }]);
  });

  it('is not one of a kind that we do not know: that is not compared', () => {
    expect(compareOne([seatLine], { ...invoice, documentType: 'other' })).toMatchObject({
      status: 'notComparable',
      reason: 'unknownDocument',
    });
  });
});

describe('properties', () => {
  const cents = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((amount) => toText(decimal(`${amount}e-2`)));
  const lines = fc.array(
    cents.map((amount) => charging(seatLine, amount)),
    { minLength: 1, maxLength: 20 },
  );

  it('the order of lines does not matter, and scaling both sides scales the variance', () => {
    fc.assert(
      fc.property(lines, cents, fc.integer({ min: 1, max: 50 }), (all, total, factor) => {
        const scale = (amount: string) => toText(multiply(decimal(amount), decimal(String(factor))));
        const one = compareOne(all, { ...invoice, total });
        expect(compareOne([...all].reverse(), { ...invoice, total })).toEqual(one);
        const scaled = compareOne(
          all.map((line) => charging(line, scale(line.subtotal))),
          { ...invoice, total: scale(total) },
        );
        expect(scaled?.total.variance).toBe(scale(one?.total.variance ?? ''));
      }),
    );
  });
});
