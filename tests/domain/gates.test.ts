import { describe, expect, it } from 'vitest';
import { type GateSide, gateOf } from '../../shared/domain/gates.ts';

const sealed: GateSide = { state: 'sealed', billingCycle: '2026-10', currencies: ['EUR'] };
const gate = (invoice: Partial<GateSide>, other: Partial<GateSide>) =>
  gateOf({ invoice: { ...sealed, ...invoice }, other: { ...sealed, ...other }, billingCycle: '2026-10' });

describe('the gate before a comparison', () => {
  it('is open for two sealed sides of one month and one currency', () => {
    expect(gate({}, { prices: 'invoiced' })).toEqual({ kind: 'open' });
    expect(gate({ currencies: [] }, {})).toEqual({ kind: 'open' });
  });

  it.each([
    [{ state: 'absent' }, {}, 'usageMissing', 'The usage of the invoice has not arrived'],
    [{}, { state: 'absent' }, 'otherMissing', 'The other side has not arrived'],
    [
      {},
      { state: 'waiting', problem: 'part 3 is not there' },
      'notSealed',
      'The other side is not complete yet: part 3 is not there',
    ],
    [{ state: 'ingesting' }, {}, 'notSealed', 'The usage of the invoice is not complete yet'],
    [{ state: 'refused', problem: 'line 8' }, {}, 'notSealed', 'The usage of the invoice was refused: line 8'],
    [{}, { billingCycle: '2026-09' }, 'otherMonth', 'A side is of 2026-09, not of 2026-10'],
    [{}, { currencies: ['USD'] }, 'otherCurrency', 'One side alone has amounts in EUR, USD'],
  ] as const)('is closed for %j and %j: %s', (invoice, other, reason, message) => {
    expect(gate(invoice, other)).toEqual({ kind: 'closed', reason, message });
  });

  it('is closed for retail prices, and says what to export instead', () => {
    expect(gate({}, { prices: 'retail', billingCycle: '2026-09' })).toMatchObject({
      kind: 'closed',
      reason: 'retailScope',
      message: expect.stringContaining('scope of the billing account'),
    });
  });

  it('is closed in part for a currency that one side alone has', () => {
    expect(gate({ currencies: ['EUR', 'GBP'] }, { currencies: ['USD', 'EUR'] })).toEqual({
      kind: 'partly',
      reason: 'otherCurrency',
      message: 'One side alone has amounts in GBP, USD',
      currencies: ['GBP', 'USD'],
    });
  });
});
