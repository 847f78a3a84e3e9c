import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MatchedSide, matchMeters as matchSides, type Sweep } from '../../shared/domain/matching.ts';
import { type MeterTotal, meterLineKey, sumTexts } from '../../shared/domain/meter-totals.ts';
import { totalOf, totals, totalsOfExport } from './meters.ts';

const invoiceSide = fc.array(totals, { maxLength: 12 });
const exportSide = fc.array(totalsOfExport, { maxLength: 12 });

/** A pair with the total of each side alone. */
type Pair = {
  readonly kind: 'both' | 'invoiceOnly' | 'otherOnly' | 'excluded';
  readonly sweep?: Sweep;
  readonly invoice?: MeterTotal;
  readonly other?: MeterTotal;
};

function matchMeters(invoice: readonly MeterTotal[], other: readonly MeterTotal[]): readonly Pair[] {
  return matchSides(invoice, other).map((pair) => ({
    kind: pair.kind,
    ...('sweep' in pair ? { sweep: pair.sweep } : {}),
    ...('invoice' in pair ? { invoice: pair.invoice.total } : {}),
    ...('other' in pair ? { other: pair.other.total } : {}),
  }));
}

function sidesOf(pair: Pair) {
  return {
    kind: pair.kind,
    sweep: pair.kind === 'both' ? pair.sweep : undefined,
    invoice: 'invoice' in pair ? pair.invoice : undefined,
    other: 'other' in pair ? pair.other : undefined,
  };
}

describe('sweeps', () => {
  it.each([
    ['the whole key', {}, 'whole'],
    ['all but the unit', { unit: '1 Hours' }, 'withoutUnit'],
    ['all but unit and region', { unit: '1 Hours', region: '' }, 'withoutUnitAndRegion'],
    ['all but the region', { region: '' }, 'withoutUnitAndRegion'],
  ])('lines that share %s meet', (_, change, sweep) => {
    const [invoice, other] = [totalOf(), totalOf(change)];
    expect(matchMeters([invoice], [other])).toEqual([{ kind: 'both', sweep, invoice, other }]);
  });

  it.each([[{ currency: 'USD' }], [{ meterId: 'meter-2' }], [{ subscriptionId: 'subscription-b' }]])(
    'lines that differ in %j never meet',
    (change) => {
      const [invoice, other] = [totalOf(), totalOf(change)];
      expect(matchMeters([invoice], [other])).toEqual([
        { kind: 'invoiceOnly', invoice },
        { kind: 'otherOnly', other },
      ]);
    },
  );

  it('takes the stronger key first: a line that has its own counterpart is not added to a weaker match', () => {
    const invoice = [totalOf({ unit: '1 Hours' }), totalOf()];
    const other = [totalOf({ unit: '100 Hours' }), totalOf()];
    expect(matchMeters(invoice, other).map((pair) => ({ ...sidesOf(pair), rows: sidesOf(pair).other?.rows }))).toEqual([
      { kind: 'both', sweep: 'whole', invoice: invoice[1], other: other[1], rows: 1 },
      { kind: 'both', sweep: 'withoutUnit', invoice: invoice[0], other: other[0], rows: 1 },
    ]);
  });

  it('adds up the lines that one key stands for and does not pair them by order', () => {
    const invoice = [totalOf({ unit: '1 Hours', cost: '1' }), totalOf({ unit: '10 Hours', cost: '2' })];
    const other = [totalOf({ unit: '1 Hour', cost: '2' }), totalOf({ unit: '100 Hours', cost: '1.5' })];
    for (const side of [other, other.toReversed()]) {
      const [pair, ...rest] = matchMeters(invoice, side).map(sidesOf);
      expect(rest).toEqual([]);
      expect(pair).toMatchObject({
        kind: 'both',
        sweep: 'withoutUnit',
        invoice: { cost: '3', rows: 2 },
        other: { cost: '3.5', rows: 2 },
      });
    }
  });

  it('names an added-up line by the key that comes first in the alphabet', () => {
    const invoice = [totalOf({ unit: 'b' }), totalOf({ unit: 'a' })];
    expect(matchMeters(invoice, [totalOf({ unit: 'c' })]).map(sidesOf)).toMatchObject([
      { invoice: { unit: 'a' }, other: { unit: 'c' } },
    ]);
  });
});

describe('lines that a rule sets aside', () => {
  it('are not paired, even where the invoice has the same meter', () => {
    const [invoice, other] = [totalOf(), totalOf({ excludedBy: 'license' })];
    expect(matchMeters([invoice], [other])).toEqual([
      { kind: 'excluded', other },
      { kind: 'invoiceOnly', invoice },
    ]);
  });
});

