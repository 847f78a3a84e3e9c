import type { Cause } from './cause.ts';

/** A cause in words for people, and where Microsoft explains it. */
export type CauseText = { readonly sentence: string; readonly link?: string };

export const causeTexts = {
  retailScope: {
    sentence:
      'The cost export shows list prices, as an export of a subscription does; export at the scope of the billing account or profile instead.',
    link: 'https://learn.microsoft.com/en-us/azure/cost-management-billing/costs/get-started-partners',
  },
  partnerEarnedCredit: {
    sentence: 'One side has the partner earned credit for services managed, the other has not (yet).',
    link: 'https://learn.microsoft.com/en-us/partner-center/partner-earned-credit-explanation',
  },
  quantity: { sentence: 'The two sides measured different quantities.' },
  unitPrice: { sentence: 'The two sides charged different prices per unit.' },
  exchangeRate: {
    sentence: 'The two sides turned the pricing currency into the billing currency at different rates.',
    link: 'https://learn.microsoft.com/en-us/partner-center/developer/get-foreign-exchange-rates',
  },
  lateUsage: {
    sentence: 'Usage of another month than the one that is billed: it was reported late and stands on one side only.',
    link: 'https://learn.microsoft.com/en-us/azure/cost-management-billing/costs/understand-cost-mgt-data',
  },
  missingDays: {
    sentence: 'One side has no rows at all for some days on which the other has.',
    link: 'https://learn.microsoft.com/en-us/azure/cost-management-billing/costs/understand-cost-mgt-data',
  },
  duplicateRows: { sentence: 'One side has the same rows more often than the other.' },
  credit: {
    sentence: 'A credit reduced the cost on one side; credits are not in Cost Management.',
    link: 'https://learn.microsoft.com/en-us/azure/cost-management-billing/costs/get-started-partners',
  },
  rounding: { sentence: 'What is left is no more than rounding the rows can come to.' },
  unexplained: { sentence: 'No rule explains this part.' },
} as const satisfies Record<Cause, CauseText>;
