import { describe, expect, it } from 'vitest';
import { type CostRowNature, exclusionOf } from '../../shared/domain/charges.ts';

const usage: CostRowNature = {
  chargeType: 'Usage',
  provider: 'Microsoft.Azure',
  publisherType: 'Microsoft',
  pricingModel: 'OnDemand',
  reservationId: '',
};

const reservation = '5a5a5a5a-0000-4000-8000-000000000001';

describe('exclusionOf', () => {
  it.each<readonly [string, Partial<CostRowNature>]>([
    ['usage', {}],
    ['usage under a reservation', { pricingModel: 'Reservation', reservationId: reservation }],
    ['usage under a savings plan', { pricingModel: 'SavingsPlan' }],
    ['spot usage', { pricingModel: 'Spot' }],
    ['usage-based marketplace meters', { publisherType: 'Marketplace' }],
    ['a purchase of Azure’s own that is neither', { chargeType: 'Purchase' }],
    ['a row whose provider is written in old files as Azure', { provider: 'Azure' }],
    ['a row of a file without a provider', { provider: '' }],
    ['a charge type nobody knows yet', { chargeType: 'SomethingNew' }],
  ])('keeps %s', (_, change) => {
    expect(exclusionOf({ ...usage, ...change })).toBeUndefined();
  });

  it.each<readonly [string, Partial<CostRowNature>, string]>([
    ['rounding rows', { chargeType: 'RoundingAdjustment' }, 'roundingAdjustment'],
    ['licences', { provider: 'Microsoft 365', chargeType: 'Purchase' }, 'license'],
    ['usage of another provider', { provider: 'Dynamics 365' }, 'license'],
    ['reservations bought', { chargeType: 'Purchase', pricingModel: 'Reservation' }, 'reservationPurchase'],
    ['reservations bought, by their id', { chargeType: 'Purchase', reservationId: reservation }, 'reservationPurchase'],
    ['reservations given back', { chargeType: 'Refund', pricingModel: 'Reservation' }, 'reservationPurchase'],
    ['savings plans bought', { chargeType: 'Purchase', pricingModel: 'SavingsPlan' }, 'savingsPlanPurchase'],
    ['flat-fee marketplace offers', { chargeType: 'Purchase', publisherType: 'Marketplace' }, 'marketplace'],
    ['unused reservations', { chargeType: 'UnusedReservation' }, 'unusedBenefit'],
    ['unused savings plans', { chargeType: 'UnusedSavingsPlan' }, 'unusedBenefit'],
  ])('sets %s aside', (_, change, reason) => {
    expect(exclusionOf({ ...usage, ...change })).toBe(reason);
  });

  it.each<readonly [string, Partial<CostRowNature>, string]>([
    [
      'a rounding row of a licence is a rounding row',
      { chargeType: 'RoundingAdjustment', provider: 'Microsoft 365' },
      'roundingAdjustment',
    ],
    [
      'a licence bought on a marketplace is a licence',
      { chargeType: 'Purchase', provider: 'Microsoft 365', publisherType: 'Marketplace' },
      'license',
    ],
    [
      'a reservation of a marketplace offer is a reservation',
      { chargeType: 'Purchase', pricingModel: 'Reservation', publisherType: 'Marketplace' },
      'reservationPurchase',
    ],
    [
      'a savings plan with a reservation id is a reservation',
      { chargeType: 'Purchase', pricingModel: 'SavingsPlan', reservationId: reservation },
      'reservationPurchase',
    ],
    [
      'a savings plan of a marketplace offer is a savings plan',
      { chargeType: 'Purchase', pricingModel: 'SavingsPlan', publisherType: 'Marketplace' },
      'savingsPlanPurchase',
    ],
    ['an unused licence is a licence', { chargeType: 'UnusedReservation', provider: 'Microsoft 365' }, 'license'],
  ])('takes the first rule that fits: %s', (_, change, reason) => {
    expect(exclusionOf({ ...usage, ...change })).toBe(reason);
  });

  it('reads its words without regard to letter case and blanks around them', () => {
    const row = { chargeType: ' PURCHASE ', provider: 'MICROSOFT.AZURE ', pricingModel: ' savingsplan' };
    expect(exclusionOf({ ...usage, ...row })).toBe('savingsPlanPurchase');
    expect(exclusionOf({ ...usage, chargeType: 'roundingADJUSTMENT' })).toBe('roundingAdjustment');
  });
});
