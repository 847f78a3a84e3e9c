import type { Decimal } from '../domain/decimal.ts';
import { toText } from '../domain/decimal.ts';
import type { DetailRow } from '../domain/detail-row.ts';

/** What a detail row has in common with all rows of the same meter, price and rate. */
export type ChargeDetail = Pick<
  DetailRow,
  'unitPrice' | 'exchangeRate' | 'partnerEarnedCredit' | 'chargeType' | 'isCredit'
>;

type Priced = {
  readonly unitPrice: Decimal;
  readonly exchangeRate?: Decimal | undefined;
  readonly partnerEarnedCredit?: Decimal | undefined;
  readonly chargeType?: string;
  readonly isCredit?: boolean;
};

/** Amounts as exact decimal text; what the charge does not tell is left out. */
export function chargeDetailOf(charge: Priced): ChargeDetail {
  const { unitPrice, exchangeRate, partnerEarnedCredit, chargeType = '', isCredit = false } = charge;
  return {
    unitPrice: toText(unitPrice),
    ...(exchangeRate === undefined ? {} : { exchangeRate: toText(exchangeRate) }),
    ...(partnerEarnedCredit === undefined ? {} : { partnerEarnedCredit: toText(partnerEarnedCredit) }),
    ...(chargeType === '' ? {} : { chargeType }),
    ...(isCredit ? { isCredit } : {}),
  };
}
