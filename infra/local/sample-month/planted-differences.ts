import type { BillingMonth } from './billing-calendar.ts';
import type { Catalogue } from './catalogue.ts';
import { add, divideUp, type Exact, exact, multiply, negate, subtract, zero } from './exact-decimal.ts';
import { freeMeters, type MeterTemplate, marketplaceMeters, sizeableMeters } from './meter-catalogue.ts';
import { type Emission, emitEqually, type UsageRow } from './usage-row.ts';

/** Where a row stands in its meter: a difference may be planted on some days or on one row only. */
type Place = {
  readonly dayIndex: number;
  readonly dayCount: number;
  readonly resourceIndex: number;
  readonly catalogue: Catalogue;
};

export type MeterStatus = 'matched' | 'withinTolerance' | 'mismatched' | 'invoiceOnly' | 'otherOnly' | 'excluded';

/** The sweep of the matching that brings both sides of a meter line together. */
export type Sweep = 'whole' | 'withoutUnit' | 'withoutUnitAndRegion';

/** A way in which the two sides of a whole meter differ (or pointedly do not), and what a reader must find. */
export type PlantedDifference = {
  readonly name: string;
  /** In how many subscriptions it is planted, each time on a meter of its own. */
  readonly count: number;
  /** Undefined: it depends on the size of the line. */
  readonly status: MeterStatus | undefined;
  readonly sweep: Sweep | undefined;
  readonly templates: readonly MeterTemplate[];
  /** Undefined: as it comes. */
  readonly earnedCreditPercent: 0 | 15 | undefined;
  readonly emit: (row: UsageRow, place: Place) => readonly Emission[];
};

type Emit = PlantedDifference['emit'];
type Details = Partial<Omit<PlantedDifference, 'name' | 'count' | 'emit'>>;

export const noDifference = plant('none', 0, (row) => [emitEqually(row)], { status: 'matched' });

export const retailScope = plant('retailScope', 0, emitRetailScope, { status: undefined });

export const invoiceOnly = plant('invoiceOnly', 3, (row) => [{ ...emitEqually(row), other: undefined }], {
  status: 'invoiceOnly',
  sweep: undefined,
});

export const otherOnly = plant('otherOnly', 3, (row) => [{ ...emitEqually(row), invoice: undefined }], {
  status: 'otherOnly',
  sweep: undefined,
});

const factorDifferences: readonly PlantedDifference[] = [
  plant('partnerEarnedCredit', 4, emitWithoutEarnedCredit, { earnedCreditPercent: 15 }),
  plant(
    'quantityLess',
    2,
    emitOther((row) => ({ quantity: multiply(row.quantity, exact('0.9')) })),
  ),
  plant(
    'quantityMore',
    2,
    emitOther((row, place) => (place.dayIndex === 1 ? { quantity: increased(row) } : {})),
  ),
  plant(
    'unitPriceHigher',
    2,
    emitOther((row) => ({ effectivePrice: multiply(row.effectivePrice, exact('1.04')) })),
  ),
  plant(
    'unitPriceLower',
    2,
    emitOther((row) => ({ effectivePrice: multiply(row.effectivePrice, exact('0.97')) })),
  ),
  plant(
    'exchangeRate',
    3,
    emitOther((_row, place) => ({ rate: place.catalogue.staleExchangeRate })),
  ),
  plant('quantityPriceAndRate', 2, emitOther(threeFactorsChanged)),
  plant('quantityWithinRelativeTolerance', 1, emitLargeQuantity, { status: 'withinTolerance' }),
];

const rowDifferences: readonly PlantedDifference[] = [
  plant('lateUsage', 3, emitLateUsage),
  plant('lateUsageOnly', 1, (row, place) => emitLateUsage(row, place).slice(1), {
    status: 'invoiceOnly',
    sweep: undefined,
  }),
  plant('daysMissingInExport', 2, (row, place) => [
    { ...emitEqually(row), ...(place.dayIndex >= place.dayCount - 2 ? { other: undefined } : {}) },
  ]),
  plant('daysMissingInInvoice', 2, (row, place) => [
    { ...emitEqually(row), ...(place.dayIndex === 1 ? { invoice: undefined } : {}) },
  ]),
  plant('rowsTwiceInInvoice', 2, (row, place) => [{ ...emitEqually(row), invoiceCopies: place.dayIndex < 2 ? 2 : 1 }]),
  plant('rowsTwiceInExport', 2, (row, place) => [{ ...emitEqually(row), otherCopies: place.dayIndex < 3 ? 2 : 1 }]),
  plant('credit', 2, (row) => [creditApplied(row)], { earnedCreditPercent: 0 }),
  plant('creditUntilUsedUp', 1, (row, place) => [place.dayIndex < 2 ? creditApplied(row) : emitEqually(row)], {
    earnedCreditPercent: 0,
  }),
  plant('correctionInInvoiceOnly', 1, (row, place) => [
    emitEqually(row),
    ...(place.dayIndex === 1 ? [{ ...emitEqually(correctionOf(row)), other: undefined, ...correctionCause }] : []),
  ]),
];

