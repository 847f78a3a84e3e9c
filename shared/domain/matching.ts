import { addTotals, type MeterTotal, meterLineKey, meterTotalKey } from './meter-totals.ts';

/** How much of the key two lines had to share to meet. */
export type Sweep = 'whole' | 'withoutUnit' | 'withoutUnitAndRegion';

/** One side of a meter line: its total, and the totals that it was added up from. */
export type MatchedSide = { readonly total: MeterTotal; readonly parts: readonly MeterTotal[] };

/** Two sides of one meter line, or one side alone. */
export type MeterPair =
  | { readonly kind: 'both'; readonly sweep: Sweep; readonly invoice: MatchedSide; readonly other: MatchedSide }
  | { readonly kind: 'invoiceOnly'; readonly invoice: MatchedSide }
  | { readonly kind: 'otherOnly'; readonly other: MatchedSide }
  | { readonly kind: 'excluded'; readonly other: MatchedSide };

const sweeps: readonly { readonly sweep: Sweep; readonly keyOf: (total: MeterTotal) => string }[] = [
  { sweep: 'whole', keyOf: meterLineKey },
  { sweep: 'withoutUnit', keyOf: (total) => meterLineKey({ ...total, unit: '' }) },
  { sweep: 'withoutUnitAndRegion', keyOf: (total) => meterLineKey({ ...total, unit: '', region: '' }) },
];

/**
 * Pairs the meter totals of two datasets in sweeps, strongest key first: the whole key; what is left over without the
 * unit; what is then left over without unit and region. Within a sweep a key that stands for several lines is added
 * up, never paired by order; months of use and credits of one line are added up too. Totals that a rule sets aside are
 * not paired. Currencies are part of every key.
 */
export function matchMeters(invoice: readonly MeterTotal[], other: readonly MeterTotal[]): readonly MeterPair[] {
  const excluded = other.filter((total) => total.excludedBy !== undefined);
  const pairs: MeterPair[] = addUpSameLines(excluded).map((other) => ({ kind: 'excluded', other }));
  let leftInvoice = invoice;
  let leftOther = other.filter((total) => total.excludedBy === undefined);
  for (const { sweep, keyOf } of sweeps) {
    const invoiceByKey = Map.groupBy(leftInvoice, keyOf);
    const otherByKey = Map.groupBy(leftOther, keyOf);
    for (const [key, group] of invoiceByKey) {
      const counterpart = otherByKey.get(key);
      if (counterpart !== undefined)
        pairs.push({ kind: 'both', sweep, invoice: addUp(group), other: addUp(counterpart) });
    }
    leftInvoice = leftInvoice.filter((total) => !otherByKey.has(keyOf(total)));
    leftOther = leftOther.filter((total) => !invoiceByKey.has(keyOf(total)));
  }
  for (const side of addUpSameLines(leftInvoice)) pairs.push({ kind: 'invoiceOnly', invoice: side });
  for (const side of addUpSameLines(leftOther)) pairs.push({ kind: 'otherOnly', other: side });
  return pairs;
}

/** One total for each meter line. */
function addUpSameLines(totals: readonly MeterTotal[]): readonly MatchedSide[] {
  return [...Map.groupBy(totals, meterLineKey).values()].map(addUp);
}

/** The sum of totals that share a sweep's key; it carries the key that comes first in the alphabet. */
function addUp(totals: readonly MeterTotal[]): MatchedSide {
  const parts = totals.toSorted((left, right) => (meterTotalKey(left) < meterTotalKey(right) ? -1 : 1));
  return { total: parts.reduce(addTotals), parts };
}
