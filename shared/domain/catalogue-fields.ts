import {
  buyers,
  type CatalogueKind,
  guards,
  type Margin,
  marginKinds,
  marginLevels,
  origins,
  pricedProductTypes,
} from './catalogue.ts';
import { parseDay } from './day.ts';
import { compareDecimals, decimal, parseDecimal, toText, zero } from './decimal.ts';
import { foldId } from './ids.ts';
import { foldMpnId, lineReseller } from './line-reseller.ts';

/*
 * What a field of the catalogue may hold: one table, by which what comes over HTTP and what comes as CSV are both
 * checked. A rule gives a text in its one spelling, or undefined where it is none.
 */

export type FieldRule = { readonly expected: string; readonly read: (text: string) => string | undefined };

const textLengthMax = 500;
const idLengthMax = 200;

const isControl = /\p{Cc}/u;
/** Table Storage takes none of these in a key. */
const isNoKey = /[/\\#?]/;

const text: FieldRule = {
  expected: `text of at most ${textLengthMax} characters on one line`,
  read: (written) => {
    const value = written.trim();
    return value === '' || value.length > textLengthMax || isControl.test(value) ? undefined : value;
  },
};

const id: FieldRule = {
  expected: `an id of at most ${idLengthMax} characters without / \\ # ?`,
  read: (written) => {
    const value = text.read(written);
    return value === undefined || value.length > idLengthMax || isNoKey.test(value) ? undefined : value;
  },
};

/** An id of Microsoft's, in lower case. */
const microsoftId: FieldRule = {
  expected: id.expected,
  read: (written) => {
    const value = foldId(written);
    return id.read(value) === value ? value : undefined;
  },
};

const mpnId: FieldRule = {
  expected: 'an MPN id: digits, not 0',
  read: (written) => {
    const value = foldMpnId(written);
    return /^\d{1,20}$/.test(value) && lineReseller(value).kind === 'reseller' ? value : undefined;
  },
};

const country: FieldRule = {
  expected: 'a country of two letters (ISO 3166-1)',
  read: (written) => {
    const value = written.trim().toUpperCase();
    return /^[A-Z]{2}$/.test(value) ? value : undefined;
  },
};

const day: FieldRule = { expected: 'a day, YYYY-MM-DD', read: (written) => parseDay(written.trim()) };

const fraction: FieldRule = {
  expected: 'a decimal with a point, a fraction of one: 0.1 is 10 %',
  read: (written) => {
    const value = parseDecimal(written.trim());
    return value === undefined ? undefined : toText(value);
  },
};

const guardList: FieldRule = {
  expected: `${guards.join(' ')}, one of them, or nothing`,
  read: (written) => {
    const words = written.trim().split(/\s+/);
    const chosen = guards.filter((guard) => words.includes(guard));
    return chosen.length === words.length ? chosen.join(' ') : undefined;
  },
};

function oneOf(words: readonly string[]): FieldRule {
  const read = (written: string) => words.find((word) => word === written.trim());
  return { expected: `one of ${words.join(', ')}`, read };
}

export type CatalogueColumn = FieldRule & { readonly isRequired: boolean };
const required = (rule: FieldRule): CatalogueColumn => ({ ...rule, isRequired: true });
const optional = (rule: FieldRule): CatalogueColumn => ({ ...rule, isRequired: false });

/** The columns of each kind of record, flat: as a CSV file has them. Guards are words between spaces. */
export const catalogueColumns = {
  resellers: {
    id: required(id),
    mpnId: required(mpnId),
    name: optional(text),
    internalId: optional(text),
    origin: optional(oneOf(origins)),
  },
  customers: {
    id: required(microsoftId),
    name: optional(text),
    domain: optional(text),
    country: optional(country),
    resellerId: optional(id),
    internalId: optional(text),
    origin: optional(oneOf(origins)),
  },
  subscriptions: {
    id: required(microsoftId),
    customerId: required(microsoftId),
    name: optional(text),
    internalId: optional(text),
    purchaseOrderNumber: optional(text),
    resellerMarginKind: optional(oneOf(marginKinds)),
    resellerMarginValue: optional(fraction),
    resellerMarginGuards: optional(guardList),
    customerMarginKind: optional(oneOf(marginKinds)),
    customerMarginValue: optional(fraction),
    customerMarginGuards: optional(guardList),
    origin: optional(oneOf(origins)),
  },
  margins: {
    id: required(id),
    buyer: required(oneOf(buyers)),
    level: required(oneOf(marginLevels)),
    targetId: optional(id),
    productType: optional(oneOf(pricedProductTypes)),
    kind: required(oneOf(marginKinds)),
    value: required(fraction),
    guards: optional(guardList),
    from: required(day),
    to: optional(day),
  },
} as const satisfies Readonly<Record<CatalogueKind, Readonly<Record<string, CatalogueColumn>>>>;

/** The columns of a kind of record, by name, in the order in which files have them. */
export function columnsOf(kind: CatalogueKind): Readonly<Record<string, CatalogueColumn>> {
  return catalogueColumns[kind];
}

const valueRanges = {
  markup: { from: '-1', to: '10', expected: 'a markup from -1 to 10: 0.15 is 15 %' },
  erpMinusDiscount: { from: '0', to: '1', expected: 'a discount from 0 to 1: 0.15 is 15 %' },
  split: { from: '0', to: '1', expected: 'a share from 0 to 1: 0.4 is 40 %' },
} as const;

/** What a margin should be, and by which of its fields, where it is not so. */
export type MarginFault = { readonly field: 'value' | 'guards'; readonly expected: string };

/**
 * A mark-up of 15 is far more often 15 % than 1,500 %. A mark-up below 0 sells everything below cost, so it must say
 * what is meant; whether another margin does, its lines will tell.
 */
export function marginFaultOf({ kind, value, guards: held }: Margin): MarginFault | undefined {
  const { from, to, expected } = valueRanges[kind];
  const amount = decimal(value);
  const isInside = compareDecimals(amount, decimal(from)) >= 0 && compareDecimals(amount, decimal(to)) <= 0;
  if (!isInside) return { field: 'value', expected };
  const [isLimited, isAllowed] = [held.includes('discountLimit'), held.includes('belowCostAllowed')];
  if (isLimited && isAllowed) {
    return { field: 'guards', expected: 'discountLimit (never below cost) or belowCostAllowed, not both' };
  }
  if (kind === 'markup' && compareDecimals(amount, zero) < 0 && !isLimited && !isAllowed) {
    return {
      field: 'guards',
      expected: 'discountLimit (never below cost) or belowCostAllowed beside a markup below 0, which sells below cost',
    };
  }
  return undefined;
}
