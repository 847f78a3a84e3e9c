import { z } from 'zod';

/** Keys of tables are short; what cannot be one is no id of ours. */
const encodedCharactersMax = 300;

/** An id in an address or a filter. */
export const idFilter = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => text.isWellFormed() && encodeURIComponent(text).length <= encodedCharactersMax);

/** An id of ours: 32 hex digits. */
export const identity = z.string().regex(/^[0-9a-f]{32}$/);

export const billingCycleFilter = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);

/** A word of a closed set whose letter case does not matter. */
export const wordFilter = z.string().regex(/^[A-Za-z]{1,30}$/);

/** A subscription's id is a GUID, in whatever letter case; in an address, `-` stands for the rows that belong to none. */
export const subscriptionIdParam = idFilter.transform((text) => (text === '-' ? '' : text));

/** A route that takes no filters refuses all of them. */
export const noFilters = z.strictObject({});

/** The people of the CSP: its own costs are shown to nobody else. */
export const cspRoles = ['csp.operator', 'csp.reader'] as const;

/** Who may change things. */
export const operatorOnly = ['csp.operator'] as const;

/** A page of a list: while there are more, `nextLink` leads on. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ value: z.array(item).readonly(), nextLink: z.url().exactOptional() });
}
