import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMeters, type MeterLine, meterKeyOf, meterStatuses } from '../../shared/domain/comparison.ts';
import { add, decimal, toText } from '../../shared/domain/decimal.ts';
import { addTotals, type MeterTotal, meterLineKey } from '../../shared/domain/meter-totals.ts';
import { defaultPolicy } from '../../shared/domain/tolerance.ts';
import { type ChargeText, totalOf, totals, totalsOfExport } from './meters.ts';

const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle: '2026-10' } as const;
const side = fc.uniqueArray(totals, { maxLength: 12, selector: meterLineKey });
const exportSide = fc.uniqueArray(totalsOfExport, { maxLength: 12, selector: meterLineKey });

function compareOne(invoice: Partial<ChargeText>, other: Partial<ChargeText>): MeterLine {
  const [line, ...rest] = compareMeters([totalOf(invoice)], [totalOf(other)], how);
  if (line === undefined || rest.length > 0) throw new Error('Expected one line');
  return line;
}

describe('the status of a line that both sides have', () => {
  const tiny = '0.0000000000000000000000000001';

  it.each<readonly [string, string, MeterLine['status']]>([
    ['500', '500', 'matched'],
    ['500', '500.00', 'matched'],
    ['0', '0', 'matched'],
    ['500', `500.${tiny.slice(2)}`, 'withinTolerance'],
    ['500', '500.01', 'withinTolerance'],
    ['500', '499.99', 'withinTolerance'],
    ['500', '500.0100000000000000000000000001', 'mismatched'],
    ['500', '499.9899999999999999999999999999', 'mismatched'],
    ['5000', '5000.05', 'withinTolerance'],
    ['5000', '4999.95', 'withinTolerance'],
    ['5000', '5000.0500000000000000000000000001', 'mismatched'],
    ['-5000', '-5000.05', 'withinTolerance'],
    ['0', '0.01', 'withinTolerance'],
    ['0', '-0.01', 'withinTolerance'],
    ['0', '0.0100000000000000000000000001', 'mismatched'],
    ['2.4', '-2.4', 'mismatched'],
  ])('invoice %s, export %s: %s', (invoice, other, status) => {
    expect(compareOne({ cost: invoice }, { cost: other }).status).toBe(status);
  });

  it('is not matched when only the costs agree', () => {
    expect(compareOne({ quantity: '24' }, { quantity: '25' }).status).toBe('withinTolerance');
  });

  it('names the rule that decided, and none where none was asked for', () => {
    expect(compareOne({}, {})).not.toHaveProperty('decidedBy');
    expect(compareOne({}, { cost: '2.405' }).decidedBy).toBe('costexport-default');
    expect(compareOne({}, { cost: '9' }).decidedBy).toBe('costexport-default');
  });
});

describe('a line out of tolerance', () => {
  it('has a severity; others have none', () => {
    const severityOf = (invoice: string, other: string) => compareOne({ cost: invoice }, { cost: other }).severity;
    expect(severityOf('100', '100.5')).toBe('minor');
    expect(severityOf('100', '96')).toBe('watch');
    expect(severityOf('100', '106')).toBe('contactSupport');
    expect(severityOf('100', '100.01')).toBeUndefined();
    const [alone] = compareMeters([totalOf({ cost: '1.01' })], [], how);
    expect(alone?.severity).toBe('contactSupport');
    expect(compareMeters([], [totalOf({ cost: '1' })], how)[0]?.severity).toBe('minor');
  });

  it('is decided by the first rule of the policy that fits it', () => {
    const [last] = defaultPolicy.rules;
    if (last === undefined) throw new Error('The policy has rules');
    const loose = { ...last, name: 'loose', absolute: '10', filter: { ...last.filter, meterCategory: 'storage' } };
    const policy = { ...defaultPolicy, rules: [loose, last] };
    const decided = (meterCategory: string) => {
      const total = (cost: string) => totalOf({ meterCategory, cost });
      const [line] = compareMeters([total('100')], [total('109')], { ...how, policy });
      return [line?.status, line?.decidedBy];
    };
    expect(decided('Storage')).toEqual(['withinTolerance', 'loose']);
    expect(decided('Virtual Machines')).toEqual(['mismatched', 'costexport-default']);
  });
});

describe('a gate that is closed', () => {
  const sides = [
    [totalOf(), totalOf({ currency: 'USD' })],
    [totalOf({ cost: '9' }), totalOf({ excludedBy: 'license' })],
  ] as const;

  it('makes every line not comparable, but those that a rule sets aside', () => {
    const lines = compareMeters(...sides, { ...how, notComparable: 'all' });
    expect(lines.map((line) => [line.status, line.causes, line.severity])).toEqual([
      ['notComparable', [], undefined],
      ['excluded', [], undefined],
      ['notComparable', [], undefined],
    ]);
  });

  it('may be closed for a currency alone', () => {
    const lines = compareMeters(...sides, { ...how, notComparable: new Set(['USD']) });
    expect(lines.map((line) => line.status)).toEqual(['mismatched', 'excluded', 'notComparable']);
  });
});

