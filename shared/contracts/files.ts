import { z } from 'zod';
import { moment } from './values.ts';

/**
 * A reconciliation file and the job that makes it. `queued` → `processing` → `available` or `failed` with the reason.
 * The id is made of everything that the file depends on, so the same request is the same job.
 */
export const fileRecord = z.strictObject({
  version: z.literal(1),
  fileId: z.string(),
  invoiceId: z.string(),
  kind: z.enum(['onetime']),
  audience: z.enum(['customer']),
  customerId: z.string(),
  format: z.enum(['csv']),
  culture: z.enum(['invariant']),
  datasetId: z.string(),
  fileName: z.string(),
  requestedAt: moment,
  state: z.enum(['queued', 'processing', 'available', 'failed']),
  sizeBytes: z.int().exactOptional(),
  sha256: z.string().exactOptional(),
  rows: z.int().exactOptional(),
  reason: z.string().exactOptional(),
});
export type FileRecord = z.infer<typeof fileRecord>;
