/**
 * One row of a file, as far as it helps to explain a difference between two sides: one resource's use of a meter on a
 * day. Amounts are exact decimal text; `unitPrice` in pricing currency, `cost` in billing currency.
 */
export type DetailRow = {
  /** The file and line that it stands in. */
  readonly source: { readonly file: string; readonly line: number };
  /** `YYYY-MM-DD`. */
  readonly usageDate: string;
  /** The same text for the same resource on both sides. */
  readonly resourceKey: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly exchangeRate?: string;
  readonly cost: string;
  readonly partnerEarnedCredit?: string;
  readonly chargeType?: string;
  /** A credit pays for this row, or the row is itself a credit. */
  readonly isCredit?: boolean;
};
