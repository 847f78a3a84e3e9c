import { describe, expect, it } from 'vitest';
import {
  type ComparedInvoiceTotal,
  invoiceTotalLimits,
  invoiceTotalLines,
} from '../../shared/domain/invoice-total-lines.ts';
import { coverageGap, summarise } from '../../shared/domain/summary.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';

const compared = (change: Partial<ComparedInvoiceTotal> = {}): ComparedInvoiceTotal => ({
  invoiceId: 'G1',
  currency: 'EUR',
  status: 'matched',
  rows: 3,
  preTax: { lines: '100', header: '100', status: 'matched' },
  tax: { lines: '19', header: '19', status: 'matched' },
  total: { lines: '119', header: '119', status: 'matched' },
  ...change,
});

const told = (change: Partial<ComparedInvoiceTotal>) =>
  invoiceTotalLines(compared(change), defaultPolicy).map((line) => [
    line.meterId,
    line.status,
    line.excludedBy ?? line.decidedBy,
    line.variance.cost,
    line.causes.map(({ cause }) => cause).join(),
  ]);

describe('the total of an invoice', () => {
  it('is two lines, before tax and tax, that add up to it and count every line item once', () => {
    const lines = invoiceTotalLines(compared(), defaultPolicy);
    expect(told({})).toEqual([
      ['preTax', 'matched', undefined, '0', ''],
      ['tax', 'matched', undefined, '0', ''],
    ]);
    const summary = summarise(lines);
    expect(summary.totals).toMatchObject([{ invoice: '119', other: '119', variance: '0' }]);
    expect(coverageGap(summary, { invoiceRows: 3, otherRows: 1 })).toBeUndefined();
  });

  it('names the rule that let tax through, and what is outside before tax', () => {
    const tax = { lines: '18.98', header: '19', status: 'withinTolerance' } as const;
    const preTax = { lines: '100', header: '90', status: 'mismatched' } as const;
    const total = { lines: '118.98', header: '109', status: 'mismatched' } as const;
    expect(told({ status: 'mismatched', preTax, tax, total })).toEqual([
      ['preTax', 'mismatched', 'invoicetotal-before-tax', '10', 'unexplained'],
      ['tax', 'withinTolerance', 'invoicetotal-with-tax', '-0.02', 'rounding'],
    ]);
    expect(invoiceTotalLines(compared({ status: 'mismatched', preTax, tax, total }), defaultPolicy)[0]).toMatchObject({
      severity: 'contactSupport',
      variance: { percent: '10' },
    });
  });

  it('is one line where the header contradicts itself, so that no difference is left out', () => {
    const total = { lines: '119', header: '120', status: 'mismatched' } as const;
    expect(told({ status: 'mismatched', total })).toEqual([
      ['total', 'mismatched', 'invoicetotal-with-tax', '-1', 'unexplained'],
    ]);
    const preTax = { lines: '100', header: '90', status: 'mismatched' } as const;
    expect(told({ status: 'mismatched', preTax })).toEqual([['total', 'mismatched', 'invoicetotal-with-tax', '0', '']]);
  });

  it('is one line where the header tells no more', () => {
    const untold = { lines: '1', status: 'notTold' } as const;
    const total = { lines: '119', header: '119.02', status: 'withinTolerance' } as const;
    expect(told({ status: 'withinTolerance', preTax: untold, tax: untold, total })).toEqual([
      ['total', 'withinTolerance', 'invoicetotal-with-tax', '-0.02', 'rounding'],
    ]);
  });

  it('sets tax aside that is on the invoice only, told or assumed', () => {
    const none = { lines: '0', header: '19', status: 'mismatched' } as const;
    const total = { lines: '100', header: '119', status: 'mismatched' } as const;
    const expected = [
      ['preTax', 'matched', undefined, '0', ''],
      ['tax', 'excluded', 'taxOnInvoiceOnly', '-19', ''],
    ];
    expect(told({ tax: none, total, taxOnInvoiceOnly: '19' })).toEqual(expected);
    const untold = { lines: '100', status: 'notTold' } as const;
    const noTax = { lines: '0', status: 'notTold' } as const;
    expect(told({ preTax: untold, tax: noTax, total, taxOnInvoiceOnly: '19' })).toEqual(expected);
  });

  it('of a voided invoice is set aside, and of lines without a header is on one side', () => {
    const untold = { lines: '119', status: 'notTold' } as const;
    const alone = { preTax: untold, tax: untold, total: untold } as const;
    expect(told({ ...alone, status: 'excluded', reason: 'voided' })).toEqual([
      ['total', 'excluded', 'voided', '119', ''],
    ]);
    expect(told({ ...alone, status: 'invoiceOnly' })).toEqual([
      ['total', 'invoiceOnly', undefined, '119', 'unexplained'],
    ]);
    expect(told({ ...alone, status: 'notComparable', reason: 'unknownDocument' })).toEqual([
      ['total', 'notComparable', undefined, '119', ''],
    ]);
    const empty = { lines: '0', header: '119', status: 'mismatched' } as const;
    expect(told({ ...alone, total: empty, status: 'otherOnly', rows: 0 })).toEqual([
      ['total', 'otherOnly', undefined, '-119', 'unexplained'],
    ]);
  });

  it('has its limits from the policy: exact before tax, a cent of tax for each line', () => {
    expect(invoiceTotalLimits(defaultPolicy, 'EUR')).toMatchObject({
      preTax: { name: 'invoicetotal-before-tax' },
      tax: { name: 'invoicetotal-with-tax' },
      total: { name: 'invoicetotal-with-tax' },
    });
  });
});
