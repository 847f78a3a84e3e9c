import { z } from 'zod';
import { moment } from './values.ts';

const idsMax = 100;

function unique(ids: readonly string[]): boolean {
  return new Set(ids).size === ids.length;
}

/** Which reseller's or customer's eyes somebody has. The roles of the CSP's own people are Entra's to give, not ours. */
export const grantScope = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('reseller'),
    /** As the lines of invoices name the reseller. */
    resellerMpnIds: z
      .array(z.string().regex(/^[1-9]\d{0,19}$/))
      .min(1)
      .max(idsMax)
      .refine(unique, { error: 'an id twice' })
      .readonly(),
  }),
  z.strictObject({
    role: z.literal('customer'),
    /** The customers' tenants. */
    customerIds: z.array(z.guid().toLowerCase()).min(1).max(idsMax).refine(unique, { error: 'an id twice' }).readonly(),
  }),
]);
export type GrantScope = z.infer<typeof grantScope>;

/** What one principal was granted, by whom and when. */
export const grantRecord = z.strictObject({
  version: z.literal(1),
  tenantId: z.guid(),
  objectId: z.guid(),
  scope: grantScope,
  grantedBy: z.string(),
  grantedAt: moment,
});
export type GrantRecord = z.infer<typeof grantRecord>;

/** A row of the table of grants. One that was taken back leaves its row behind, empty. */
export const storedGrantRow = z.strictObject({ version: z.literal(1), grant: grantRecord.exactOptional() });

export const grantItem = grantRecord.omit({ version: true }).extend({ principalId: z.string(), etag: z.string() });