const smallDifferences: readonly PlantedDifference[] = [
  ...['0.000000001', '-0.0000004', '0.0003', '0.004', '-0.00214', '0.01'].map((amount) =>
    plant(`rounding ${amount}`, 1, emitRounding(exact(amount)), { status: 'withinTolerance' }),
  ),
  plant('unexplainedJustOutside', 1, emitJustOutside),
  plant('unexplainedMore', 2, emitUnexplained(exact('13.37'))),
  plant('unexplainedLess', 1, emitUnexplained(exact('-4.0612345'))),
];

const apartInKey: readonly PlantedDifference[] = [
  plant('unitWrittenOtherwise', 2, emitOther(otherUnit), { sweep: 'withoutUnit', ...hourly(), status: 'matched' }),
  plant('regionMissing', 1, emitOther(noRegion), { sweep: 'withoutUnitAndRegion', status: 'matched' }),
  plant('regionWrittenOtherwise', 1, emitOther(otherRegion), { sweep: 'withoutUnitAndRegion', status: 'matched' }),
  plant('regionsJoined', 1, emitTwoRegions, { sweep: 'withoutUnitAndRegion', status: 'matched' }),
  plant('unitWrittenOtherwiseAndPrice', 1, emitOther(otherUnitAndPrice), { sweep: 'withoutUnit', ...hourly() }),
  plant(
    'unitAndRegionWrittenOtherwiseAndQuantity',
    1,
    emitOther((row) => ({ ...otherUnit(row), ...noRegion(), quantity: increased(row) })),
    { sweep: 'withoutUnitAndRegion', ...hourly() },
  ),
];

const withoutVariance: readonly PlantedDifference[] = [
  plant('free', 3, (row) => [emitEqually(row)], { templates: freeMeters, status: 'matched' }),
  plant(
    'freeWithOtherQuantity',
    1,
    emitOther((row) => ({ quantity: increased(row) })),
    { templates: freeMeters, status: 'withinTolerance' },
  ),
  plant('reservationBenefit', 3, emitBenefit('Reservation'), { status: 'matched', earnedCreditPercent: 0 }),
  plant('savingsPlanBenefit', 2, emitBenefit('SavingsPlan'), { status: 'matched', earnedCreditPercent: 0 }),
  plant('benefitForSomeDays', 1, emitBenefitForSomeDays, { status: 'matched', earnedCreditPercent: 0 }),
  plant('correctionOnBothSides', 2, emitWithCorrection, { status: 'matched' }),
  plant('marketplaceUsage', 2, (row) => [emitEqually(row)], {
    templates: marketplaceMeters,
    status: 'matched',
    earnedCreditPercent: 0,
  }),
];

/** Everything planted on single meters. Differences of whole subscriptions are planted by their role. */
export const plantedDifferences: readonly PlantedDifference[] = [
  ...factorDifferences,
  ...rowDifferences,
  ...smallDifferences,
  ...apartInKey,
  ...withoutVariance,
  invoiceOnly,
  otherOnly,
];

function plant(name: string, count: number, emit: Emit, details: Details = {}): PlantedDifference {
  return {
    name,
    count,
    emit,
    status: 'mismatched',
    sweep: 'whole',
    templates: sizeableMeters,
    earnedCreditPercent: undefined,
    ...details,
  };
}

/** The export tells the row with some of its values changed. */
function emitOther(change: (row: UsageRow, place: Place) => Partial<UsageRow>): Emit {
  return (row, place) => [{ ...emitEqually(row), other: { ...row, ...change(row, place) } }];
}

/** The export tells what a customer without a partner would pay. */
function emitRetailScope(row: UsageRow): readonly Emission[] {
  const other: UsageRow = { ...row, effectivePrice: row.meter.retailPrice, earnedCreditPercent: 0 };
  return [{ ...emitEqually(row), other, priceCause: 'retailScope' }];
}

/** The invoice has the 15 % partner earned credit, the export not yet. */
function emitWithoutEarnedCredit(row: UsageRow): readonly Emission[] {
  const other: UsageRow = { ...row, effectivePrice: row.meter.listPrice, earnedCreditPercent: 0 };
  return [{ ...emitEqually(row), other, priceCause: 'partnerEarnedCredit' }];
}

function threeFactorsChanged(row: UsageRow, place: Place): Partial<UsageRow> {
  return {
    quantity: increased(row),
    effectivePrice: multiply(row.effectivePrice, exact('1.03')),
    rate: place.catalogue.staleExchangeRate,
  };
}

