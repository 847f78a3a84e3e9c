/** The names of what a variance can be made of, in the order in which they are told. */
export const causeNames = [
  'retailScope',
  'partnerEarnedCredit',
  'quantity',
  'unitPrice',
  'exchangeRate',
  'lateUsage',
  'missingDays',
  'duplicateRows',
  'credit',
  'rounding',
  'unexplained',
] as const;

export type Cause = (typeof causeNames)[number];

/** A part of a variance, in billing currency, exact decimal text. Like the variance: invoice side minus other side. */
export type CauseAmount = { readonly cause: Cause; readonly amount: string };
