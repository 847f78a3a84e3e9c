import {
  absolute,
  compareDecimals,
  type Decimal,
  decimal,
  isZero,
  multiply,
  subtract,
  toText,
  zero,
} from './decimal.ts';
import {
  followCreditNotes,
  type HeaderAmounts,
  type InvoiceHeader,
  isVoided,
  replacementsOf,
} from './invoice-documents.ts';
import type { LineSums } from './line-sums.ts';
import { type InvoiceAmount, limitOf, type ToleranceRule } from './tolerance.ts';

/** How far apart the two sides may be. A policy gives the rules. */
export type InvoiceTotalLimits = { readonly [amount in InvoiceAmount]: ToleranceRule };

export type InvoiceTotalStatus =
  | 'matched'
  | 'withinTolerance'
  | 'mismatched'
  | 'invoiceOnly'
  | 'otherOnly'
  | 'excluded'
  | 'notComparable';

/** One amount of both sides. `variance` is lines minus header; `header` and what follows are absent where it is not told. */
export type ComparedAmount = {
  readonly lines: string;
  readonly header?: string;
  readonly variance?: string;
  readonly limit?: string;
  readonly status: 'matched' | 'withinTolerance' | 'mismatched' | 'notTold';
};

/** The lines of one invoice in one currency against the header. */
export type InvoiceTotalComparison = {
  readonly invoiceId: string;
  readonly currency: string;
  readonly status: InvoiceTotalStatus;
  /** Why nothing was compared, or what set the invoice aside. */
  readonly reason?: 'voided' | 'unknownDocument';
  readonly rows: number;
  readonly preTax: ComparedAmount;
  readonly tax: ComparedAmount;
  readonly total: ComparedAmount;
  /** Tax that stands on the invoice and on no line: it explains the variance of `tax` and `total`. */
  readonly taxOnInvoiceOnly?: string;
  /** Whether that is told by the header, or follows from a total that is higher than all lines without any tax. */
  readonly taxOnInvoiceOnlyIs?: 'told' | 'assumed';
  /** Credit notes whose amounts were taken off the header: their lines stand among those of the invoice. */
  readonly creditNotes: readonly string[];
  /** The documents that stand in place of a voided one. */
  readonly replacedBy: readonly string[];
};

export type InvoiceSumsInput = {
  readonly invoiceId: string;
  /** Every document that Partner Center lists for the tenant, or at least the invoice's own and those that amend it. */
  readonly documents: readonly InvoiceHeader[];
  /** What the lines of the invoice come to, one for each currency. */
  readonly sums: readonly LineSums[];
  readonly limitsOf: (currency: string) => InvoiceTotalLimits;
};

/**
 * Compares the lines of an invoice with its header, currency by currency: the amount before tax first, then tax, then
 * the total. Currencies never meet: lines in one that the header does not have stand alone.
 * @throws Error when the documents lack the invoice: whoever asks must know its header
 */
export function compareInvoiceSums(input: InvoiceSumsInput): readonly InvoiceTotalComparison[] {
  const { invoiceId, documents } = input;
  const header = documents.find((document) => document.invoiceId === invoiceId);
  if (header === undefined) throw new Error(`Invoice ${invoiceId} has no header`);
  const currencies = [...new Set([header.currency, ...input.sums.map(({ currency }) => currency)])].sort();
  return currencies.map((currency) => {
    const sums = toSums(input.sums.find((each) => each.currency === currency));
    const own = currency === header.currency ? header : undefined;
    return compareCurrency({ invoiceId, documents, limits: input.limitsOf(currency), currency, sums, header: own });
  });
}

type Sums = {
  readonly rows: number;
  readonly preTax: Decimal;
  readonly tax: Decimal;
  readonly total: Decimal;
  readonly isUntaxed: boolean;
};

function toSums(sums: LineSums | undefined): Sums {
  if (sums === undefined) return { rows: 0, preTax: zero, tax: zero, total: zero, isUntaxed: true };
  const { rows, preTax, tax, total, isUntaxed } = sums;
  return { rows, preTax: decimal(preTax), tax: decimal(tax), total: decimal(total), isUntaxed };
}

type CurrencyInput = Pick<InvoiceSumsInput, 'invoiceId' | 'documents'> & {
  readonly limits: InvoiceTotalLimits;
  readonly currency: string;
  readonly sums: Sums;
  readonly header: InvoiceHeader | undefined;
};

