import { z } from 'zod';

/** A piece of work that was given up: shown until somebody has looked at it. */
export const failureRecord = z.strictObject({
  version: z.literal(1),
  failureId: z.string(),
  /** The step or trigger that gave up. */
  step: z.string(),
  /** What it worked on: the names from its message. */
  subject: z.record(z.string(), z.union([z.string(), z.number()])),
  reason: z.string(),
});
export type FailureRecord = z.infer<typeof failureRecord>;
