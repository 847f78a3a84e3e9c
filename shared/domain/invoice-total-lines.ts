import { type MeterLine, type MeterStatus, percentOf } from './comparison.ts';
import { type Decimal, decimal, isZero, subtract, toText } from './decimal.ts';
import type { InvoiceTotalLimits } from './invoice-total.ts';
import { severityOf } from './severity.ts';
import { absoluteLimit, type InvoiceAmount, ruleFor, type TolerancePolicy } from './tolerance.ts';

/** What the policy allows for the total of an invoice: before tax in all, and for tax for each of its lines. */
export function invoiceTotalLimits(policy: TolerancePolicy, currency: string): InvoiceTotalLimits {
  const limit = (amount: InvoiceAmount, lines: number) =>
    toText(absoluteLimit(ruleFor(policy, { comparedWith: 'invoicetotal', currency, amount }), lines));
  return { preTax: limit('preTax', 1), taxPerLine: limit('tax', 1) };
}

/** The total of an invoice in one currency, compared with the header. */
export type ComparedInvoiceTotal = {
  readonly invoiceId: string;
  readonly currency: string;
  readonly status: MeterStatus;
  readonly reason?: 'voided' | 'unknownDocument';
  /** Lines of the invoice. */
  readonly rows: number;
  readonly preTax: AmountOfBoth;
  readonly tax: AmountOfBoth;
  readonly total: AmountOfBoth;
  /** Tax that stands on the invoice and on no line. */
  readonly taxOnInvoiceOnly?: string;
};

/** `header` is absent where the header does not tell the amount. */
export type AmountOfBoth = {
  readonly lines: string;
  readonly header?: string;
  readonly status: 'matched' | 'withinTolerance' | 'mismatched' | 'notTold';
};

/** One amount of an invoice, as the grid shows it. */
type Row = {
  readonly amount: InvoiceAmount;
  readonly lines: string;
  readonly header: string | undefined;
  readonly status: MeterStatus;
};

/**
 * The total of an invoice as lines of the common grid: before tax and tax, which add up to the total, or the total alone
 * where the header has no more. The first of them carries the rows, so that none counts twice. Tax that stands on the
 * invoice only is set aside. What lies outside tolerance is unexplained: a header says nothing of its parts.
 */
export function invoiceTotalLines(compared: ComparedInvoiceTotal, policy: TolerancePolicy): readonly MeterLine[] {
  return rowsOf(compared).map((row, at) => lineOf(compared, row, { isFirst: at === 0, policy }));
}

function rowsOf(compared: ComparedInvoiceTotal): readonly Row[] {
  const { preTax, tax, total, taxOnInvoiceOnly } = compared;
  if (taxOnInvoiceOnly !== undefined) {
    const header = preTax.header ?? toText(subtract(decimal(total.header ?? '0'), decimal(taxOnInvoiceOnly)));
    return [
      { amount: 'preTax', lines: preTax.lines, header, status: compared.status },
      { amount: 'tax', lines: tax.lines, header: taxOnInvoiceOnly, status: 'excluded' },
    ];
  }
  const isSplit = preTax.header !== undefined && tax.header !== undefined;
  const amounts = isSplit ? (['preTax', 'tax'] as const) : (['total'] as const);
  return amounts.map((amount) => {
    const { lines, header, status } = compared[amount];
    const isOfBoth = compared.status !== 'excluded' && compared.status !== 'notComparable' && status !== 'notTold';
    return { amount, lines, header, status: isOfBoth && compared.status !== 'otherOnly' ? status : compared.status };
  });
}

function lineOf(
  { invoiceId, currency, reason, rows }: ComparedInvoiceTotal,
  { amount, lines, header, status }: Row,
  { isFirst, policy }: { readonly isFirst: boolean; readonly policy: TolerancePolicy },
): MeterLine {
  const variance = subtract(decimal(lines), decimal(header ?? '0'));
  const cost = toText(variance);
  const invoiceCost = decimal(lines);
  const isDecided = status === 'mismatched' || status === 'withinTolerance';
  const isOneSided = status === 'invoiceOnly' || status === 'otherOnly';
  const isSetAside = status === 'excluded' || status === 'notComparable';
  const cause = status === 'withinTolerance' ? 'rounding' : 'unexplained';
  return {
    subscriptionId: '',
    meterId: amount,
    region: '',
    unit: '',
    currency,
    meterName: invoiceId,
    meterCategory: '',
    meterSubCategory: '',
    status,
    ...(status === 'excluded' ? { excludedBy: reason === 'voided' ? 'voided' : 'taxOnInvoiceOnly' } : {}),
    ...(isDecided ? { decidedBy: ruleFor(policy, { comparedWith: 'invoicetotal', currency, amount }).name } : {}),
    ...(status === 'otherOnly' ? {} : { invoice: { quantity: '0', cost: lines, rows: isFirst ? rows : 0 } }),
    ...(header === undefined ? {} : { other: { quantity: '0', cost: header, rows: isFirst ? 1 : 0 } }),
    variance: { quantity: '0', cost, ...percentFields(variance, invoiceCost) },
    causes: isSetAside || isZero(variance) ? [] : [{ cause, amount: cost }],
    ...(status === 'mismatched' || isOneSided
      ? { severity: severityOf(policy, { variance, invoiceCost, isOneSided }) }
      : {}),
  };
}

function percentFields(variance: Decimal, invoiceCost: Decimal): { readonly percent?: string } {
  const percent = percentOf(variance, invoiceCost);
  return percent === undefined ? {} : { percent };
}