function compareCurrency({
  invoiceId,
  documents,
  limits,
  currency,
  sums,
  header,
}: CurrencyInput): InvoiceTotalComparison {
  const place = { invoiceId, currency, rows: sums.rows };
  const alone = { preTax: untold(sums.preTax), tax: untold(sums.tax), total: untold(sums.total) };
  const plain = { ...place, ...alone, creditNotes: [], replacedBy: [] };
  if (header === undefined) return { ...plain, status: 'invoiceOnly' };
  if (isVoided(header, documents)) {
    return { ...plain, status: 'excluded', reason: 'voided', replacedBy: replacementsOf(invoiceId, documents) };
  }
  if (header.documentType === 'other') return { ...plain, status: 'notComparable', reason: 'unknownDocument' };
  const { amounts, creditNotes } = followCreditNotes(header, documents, sums.total);
  const compared = compareAmounts(sums, amounts, limits);
  const noLines = sums.rows === 0 && !isZero(amounts.total);
  return { ...place, ...compared, ...(noLines ? { status: 'otherOnly' as const } : {}), creditNotes, replacedBy: [] };
}

function compareAmounts(
  sums: Sums,
  header: HeaderAmounts,
  limits: InvoiceTotalLimits,
): Pick<InvoiceTotalComparison, 'status' | 'preTax' | 'tax' | 'total' | 'taxOnInvoiceOnly' | 'taxOnInvoiceOnlyIs'> {
  const limit = (amount: InvoiceAmount) =>
    limitOf(limits[amount], { invoiceCost: sums[amount], invoiceLines: sums.rows });
  const preTax = compare(sums.preTax, header.preTax, limit('preTax'));
  const tax = compare(sums.tax, header.tax, limit('tax'));
  const total = compare(sums.total, header.total, limit('total'));
  const compared = { preTax, tax, total };
  const onInvoice = taxOnInvoiceOnly(sums, header);
  if (onInvoice === undefined) return { ...compared, status: worstOf([preTax, tax, total]) };
  // Only what tax does not explain is left to judge: the amount before tax, or the total without that tax.
  const rest =
    header.preTax === undefined
      ? compare(sums.total, subtract(header.total, onInvoice.amount), limit('preTax'))
      : preTax;
  return {
    ...compared,
    status: worstOf([rest]),
    taxOnInvoiceOnly: toText(onInvoice.amount),
    taxOnInvoiceOnlyIs: onInvoice.is,
  };
}

/** The highest rate of tax, with room above it, that a total without any tax on its lines is taken to hold. */
const assumedTaxRateMax = decimal('0.3');

/**
 * In some countries tax is reckoned on the whole invoice and stands on no line: no break. Source: "Why does my invoice
 * reconciliation data show a zero-tax amount when the invoice has taxes?", Microsoft Partner Center.
 */
function taxOnInvoiceOnly(
  sums: Sums,
  header: HeaderAmounts,
): { readonly amount: Decimal; readonly is: 'told' | 'assumed' } | undefined {
  if (!sums.isUntaxed || sums.rows === 0) return undefined;
  if (header.tax !== undefined) return isZero(header.tax) ? undefined : { amount: header.tax, is: 'told' };
  if (header.preTax !== undefined) return undefined;
  const amount = subtract(header.total, sums.preTax);
  const isSameWay = compareDecimals(multiply(amount, sums.preTax), zero) > 0;
  const most = multiply(absolute(sums.preTax), assumedTaxRateMax);
  return isSameWay && compareDecimals(absolute(amount), most) <= 0 ? { amount, is: 'assumed' } : undefined;
}

function compare(lines: Decimal, header: Decimal | undefined, limit: Decimal): ComparedAmount {
  if (header === undefined) return untold(lines);
  const variance = subtract(lines, header);
  const isWithin = compareDecimals(absolute(variance), limit) <= 0;
  return {
    lines: toText(lines),
    header: toText(header),
    variance: toText(variance),
    limit: toText(limit),
    status: isZero(variance) ? 'matched' : isWithin ? 'withinTolerance' : 'mismatched',
  };
}

function untold(lines: Decimal): ComparedAmount {
  return { lines: toText(lines), status: 'notTold' };
}

function worstOf(amounts: readonly ComparedAmount[]): 'matched' | 'withinTolerance' | 'mismatched' {
  const statuses = amounts.map(({ status }) => status);
  if (statuses.includes('mismatched')) return 'mismatched';
  return statuses.includes('withinTolerance') ? 'withinTolerance' : 'matched';
}
