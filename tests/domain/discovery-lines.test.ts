import { describe, expect, it } from 'vitest';
import { emptyCatalogue } from '../../shared/domain/catalogue.ts';
import { withDiscovered } from '../../shared/domain/catalogue-discovery.ts';
import { decimal } from '../../shared/domain/decimal.ts';
import {
  fromInvoiceLine,
  fromLegacyUsageLine,
  fromLicenseLine,
  fromUsageRow,
} from '../../shared/domain/discovery-lines.ts';
import type { UsageRow } from '../../shared/domain/usage-row.ts';
import { discoveredFrom } from './discovered-from.ts';
import { legacyUsageLine, licenseLine, ratedUsageLine, usageLine } from './sold-lines.ts';

const { partnerEarnedCreditPercentage: _p, creditPercentage: _c, ...text } = ratedUsageLine;
const usageRow: UsageRow = {
  ...text,
  quantity: decimal('1'),
  unitPrice: decimal('1'),
  cost: decimal('1'),
  listPrice: undefined,
  costInPricingCurrency: undefined,
  exchangeRate: undefined,
  partnerEarnedCredit: undefined,
  credit: undefined,
  region: '',
  file: 'usage.csv',
  line: 2,
};

describe('lines of every kind', () => {
  it('tell of one customer, its reseller and its subscriptions', () => {
    const lines = [
      fromInvoiceLine(usageLine),
      fromUsageRow(usageRow),
      fromLicenseLine(licenseLine),
      fromLegacyUsageLine(legacyUsageLine),
    ];
    const { catalogue, problems } = withDiscovered(emptyCatalogue, discoveredFrom(lines));
    expect(problems).toEqual([]);
    expect(catalogue.customers).toEqual([
      {
        id: 'contoso',
        name: 'Contoso',
        domain: 'contoso.onmicrosoft.com',
        country: 'IE',
        resellerId: 'mpn-4649221',
        origin: 'discovered',
      },
    ]);
    expect(catalogue.subscriptions.map(({ id, customerId, name }) => [id, customerId, name])).toEqual([
      ['azure', 'contoso', 'Production'],
      ['entitlement', 'contoso', 'Production'],
      ['plan', 'contoso', 'Azure plan'],
      ['seats', 'contoso', 'Visio Plan 2 subscription'],
    ]);
  });
});
