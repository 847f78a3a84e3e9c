import fc from 'fast-check';
import { decimal } from '../../shared/domain/decimal.ts';
import { type MeterTotal, totalOfCharge } from '../../shared/domain/meter-totals.ts';
import type { MeterCharge } from '../../shared/domain/usage.ts';

/* Charges and totals of a world with so few meters, regions, units and currencies that they often meet. */

/** A charge as it is written: amounts as text. */
export type ChargeText = Omit<
  MeterCharge,
  'quantity' | 'unitPrice' | 'cost' | 'listPrice' | 'exchangeRate' | 'partnerEarnedCredit'
> & {
  readonly quantity: string;
  readonly unitPrice: string;
  readonly cost: string;
  readonly listPrice?: string;
  readonly exchangeRate?: string;
  readonly partnerEarnedCredit?: string;
};

const first: ChargeText = {
  subscriptionId: 'subscription-a',
  meterId: 'meter-1',
  region: 'eu west',
  unit: '1 Hour',
  currency: 'EUR',
  meterName: 'D2 v3',
  meterCategory: 'Virtual Machines',
  meterSubCategory: 'Dv3 Series',
  usageDate: '2026-10-01',
  quantity: '24',
  unitPrice: '0.1',
  cost: '2.4',
};

export function chargeOf(change: Partial<ChargeText> = {}): MeterCharge {
  const { listPrice, exchangeRate, partnerEarnedCredit, ...text } = { ...first, ...change };
  return {
    ...text,
    ...(listPrice === undefined ? {} : { listPrice: decimal(listPrice) }),
    ...(exchangeRate === undefined ? {} : { exchangeRate: decimal(exchangeRate) }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit: decimal(partnerEarnedCredit) }),
    quantity: decimal(text.quantity),
    unitPrice: decimal(text.unitPrice),
    cost: decimal(text.cost),
  };
}

export function totalOf(change: Partial<ChargeText> = {}): MeterTotal {
  return totalOfCharge(chargeOf(change));
}

const amount = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: -12, max: 3 }))
  .map(([units, exponent]) => `${units}e${exponent}`);

const key = {
  meterId: fc.constantFrom('meter-1', 'meter-2'),
  region: fc.constantFrom('', 'eu west', 'us east'),
  unit: fc.constantFrom('1 Hour', '1 Hours', '100 Hours'),
  currency: fc.constantFrom('EUR', 'USD'),
};

const amounts = { quantity: amount, unitPrice: fc.constantFrom('0.1', '0.2', '3'), cost: amount };

const names = {
  meterName: fc.constantFrom('', 'a', 'b'),
  meterCategory: fc.constantFrom('', 'c', 'd'),
  meterSubCategory: fc.constantFrom('', 'e', 'f'),
};

const exclusion = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom('license', 'marketplace').map((excludedBy) => ({ excludedBy }) as const) },
);

const days = { usageDate: fc.constantFrom('2026-10-01', '2026-10-01', '2026-10-31', '2026-09-30') };

/** What a row may say of its price, or leave out, and what it may be. */
const facts = fc.record(
  {
    listPrice: fc.constantFrom('0.1', '0.2'),
    exchangeRate: fc.constantFrom('0.9', '0.95'),
    partnerEarnedCredit: fc.constantFrom('0', '0.15'),
    isCredit: fc.boolean(),
    planId: fc.constantFrom('plan-1', 'plan-2', ''),
    productId: fc.constantFrom('product-1', 'product-2'),
    skuId: fc.constantFrom('0001', '0002'),
  },
  { requiredKeys: [] },
);

/** Of any meter line of this world. */
export const charges: fc.Arbitrary<MeterCharge> = fc
  .tuple(
    fc.tuple(fc.record({ ...key, ...amounts, ...names, ...days }), facts).map(([row, fact]) => ({ ...row, ...fact })),
    exclusion,
  )
  .map(([change, excluded]) => ({ ...chargeOf(change), ...excluded }));

/** Totals of one and the same meter line. */
export const totalsOfOneLine: fc.Arbitrary<MeterTotal> = fc
  .array(fc.record({ ...amounts, ...names }), { minLength: 1, maxLength: 3 })
  .map(([change, ...more]) => ({ ...totalOf(change), rows: 1 + more.length }));

/** Totals of any meter line that nothing sets aside. */
export const totals: fc.Arbitrary<MeterTotal> = fc.record({ ...key, ...amounts, ...names }).map(totalOf);

/** The same, and some that a rule sets aside: what the other side of a comparison is made of. */
export const totalsOfExport: fc.Arbitrary<MeterTotal> = charges.map(totalOfCharge);
