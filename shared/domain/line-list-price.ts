import { Temporal } from 'temporal-polyfill';
import type { InvoiceLine } from './invoice-line.ts';
import { productTypeOf } from './product-type.ts';
import { compareScaled, roundQuotient, type Scaled, scaled, scaledText, size, times } from './scaled.ts';

/** Places to which a prorated list price is rounded; Microsoft's unit prices have fewer. */
const proratedPlaces = 10;

const monthsOf: Readonly<Record<string, number>> = { monthly: 1, annual: 12, triennial: 36 };

type ListedLine = Pick<
  InvoiceLine,
  | 'unitPrice'
  | 'effectiveUnitPrice'
  | 'chargeStartDate'
  | 'chargeEndDate'
  | 'billingFrequency'
  | 'termAndBillingCycle'
  | 'skuName'
  | 'productName'
  | 'reservationOrderId'
>;

/**
 * The list price that stands against the unit price of a line: Microsoft's `UnitPrice`, for the days that the line is
 * billed for. Microsoft prorates the effective unit price alone; a discount from the whole list price would charge a
 * customer a month for a day, and pay a month back. Seats and software are prorated by days of their charge cycle, as
 * Microsoft does; usage is not. The sign is left off.
 * @returns undefined where it cannot be told what part of the list price the line is for
 */
export function listUnitPriceOf(line: ListedLine): string | undefined {
  const list = listScaled(line);
  return list === undefined ? undefined : scaledText(list);
}

function listScaled(line: ListedLine): Scaled | undefined {
  const list = size(scaled(line.unitPrice));
  switch (productTypeOf(line)) {
    case 'azureplan':
      return list;
    case 'license':
    case 'softwaresubscription':
      return prorated(list, line);
    case 'azurereservation':
    case 'azuresavingsplan':
    case 'perpetualsoftware':
      return isWhole(list, line) ? list : undefined;
  }
}

/** A purchase is for the whole; a refund only where it gives back all of the price. */
function isWhole(list: Scaled, line: ListedLine): boolean {
  const cost = scaled(line.effectiveUnitPrice);
  return cost.units >= 0n || compareScaled(size(cost), list) === 0;
}

function prorated(list: Scaled, line: ListedLine): Scaled | undefined {
  const { chargeStartDate, chargeEndDate, billingFrequency } = line;
  if (chargeStartDate === '' || chargeEndDate === '') return undefined;
  const start = Temporal.PlainDate.from(chargeStartDate);
  const end = Temporal.PlainDate.from(chargeEndDate).add({ days: 1 });
  const months = monthsOf[billingFrequency.trim().toLowerCase()];
  const spans = months === undefined ? Object.values(monthsOf) : [months];
  if (spans.some((span) => isCycle(start, end, span))) return list;
  if (months === undefined) return undefined;
  const cycleStart = end.subtract({ months });
  const cycleDays = months === 1 ? cycleStart.daysInMonth : cycleStart.until(end, { largestUnit: 'day' }).days;
  const billedDays = start.until(end, { largestUnit: 'day' }).days;
  if (billedDays <= 0 || billedDays > cycleDays) return undefined;
  const days = (count: number): Scaled => ({ units: BigInt(count), places: 0 });
  return roundQuotient(times(list, days(billedDays)), days(cycleDays), proratedPlaces);
}

/** Whether [start, end) is a whole cycle. Month ends are shortened from either side: January 31 to February 27. */
function isCycle(start: Temporal.PlainDate, end: Temporal.PlainDate, months: number): boolean {
  return start.add({ months }).equals(end) || end.subtract({ months }).equals(start);
}