/** A variance of about 0.03 on a line of at least 5,000: above the absolute tolerance, below the relative one. */
function emitLargeQuantity(row: UsageRow, place: Place): readonly Emission[] {
  if (place.dayIndex > 0 || place.resourceIndex > 0) {
    return [emitEqually(row)];
  }
  const unitCost = multiply(row.effectivePrice, row.rate);
  const invoice = { ...row, quantity: divideUp(exact('5000'), unitCost, 6) };
  const other = { ...row, quantity: subtract(invoice.quantity, divideUp(exact('0.03'), unitCost, 9)) };
  return [{ ...emitEqually(row), invoice, other }];
}

/** On three days the invoice has, beside the day's own row, one of the month before. */
function emitLateUsage(row: UsageRow, place: Place): readonly Emission[] {
  const lateDay = lateDays(place.catalogue.month)[place.dayIndex];
  return lateDay === undefined
    ? [emitEqually(row)]
    : [emitEqually(row), { ...emitEqually({ ...row, day: lateDay }), other: undefined, wholeCause: 'lateUsage' }];
}

function lateDays(month: BillingMonth): readonly string[] {
  return month.previous.days.slice(-3);
}

/** Azure credit pays the row on the invoice; the export does not know of credits. */
function creditApplied(row: UsageRow): Emission {
  return { ...emitEqually(row), invoice: { ...row, effectivePrice: zero, isCredited: true }, priceCause: 'credit' };
}

/** A later row that takes half of the day back. */
function correctionOf(row: UsageRow): UsageRow {
  return { ...row, quantity: multiply(row.quantity, exact('-0.5')) };
}

const correctionCause = { wholeCause: 'quantity' } as const;

function emitWithCorrection(row: UsageRow, place: Place): readonly Emission[] {
  return place.dayIndex === 1 ? [emitEqually(row), emitEqually(correctionOf(row))] : [emitEqually(row)];
}

function emitRounding(variance: Exact): Emit {
  return (row, place) => [
    isFirst(place)
      ? { ...emitEqually(row), other: { ...row, offset: negate(variance) }, offsetCause: 'rounding' }
      : emitEqually(row),
  ];
}

/** On the first day of each resource, so that it stays a visible share of the line at any scale. */
function emitUnexplained(variance: Exact): Emit {
  return (row, place) => [
    place.dayIndex === 0 ? { ...emitEqually(row), invoice: { ...row, offset: variance } } : emitEqually(row),
  ];
}

/** Just above 0.01, on a line so small that the relative tolerance does not forgive it either. */
function emitJustOutside(row: UsageRow, place: Place): readonly Emission[] {
  const small = { ...row, quantity: multiply(row.quantity, exact('0.0001')) };
  const offset = isFirst(place) ? exact('0.0100000001') : zero;
  return [{ ...emitEqually(small), invoice: { ...small, offset } }];
}

function emitBenefit(kind: 'Reservation' | 'SavingsPlan'): Emit {
  return (row) => {
    const { customer } = row.subscription;
    const orderId = kind === 'Reservation' ? customer.reservationOrderId : customer.savingsPlanOrderId;
    const benefit = { kind, orderId, id: `${orderId.slice(0, 24)}${orderId.slice(24).split('').reverse().join('')}` };
    return [emitEqually({ ...row, effectivePrice: zero, benefit })];
  };
}

function emitBenefitForSomeDays(row: UsageRow, place: Place): readonly Emission[] {
  return place.dayIndex % 2 === 0 ? emitBenefit('Reservation')(row, place) : [emitEqually(row)];
}

/** The invoice splits the meter over two regions, the export has none. */
function emitTwoRegions(row: UsageRow, place: Place): readonly Emission[] {
  const secondRegion = row.region === 'EU North' ? 'EU West' : 'EU North';
  const invoice = place.dayIndex % 2 === 0 ? row : { ...row, region: secondRegion };
  return [{ ...emitEqually(row), invoice, other: { ...row, region: '' } }];
}

function hourly(): Pick<PlantedDifference, 'templates'> {
  return { templates: sizeableMeters.filter((template) => /Hours?$/.test(template.unit)) };
}

function otherUnit(row: UsageRow): Partial<UsageRow> {
  return { unit: row.unit.endsWith('s') ? row.unit.slice(0, -1) : `${row.unit}s` };
}

function otherUnitAndPrice(row: UsageRow): Partial<UsageRow> {
  return { ...otherUnit(row), effectivePrice: multiply(row.effectivePrice, exact('1.06')) };
}

function noRegion(): Partial<UsageRow> {
  return { region: '' };
}

function otherRegion(): Partial<UsageRow> {
  return { region: 'Zone 1' };
}

function increased(row: UsageRow): Exact {
  return add(row.quantity, exact('1.75'));
}

function isFirst(place: Place): boolean {
  return place.dayIndex === 0 && place.resourceIndex === 0;
}