describe('the causes of a line', () => {
  it('add up to its variance, and are told more exactly with the rows', () => {
    const second = totalOf({ usageDate: '2026-10-02' });
    const [line] = compareMeters([addTotals(totalOf(), second)], [totalOf()], how);
    expect(line).toMatchObject({ causes: [{ cause: 'quantity', amount: '2.4' }], needsRows: true });
    const row = (usageDate: string) => ({
      source: { file: 'a', line: 1 },
      usageDate,
      resourceKey: 'vm',
      quantity: '24',
      unitPrice: '0.1',
      cost: '2.4',
    });
    const rows = { invoice: [row('2026-10-01'), row('2026-10-02')], other: [row('2026-10-01')] };
    const [told] = compareMeters([addTotals(totalOf(), second)], [totalOf()], { ...how, rowsOf: () => rows });
    expect(told).toMatchObject({ causes: [{ cause: 'missingDays', amount: '2.4' }] });
    expect(told).not.toHaveProperty('needsRows');
  });

  it('are none where the costs agree', () => {
    expect(compareOne({}, {}).causes).toEqual([]);
    expect(compareOne({ quantity: '24' }, { quantity: '25' }).causes).toEqual([]);
  });
});

describe('a line', () => {
  it('tells both sides and their variance, invoice minus other', () => {
    const line = compareOne(
      { quantity: '10', unitPrice: '2', cost: '20' },
      { quantity: '9', unitPrice: '2.5', cost: '22.5' },
    );
    expect(line).toMatchObject({
      sweep: 'whole',
      invoice: { quantity: '10', unitPrice: '2', cost: '20', rows: 1 },
      other: { quantity: '9', unitPrice: '2.5', cost: '22.5', rows: 1 },
      variance: { quantity: '1', unitPrice: '-0.5', cost: '-2.5', percent: '-12.5' },
    });
  });

  it.each([
    ['3', '2', '33.3333'],
    ['3', '1', '66.6667'],
    ['-3', '-1', '-66.6667'],
    ['1000000', '999999.5', '0.0001'],
    ['1000000', '1000000.5', '-0.0001'],
    ['1000000', '999999.51', '0'],
  ])('of %s against %s has a variance of %s percent', (invoice, other, percent) => {
    expect(compareOne({ cost: invoice }, { cost: other }).variance.percent).toBe(percent);
  });

  it('has no percentage of an invoice cost of zero', () => {
    expect(compareOne({ cost: '0' }, { cost: '5' }).variance).not.toHaveProperty('percent');
  });

  it('met in a later sweep says what the other side calls unit and region', () => {
    expect(compareOne({}, {})).not.toHaveProperty('otherUnit');
    expect(compareOne({}, {})).not.toHaveProperty('otherRegion');
    expect(compareOne({}, { unit: '1 Hours' })).toMatchObject({
      sweep: 'withoutUnit',
      unit: '1 Hour',
      otherUnit: '1 Hours',
    });
    expect(compareOne({}, { region: '' })).toMatchObject({
      sweep: 'withoutUnitAndRegion',
      region: 'eu west',
      otherRegion: '',
    });
  });

  it('that only the invoice has is at variance with nothing', () => {
    expect(compareMeters([totalOf()], [], how)).toMatchObject([
      { status: 'invoiceOnly', invoice: { cost: '2.4' }, variance: { quantity: '24', cost: '2.4', percent: '100' } },
    ]);
    expect(compareMeters([totalOf()], [], how)[0]).not.toHaveProperty('other');
  });

  it('that only the export has counts against the invoice', () => {
    expect(compareMeters([], [totalOf()], how)).toMatchObject([
      { status: 'otherOnly', other: { cost: '2.4' }, variance: { quantity: '-24', cost: '-2.4' } },
    ]);
    expect(compareMeters([], [totalOf()], how)[0]).not.toHaveProperty('invoice');
  });

  it('that is set aside says by which rule, and leaves the invoice’s own line alone', () => {
    expect(compareMeters([totalOf()], [totalOf({ excludedBy: 'license' })], how)).toMatchObject([
      { status: 'invoiceOnly' },
      { status: 'excluded', excludedBy: 'license', other: { cost: '2.4' } },
    ]);
  });

  it('without a price of its own on one side has no variance of price', () => {
    const blended = { ...totalOf({ quantity: '0' }), unitPrice: undefined };
    const { unitPrice: _, ...unpriced } = blended;
    const [line] = compareMeters([unpriced], [totalOf()], how);
    expect(line?.invoice).not.toHaveProperty('unitPrice');
    expect(line?.variance).not.toHaveProperty('unitPrice');
  });
});

