import { describe, expect, it } from 'vitest';
import { productTypeOf } from '../../shared/domain/product-type.ts';

const meter = {
  productName: 'Azure plan',
  skuName: 'Standard Page Blob - LRS',
  termAndBillingCycle: '10K Read Operations',
  reservationOrderId: '',
  chargeEndDate: '2026-10-31',
};

describe('productTypeOf', () => {
  it.each([
    'One-Month commitment for monthly billing',
    'One-Month commitment for trial',
    'One-Year commitment for monthly/yearly billing',
    'One-Year commitment for yearly billing',
    'Three-3 Years commitment for monthly/3 Years/yearly billing',
    'Three-year commitment for monthly/yearly billing',
    'One-year term duration',
    '1-year term duration',
    '12-month commitment',
    'ONE-YEAR COMMITMENT FOR YEARLY BILLING',
  ])('a term of %s is a licence', (termAndBillingCycle) => {
    expect(productTypeOf({ ...meter, productName: 'Microsoft 365 E3', termAndBillingCycle })).toBe('license');
  });

  it.each(['1 Year Subscription', '1 Month Subscription'])('a term of %s is software', (termAndBillingCycle) => {
    expect(productTypeOf({ ...meter, productName: 'SQL Server', termAndBillingCycle })).toBe('softwaresubscription');
  });

  it('software without term and end was sold for good', () => {
    const line = { ...meter, termAndBillingCycle: '', chargeEndDate: '' };
    expect(productTypeOf(line)).toBe('perpetualsoftware');
    expect(productTypeOf({ ...line, chargeEndDate: '2026-10-31' })).toBe('azureplan');
  });

  it.each([
    [{ productName: 'Reserved VM Instance Reservation' }, 'azurereservation'],
    [{ termAndBillingCycle: 'Azure Reservation, 1 Year' }, 'azurereservation'],
    [{ reservationOrderId: '8a05bc26-0542-4b6f-b97f-eca5bac54e9e' }, 'azurereservation'],
    [{ productName: 'Compute Savings Plan' }, 'azuresavingsplan'],
    // A savings plan's order id stands in the column of reservations.
    [
      { skuName: 'Savings plan 1 Year', reservationOrderId: '8a05bc26-0542-4b6f-b97f-eca5bac54e9e' },
      'azuresavingsplan',
    ],
  ])('the words and ids of %j make it an %s', (change, expected) => {
    expect(productTypeOf({ ...meter, ...change })).toBe(expected);
  });

  it.each(['10K Read Operations', '1 Cache Instance Hour', '100 Hours'])(
    'a meter of %s is of an Azure plan, whatever partners call it',
    (termAndBillingCycle) => {
      expect(productTypeOf({ ...meter, productName: 'Our cloud', termAndBillingCycle })).toBe('azureplan');
    },
  );
});
