import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMeters } from '../../shared/domain/comparison.ts';
import { type MeterTotal, meterLineKey } from '../../shared/domain/meter-totals.ts';
import { changeReasons, changesOf, reasonsOf } from '../../shared/domain/run-changes.ts';
import { defaultPolicy, type TolerancePolicy } from '../../shared/domain/tolerance.ts';
import { totalOf, totals, totalsOfExport } from './meters.ts';

const madeOf = {
  comparedWith: 'costexport',
  invoiceId: 'G1',
  invoiceHash: 'a',
  otherHashes: ['b', 'c'],
  policyVersion: 'p',
  engineVersion: '1',
} as const;

const compare = (
  invoice: readonly MeterTotal[],
  other: readonly MeterTotal[],
  policy: TolerancePolicy = defaultPolicy,
) => compareMeters(invoice, other, { comparedWith: 'costexport', policy, cycle: '2026-10' });

const meter = (meterId: string, cost: string) => totalOf({ meterId, cost });

describe('why two runs differ', () => {
  it.each([
    [{}, []],
    [{ otherHashes: ['c', 'b'] }, []],
    [{ invoiceHash: 'x' }, ['newInvoiceFile']],
    [{ otherHashes: ['b'] }, ['newOtherFile']],
    [{ policyVersion: 'q', engineVersion: '2' }, ['newPolicy', 'newEngine']],
  ])('%j', (change, why) => {
    expect(reasonsOf(madeOf, { ...madeOf, ...change })).toEqual(why);
  });
});

describe('what changed between two runs', () => {
  it('is new, gone, changed or the same, line by line, with the inputs that can have done it', () => {
    const before = compare([meter('1', '10'), meter('2', '20'), meter('3', '30')], [meter('2', '20')]);
    const after = compare([meter('1', '10'), meter('2', '20')], [meter('2', '21'), meter('4', '1')]);
    const changes = changesOf(before, after, ['newInvoiceFile', 'newOtherFile']);
    expect(changes).toMatchObject({ new: 1, gone: 1, changed: 1, same: 1 });
    const told = changes.lines.map(({ kind, before: old, after: now, why }) => [kind, (now ?? old)?.meterId, why]);
    expect(told.sort()).toEqual([
      ['changed', '2', ['newOtherFile']],
      ['gone', '3', ['newInvoiceFile']],
      ['new', '4', ['newOtherFile']],
    ]);
  });

  it('by a new policy is a status, where no amount changed', () => {
    const sides = [[meter('1', '10')], [meter('1', '10.02')]] as const;
    const [first] = defaultPolicy.rules;
    if (first === undefined) throw new Error('The policy has rules');
    const loose = { ...defaultPolicy, rules: [{ ...first, absolute: '1' }] };
    const { lines } = changesOf(compare(...sides), compare(...sides, loose), ['newOtherFile', 'newPolicy']);
    expect(lines).toMatchObject([
      { kind: 'changed', before: { status: 'mismatched' }, after: { status: 'withinTolerance' }, why: ['newPolicy'] },
    ]);
  });

  it('is nothing between a run and itself, and the opposite the other way round', () => {
    const side = fc.uniqueArray(totals, { maxLength: 8, selector: meterLineKey });
    const exportSide = fc.uniqueArray(totalsOfExport, { maxLength: 8, selector: meterLineKey });
    fc.assert(
      fc.property(side, exportSide, side, exportSide, (a, b, c, d) => {
        const [left, right] = [compare(a, b), compare(c, d)];
        expect(changesOf(left, left, [])).toMatchObject({ new: 0, gone: 0, changed: 0, same: left.length, lines: [] });
        const there = changesOf(left, right, changeReasons);
        const back = changesOf(right, left, changeReasons);
        expect([back.new, back.gone, back.changed, back.same]).toEqual([
          there.gone,
          there.new,
          there.changed,
          there.same,
        ]);
        expect(there.same + there.changed + there.new).toBe(right.length);
        expect(there.same + there.changed + there.gone).toBe(left.length);
      }),
    );
  });
});