describe('compareMeters', () => {
  const sumOf = (texts: readonly string[]) => toText(texts.map(decimal).reduce(add, decimal('0')));
  const negated = (text: string) => (text === '0' ? '0' : text.startsWith('-') ? text.slice(1) : `-${text}`);

  it('gives the same bytes in any order of the totals', () => {
    const bytesOf = (lines: readonly MeterLine[]) => JSON.stringify(lines);
    fc.assert(
      fc.property(side, exportSide, (invoice, other) => {
        expect(bytesOf(compareMeters(invoice.toReversed(), other.toReversed(), how))).toBe(
          bytesOf(compareMeters(invoice, other, how)),
        );
      }),
    );
  });

  it('gives no two lines the same key, in the order of their keys', () => {
    fc.assert(
      fc.property(side, exportSide, (invoice, other) => {
        const lines = compareMeters(invoice, other, how);
        const keys = lines.map(meterLineKey);
        expect(keys).toEqual([...new Set(keys)].sort());
        expect(new Set(lines.map(meterKeyOf)).size).toBe(lines.length);
      }),
    );
  });

  it('has variances that add up to the difference of the sides', () => {
    fc.assert(
      fc.property(side, exportSide, (invoice, other) => {
        const lines = compareMeters(invoice, other, how);
        const difference = [...invoice.map((total) => total.cost), ...other.map((total) => negated(total.cost))];
        expect(sumOf(lines.map((line) => line.variance.cost))).toBe(sumOf(difference));
      }),
    );
  });

  it('negates every variance, and nothing else, when its sides are swapped', () => {
    const told = (line: MeterLine, sign: (text: string) => string) => ({
      met: line.sweep ?? 'alone',
      meter: [line.meterId, line.currency].join(),
      cost: sign(line.variance.cost),
      quantity: sign(line.variance.quantity),
      unitPrice: line.variance.unitPrice === undefined ? undefined : sign(line.variance.unitPrice),
    });
    const ordered = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).sort();
    fc.assert(
      fc.property(side, side, (left, right) => {
        const there = compareMeters(left, right, how);
        const back = compareMeters(right, left, how);
        expect(ordered(back.map((line) => told(line, (text) => text)))).toEqual(
          ordered(there.map((line) => told(line, negated))),
        );
      }),
    );
  });

  it('does not change when a charge and its reversal are added to either side', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 10 ** 9 }), (invoice, other, cents) => {
        const [total] = invoice;
        fc.pre(total !== undefined);
        const reversal = (sign: '' | '-'): MeterTotal => ({
          ...total,
          quantity: `${sign}${cents}`,
          cost: `${sign}${cents}`,
          pricedQuantity: `${sign}${cents}`,
          rows: 1,
        });
        const told = (lines: readonly MeterLine[]) =>
          lines.map((line) => [meterLineKey(line), line.status, line.variance.cost, line.variance.quantity]);
        expect(told(compareMeters([...invoice, reversal(''), reversal('-')], other, how))).toEqual(
          told(compareMeters(invoice, other, how)),
        );
      }),
    );
  });

  it('matches every line of a side with itself', () => {
    fc.assert(
      fc.property(side, (totalsOfSide) => {
        const lines = compareMeters(totalsOfSide, totalsOfSide, how);
        expect(lines.map((line) => [line.status, line.sweep, line.variance.cost])).toEqual(
          totalsOfSide.map(() => ['matched', 'whole', '0']),
        );
      }),
    );
  });

  it('gives every line a status that is known', () => {
    fc.assert(
      fc.property(side, exportSide, (invoice, other) => {
        for (const line of compareMeters(invoice, other, how)) expect(meterStatuses).toContain(line.status);
      }),
    );
  });
});

describe('meterKeyOf', () => {
  it.each([{ meterId: 'x' }, { region: 'x' }, { unit: 'x' }, { currency: 'x' }, { excludedBy: 'license' as const }])(
    'tells lines apart that differ in %j',
    (change) => {
      expect(meterKeyOf(totalOf(change))).not.toBe(meterKeyOf(totalOf()));
      expect(meterKeyOf(totalOf(change))).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it('does not depend on names and amounts', () => {
    expect(meterKeyOf(totalOf({ meterName: 'x', cost: '1', quantity: '1' }))).toBe(meterKeyOf(totalOf()));
  });
});