describe('matchMeters', () => {
  const columns = (sides: readonly (MeterTotal | undefined)[], field: 'cost' | 'quantity' | 'pricedQuantity') =>
    sumTexts(sides.map((side) => side?.[field] ?? '0'));
  const rows = (sides: readonly (MeterTotal | undefined)[]) => sides.reduce((sum, side) => sum + (side?.rows ?? 0), 0);

  it('lands every total exactly once: rows and amounts of each side are those of its pairs', () => {
    fc.assert(
      fc.property(invoiceSide, exportSide, (invoice, other) => {
        const pairs = matchMeters(invoice, other).map(sidesOf);
        for (const [total, side] of [
          [invoice, pairs.map((pair) => pair.invoice)],
          [other, pairs.map((pair) => pair.other)],
        ] as const) {
          expect(rows(side)).toBe(rows(total));
          for (const field of ['cost', 'quantity', 'pricedQuantity'] as const)
            expect(columns(side, field)).toBe(columns(total, field));
        }
      }),
    );
  });

  it('sets aside exactly the totals that a rule names', () => {
    fc.assert(
      fc.property(invoiceSide, exportSide, (invoice, other) => {
        const aside = matchMeters(invoice, other).flatMap(({ kind, other: total }) =>
          kind === 'excluded' && total !== undefined ? [total] : [],
        );
        const named = other.filter((total) => total.excludedBy !== undefined);
        expect(aside.every((total) => total.excludedBy !== undefined)).toBe(true);
        expect(rows(aside)).toBe(rows(named));
        expect(columns(aside, 'cost')).toBe(columns(named, 'cost'));
      }),
    );
  });

  it('never lets currencies, meters or subscriptions meet', () => {
    fc.assert(
      fc.property(invoiceSide, exportSide, (invoice, other) => {
        for (const { invoice: left, other: right } of matchMeters(invoice, other).map(sidesOf)) {
          if (left === undefined || right === undefined) continue;
          expect([right.currency, right.meterId, right.subscriptionId]).toEqual([
            left.currency,
            left.meterId,
            left.subscriptionId,
          ]);
        }
      }),
    );
  });

  it('leaves no two lines alone that could have met', () => {
    const weakest = (total: MeterTotal | undefined) => JSON.stringify([total?.meterId, total?.currency]);
    fc.assert(
      fc.property(invoiceSide, exportSide, (invoice, other) => {
        const pairs = matchMeters(invoice, other);
        const alone = new Set(pairs.flatMap((pair) => (pair.kind === 'invoiceOnly' ? [weakest(pair.invoice)] : [])));
        const lonely = pairs.flatMap((pair) => (pair.kind === 'otherOnly' ? [weakest(pair.other)] : []));
        expect(lonely.filter((key) => alone.has(key))).toEqual([]);
      }),
    );
  });

  it('comes to the same pairs in any order of the totals', () => {
    const told = (pairs: readonly Pair[]) =>
      pairs
        .map(sidesOf)
        .map((pair) => JSON.stringify([pair.kind, pair.sweep, bytesOf(pair.invoice), bytesOf(pair.other)]))
        .sort();
    const bytesOf = (total: MeterTotal | undefined) => (total === undefined ? [] : Object.entries(total).sort());
    fc.assert(
      fc.property(invoiceSide, exportSide, (invoice, other) => {
        expect(told(matchMeters(invoice.toReversed(), other.toReversed()))).toEqual(told(matchMeters(invoice, other)));
      }),
    );
  });

  it('gives one pair to each meter line, even where its totals come in several pieces', () => {
    const pieces = [totalOf({ cost: '1' }), totalOf({ cost: '2' })];
    const aside = pieces.map((piece) => ({ ...piece, excludedBy: 'license' as const }));
    expect(matchMeters(pieces, []).map(sidesOf)).toMatchObject([{ invoice: { cost: '3', rows: 2 } }]);
    expect(matchMeters([], pieces).map(sidesOf)).toMatchObject([{ other: { cost: '3', rows: 2 } }]);
    expect(matchMeters([], aside).map(sidesOf)).toMatchObject([{ kind: 'excluded', other: { cost: '3', rows: 2 } }]);
  });

  it('swaps with its sides', () => {
    const swapped = { both: 'both', invoiceOnly: 'otherOnly', otherOnly: 'invoiceOnly', excluded: 'excluded' } as const;
    const keyOf = (total: MeterTotal | undefined) => (total === undefined ? '' : meterLineKey(total));
    fc.assert(
      fc.property(invoiceSide, invoiceSide, (left, right) => {
        const there = matchMeters(left, right).map(sidesOf);
        const back = matchMeters(right, left).map(sidesOf);
        expect(back.map((pair) => [pair.kind, pair.sweep, keyOf(pair.other), keyOf(pair.invoice)]).sort()).toEqual(
          there.map((pair) => [swapped[pair.kind], pair.sweep, keyOf(pair.invoice), keyOf(pair.other)]).sort(),
        );
      }),
    );
  });

  it('has nothing to say of nothing', () => {
    expect(matchMeters([], [])).toEqual([]);
  });
});

describe('the parts of a side', () => {
  it('are the totals that it was added up from, months of use and credits apart', () => {
    const late = totalOf({ usageDate: '2026-09-30' });
    const credit = totalOf({ isCredit: true, cost: '0' });
    const [pair, ...rest] = matchSides([totalOf(), late, credit], [totalOf()]);
    expect(rest).toEqual([]);
    if (pair?.kind !== 'both') throw new Error('Expected a pair');
    const parts = (side: MatchedSide) => side.parts.map((part) => [part.usageMonth, part.isCredit ?? false]);
    expect(parts(pair.invoice)).toEqual([
      ['2026-09', false],
      ['2026-10', false],
      ['2026-10', true],
    ]);
    expect(pair.invoice.total).toMatchObject({ rows: 3, cost: '4.8', usageMonth: '2026-09' });
    expect(parts(pair.other)).toEqual([['2026-10', false]]);
  });
});
