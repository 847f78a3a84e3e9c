import { absolute, compareDecimals, type Decimal, decimal, subtract, toText } from './decimal.ts';

/**
 * What the header of an invoice says, and the documents about it. Amounts are exact decimal text in `currency`. Partner
 * Center's list has the total only; amounts before tax and of tax are known where someone read them from the document.
 */
export type InvoiceHeader = {
  readonly invoiceId: string;
  /** `creditNote`: takes back a part of `amendsInvoiceId`; `voidNote`: the document is void; `other`: not known to us. */
  readonly documentType: 'invoice' | 'creditNote' | 'voidNote' | 'other';
  readonly billingCycle: string;
  readonly currency: string;
  readonly total: string;
  readonly preTax?: string;
  readonly tax?: string;
  /** The invoice that this document corrects or replaces. */
  readonly amendsInvoiceId?: string;
};

/** What a header says, without currency and names; the amount before tax and the tax where both are known. */
export type HeaderAmounts = { readonly preTax?: Decimal; readonly tax?: Decimal; readonly total: Decimal };

/**
 * "If there is a credit note, deduct it": credit notes about the invoice, and those of the same month about earlier
 * ones, may have their lines among those of the invoice. They are taken off the header when the lines say so, all of
 * them or none; when neither fits, those about the invoice itself are.
 */
export function followCreditNotes(
  header: InvoiceHeader,
  documents: readonly InvoiceHeader[],
  linesTotal: Decimal,
): { readonly amounts: HeaderAmounts; readonly creditNotes: readonly string[] } {
  const amounts = amountsOf(header);
  const notes = documents.filter((document) => isNoteOf(header, document));
  if (notes.length === 0 || compareDecimals(linesTotal, amounts.total) === 0) return { amounts, creditNotes: [] };
  const own = notes.filter((note) => note.amendsInvoiceId === header.invoiceId);
  const choices = [notes, own].filter((choice) => choice.length > 0);
  const fits = choices.find((choice) => compareDecimals(linesTotal, deducted(amounts, choice).total) === 0);
  const chosen = fits ?? own;
  return { amounts: deducted(amounts, chosen), creditNotes: chosen.map((note) => note.invoiceId).sort() };
}

function isNoteOf(header: InvoiceHeader, document: InvoiceHeader): boolean {
  if (document.documentType !== 'creditNote' || document.currency !== header.currency) return false;
  if (document.invoiceId === header.invoiceId || header.documentType !== 'invoice') return false;
  return document.amendsInvoiceId === header.invoiceId || document.billingCycle === header.billingCycle;
}

/** Credit notes are written with either sign; what they take off is their size. */
function deducted(amounts: HeaderAmounts, notes: readonly InvoiceHeader[]): HeaderAmounts {
  return notes.map(amountsOf).reduce<HeaderAmounts>((left, note) => {
    const less = (before: Decimal | undefined, off: Decimal | undefined) =>
      before === undefined || off === undefined ? undefined : subtract(before, absolute(off));
    const preTax = less(left.preTax, note.preTax);
    const tax = less(left.tax, note.tax);
    return {
      ...(preTax === undefined ? {} : { preTax }),
      ...(tax === undefined ? {} : { tax }),
      total: subtract(left.total, absolute(note.total)),
    };
  }, amounts);
}

/** Of the three amounts a header that tells two tells the third. */
function amountsOf({ preTax, tax, total }: InvoiceHeader): HeaderAmounts {
  const all = decimal(total);
  const before = preTax ?? (tax === undefined ? undefined : toText(subtract(all, decimal(tax))));
  const on = tax ?? (preTax === undefined ? undefined : toText(subtract(all, decimal(preTax))));
  return before === undefined || on === undefined
    ? { total: all }
    : { preTax: decimal(before), tax: decimal(on), total: all };
}

/** The document itself is turned into a void note, or another document voids it. */
export function isVoided(header: InvoiceHeader, documents: readonly InvoiceHeader[]): boolean {
  const voids = (document: InvoiceHeader) =>
    document.documentType === 'voidNote' && document.amendsInvoiceId === header.invoiceId;
  return header.documentType === 'voidNote' || documents.some(voids);
}

/** Replacements that were voided and replaced in turn are followed, each document once. */
export function replacementsOf(invoiceId: string, documents: readonly InvoiceHeader[]): readonly string[] {
  const seen = new Set([invoiceId]);
  const standing: string[] = [];
  for (const id of seen) {
    for (const document of documents) {
      if (document.amendsInvoiceId !== id || seen.has(document.invoiceId)) continue;
      seen.add(document.invoiceId);
      if (document.documentType === 'invoice' && !isVoided(document, documents)) standing.push(document.invoiceId);
    }
  }
  return standing.sort();
}
