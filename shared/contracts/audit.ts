import { z } from 'zod';
import { grantScope } from './grants.ts';
import { moment } from './values.ts';

/** `begun`: written before the change itself; where it stays so, the change may or may not have been made. */
const outcome = z.enum(['begun', 'done', 'refused']);

const common = {
  version: z.literal(1),
  entryId: z.string(),
  at: moment,
  /** The principal, `tenant/object`. */
  by: z.string(),
  outcome,
};

/** One change of who may see what, or of what counts as a match: who made it, when, and what it was before. */
export const auditEntry = z.discriminatedUnion('what', [
  z.strictObject({
    ...common,
    what: z.literal('grant'),
    principalId: z.string(),
    before: grantScope.exactOptional(),
    after: grantScope.exactOptional(),
  }),
  z.strictObject({ ...common, what: z.literal('policy'), before: z.string(), after: z.string() }),
  /** The list of policies that are there to be tried and put up. */
  z.strictObject({ ...common, what: z.enum(['policyKept', 'policyRemoved']), policyVersion: z.string() }),
]);
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditItem = z.discriminatedUnion('what', [
  auditEntry.options[0].omit({ version: true }),
  auditEntry.options[1].omit({ version: true }),
  auditEntry.options[2].omit({ version: true }),
]);
