import { z } from 'zod';
import { roles } from '../domain/caller.ts';
import { grantScope } from './grants.ts';

const [reseller, customer] = grantScope.options;

/** Who a caller is and what they see, as the API knows it. */
export const callerItem = z.strictObject({
  principalId: z.string(),
  role: z.enum(roles),
  resellerMpnIds: reseller.shape.resellerMpnIds.exactOptional(),
  customerIds: customer.shape.customerIds.exactOptional(),
});

/** As whom somebody signs in on a laptop. */
export const localSignInBody = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('csp.operator') }),
  z.strictObject({ role: z.literal('csp.reader') }),
  reseller,
  customer,
]);
export type LocalSignInBody = z.infer<typeof localSignInBody>;

export const localToken = z.strictObject({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresInSeconds: z.int(),
  principalId: z.string(),
});
