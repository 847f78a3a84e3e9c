import { assertNever } from './assert-never.ts';
import { add, type Decimal, decimal, isZero, subtract, toText, zero } from './decimal.ts';
import type { LegacyUsageItem, LineItem } from './line-item.ts';

/** What line items come to in one currency: what is held against the header of their invoice. Exact decimal text. */
export type LineSums = {
  readonly currency: string;
  readonly rows: number;
  readonly preTax: string;
  readonly tax: string;
  readonly total: string;
  /** Whether no line has any tax, not even tax that another line takes back. */
  readonly isUntaxed: boolean;
};

/** The amounts of one line item. */
export type LineAmounts = {
  readonly currency: string;
  readonly subtotal: string;
  readonly taxTotal: string;
  readonly total: string;
};

/** The amounts of a line item of any invoice; undefined of legacy daily usage, whose rows tell no money. */
export function amountsOfItem(item: LineItem): LineAmounts | undefined {
  if ('taxTotal' in item) return item;
  if ('kind' in item) return legacyAmounts(item);
  return { currency: item.currency, subtotal: item.subtotal, taxTotal: item.tax, total: item.totalForCustomer };
}

function legacyAmounts(item: Extract<LineItem, { kind: string }>): LineAmounts | undefined {
  switch (item.kind) {
    case 'billed':
      return { currency: item.currency, subtotal: item.pretaxCharges, ...taxAndTotal(item) };
    case 'daily':
      return undefined;
    default:
      return assertNever(item.kind);
  }
}

/** Of tax and total the one tells the other; a row that tells neither has no tax. */
function taxAndTotal(item: Pick<LegacyUsageItem, 'pretaxCharges' | 'taxAmount' | 'postTaxTotal'>) {
  const preTax = decimal(item.pretaxCharges);
  const told = item.postTaxTotal === '' ? undefined : decimal(item.postTaxTotal);
  const tax = item.taxAmount === '' ? subtract(told ?? preTax, preTax) : decimal(item.taxAmount);
  return { taxTotal: toText(tax), total: toText(told ?? add(preTax, tax)) };
}

type Tally = { rows: number; preTax: Decimal; tax: Decimal; total: Decimal; isUntaxed: boolean };

/** Adds line items up, currency by currency. */
export class LineTally {
  readonly #sums = new Map<string, Tally>();

  add({ currency, subtotal, taxTotal, total }: LineAmounts): void {
    const tax = decimal(taxTotal);
    this.#addMore(currency, {
      rows: 1,
      preTax: decimal(subtotal),
      tax,
      total: decimal(total),
      isUntaxed: isZero(tax),
    });
  }

  /** Adds what other lines have come to. */
  addSums({ currency, rows, preTax, tax, total, isUntaxed }: LineSums): void {
    this.#addMore(currency, { rows, preTax: decimal(preTax), tax: decimal(tax), total: decimal(total), isUntaxed });
  }

  /** Ordered by currency. */
  sorted(): readonly LineSums[] {
    return [...this.#sums]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([currency, { rows, preTax, tax, total, isUntaxed }]) => ({
        currency,
        rows,
        preTax: toText(preTax),
        tax: toText(tax),
        total: toText(total),
        isUntaxed,
      }));
  }

  #addMore(currency: string, more: Tally): void {
    const known = this.#sums.get(currency) ?? { rows: 0, preTax: zero, tax: zero, total: zero, isUntaxed: true };
    this.#sums.set(currency, {
      rows: known.rows + more.rows,
      preTax: add(known.preTax, more.preTax),
      tax: add(known.tax, more.tax),
      total: add(known.total, more.total),
      isUntaxed: known.isUntaxed && more.isUntaxed,
    });
  }
}
