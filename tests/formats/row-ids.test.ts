import { describe, expect, it } from 'vitest';
import { RowIds } from '../../shared/formats/row-ids.ts';
import type { PartLayout } from '../../shared/formats/subscription-rows.ts';

const json: PartLayout = { format: 'jsonLines' };
const csv = (header: string): PartLayout => ({ format: 'csv', header });

function idsOf(layout: PartLayout, ...rows: readonly string[]) {
  const ids = new RowIds();
  ids.add(
    layout,
    rows.map((row) => Buffer.from(row)),
  );
  return ids.found();
}

const expected = { customerId: ['c-1'], productId: ['dzh318z0bnzj'], skuId: ['005d'], subscriptionId: ['s-1'] };

describe('the ids that rows name', () => {
  it('are the same in whatever form Microsoft writes them', () => {
    const usage =
      '{"CustomerId":"C-1","ProductId":"DZH318Z0BNZJ","SkuId":"005D","SubscriptionId":"plan","EntitlementId":"S-1"}';
    expect(idsOf(json, usage, usage)).toEqual(expected);
    const header = 'customerTenantId,ProductId,productOrderId,SubscriptionId,tags';
    expect(idsOf(csv(header), 'c-1,DZH318Z0BNZJ005D,plan,S-1,"a\r\n""b"""')).toEqual(expected);
    const focus =
      '{"x_CustomerId":"c-1","SubAccountId":"/subscriptions/S-1","SkuId":"DZH318Z0BNZJ","SkuPriceId":"DZH318Z0BNZJ_005D_x"}';
    expect(idsOf(json, focus)).toEqual(expected);
    expect(idsOf(csv('Kunde (CustomerId),ProductId,SkuId,EntitlementId'), 'c-1,DZH318Z0BNZJ,005D,s-1')).toEqual(
      expected,
    );
  });

  it('are each there once, in order, and none where a row has none', () => {
    expect(idsOf(csv('CustomerId,SkuId'), 'b,0002', 'a,', 'b,0001')).toEqual({
      customerId: ['a', 'b'],
      productId: [],
      skuId: ['0001', '0002'],
      subscriptionId: [],
    });
    expect(idsOf(csv('ProductId'), 'CFQ7TTC0LH0R').productId).toEqual(['cfq7ttc0lh0r']);
    expect(idsOf(json)).toEqual({ customerId: [], productId: [], skuId: [], subscriptionId: [] });
  });
});
