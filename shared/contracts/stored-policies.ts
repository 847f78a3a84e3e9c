import { z } from 'zod';

/** Which policy is the present one. Written conditionally; `ordinal` grows by one with each change. */
export const policyPointer = z.strictObject({
  version: z.literal(1),
  policyVersion: z.string(),
  ordinal: z.int().positive(),
});
export type PolicyPointer = z.infer<typeof policyPointer>;

/** A policy that is offered; its document is kept apart. */
export const listedPolicy = z.strictObject({ version: z.literal(1), policyVersion: z.string() });
