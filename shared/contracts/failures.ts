import { z } from 'zod';

/**
 * A piece of work that was given up. `permanent`: a retry cannot help, and what it worked on has failed with it.
 * `exhausted`: the queue gave up after its last delivery; the sweep tries again, and the failure goes when the work is done.
 */
export const failureRecord = z.strictObject({
  version: z.literal(1),
  failureId: z.string(),
  /** The step or trigger that gave up. */
  step: z.string(),
  /** What it worked on: the names from its message. */
  subject: z.record(z.string(), z.union([z.string(), z.number()])),
  kind: z.enum(['permanent', 'exhausted']),
  reason: z.string(),
});
export type FailureRecord = z.infer<typeof failureRecord>;
