import { assertNever } from './assert-never.ts';

/** What is known of one side before it is compared. */
export type GateSide = {
  /** `absent`: nothing has arrived. */
  readonly state: 'absent' | 'waiting' | 'ingesting' | 'sealed' | 'refused';
  /** Why it was refused or what it waits for. */
  readonly problem?: string;
  /** The month that it is of, `YYYY-MM`. */
  readonly billingCycle: string;
  readonly currencies: readonly string[];
  /** Of a cost export: what its prices are. */
  readonly prices?: 'invoiced' | 'retail';
  /** Of usage that is compared with line items: whether any row says what was ordered. */
  readonly namesPlans?: boolean;
};

export type GateSides = { readonly invoice: GateSide; readonly other: GateSide; readonly billingCycle: string };

/** Why two datasets are not compared. */
export const gateReasons = [
  'usageMissing',
  'otherMissing',
  'notSealed',
  'retailScope',
  'otherMonth',
  'otherCurrency',
  'noPlans',
] as const;
export type GateReason = (typeof gateReasons)[number];

/**
 * `open`: compare. `closed`: there is nothing to compare with; where both sides are there, their lines are not
 * comparable. `partly`: lines in these currencies are on one side only because the other side is in another currency.
 */
export type Gate =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'partly';
      readonly reason: 'otherCurrency';
      readonly message: string;
      readonly currencies: readonly string[];
    }
  | { readonly kind: 'closed'; readonly reason: GateReason; readonly message: string };

/** Whether two sides may be compared. The first reason that holds is told: what is missing, then what is of another kind. */
export function gateOf({ invoice, other, billingCycle }: GateSides): Gate {
  const missing =
    gateOfState(invoice, 'usageMissing', 'the usage of the invoice') ??
    gateOfState(other, 'otherMissing', 'the other side');
  if (missing !== undefined) return missing;
  if (invoice.prices === 'retail' || other.prices === 'retail') {
    return closed(
      'retailScope',
      'The cost export is of a subscription or resource group and shows retail prices; export at the scope of the billing account or billing profile',
    );
  }
  const strange = [invoice, other].find((side) => side.billingCycle !== billingCycle);
  if (strange !== undefined)
    return closed('otherMonth', `A side is of ${strange.billingCycle}, not of ${billingCycle}`);
  if (invoice.namesPlans === false)
    return closed(
      'noPlans',
      'No row of the usage says which plan, product and SKU it is of, so no line item can stand against it',
    );
  return gateOfCurrencies(invoice.currencies, other.currencies);
}

function gateOfState(side: GateSide, absent: GateReason, name: string): Gate | undefined {
  const because = side.problem === undefined ? '' : `: ${side.problem}`;
  switch (side.state) {
    case 'sealed':
      return undefined;
    case 'absent':
      return closed(absent, `${capital(name)} has not arrived`);
    case 'waiting':
    case 'ingesting':
      return closed('notSealed', `${capital(name)} is not complete yet${because}`);
    case 'refused':
      return closed('notSealed', `${capital(name)} was refused${because}`);
    default:
      return assertNever(side.state);
  }
}

function gateOfCurrencies(invoice: readonly string[], other: readonly string[]): Gate {
  const alone = [
    ...invoice.filter((currency) => !other.includes(currency)),
    ...other.filter((currency) => !invoice.includes(currency)),
  ].sort();
  if (alone.length === 0 || invoice.length === 0 || other.length === 0) return { kind: 'open' };
  const message = `One side alone has amounts in ${alone.join(', ')}`;
  const isShared = invoice.some((currency) => other.includes(currency));
  return isShared
    ? { kind: 'partly', reason: 'otherCurrency', message, currencies: alone }
    : closed('otherCurrency', message);
}

function closed(reason: GateReason, message: string): Gate {
  return { kind: 'closed', reason, message };
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
