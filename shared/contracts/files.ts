import { z } from 'zod';
import { cultureNames } from '../domain/culture-names.ts';
import { audiences, fileFormats, fileKinds } from '../domain/file-kinds.ts';
import { moment } from './values.ts';

/**
 * A reconciliation file and the job that makes it. `queued` → `processing` → `available` or `failed` with the reason.
 * The id is made of everything that the file depends on, so the same request is the same job, and a new dataset, a change
 * of the catalogue or of the engine makes a new version beside the older ones.
 */
export const fileRecord = z.strictObject({
  version: z.literal(1),
  fileId: z.string(),
  invoiceId: z.string(),
  kind: z.enum(fileKinds),
  audience: z.enum(audiences),
  /** Of a customer's file: the customer's tenant. */
  customerId: z.string().exactOptional(),
  /** Of a reseller's file: the MPN id that its lines name. Of a customer's: it has the lines of this reseller alone. */
  resellerMpnId: z.string().exactOptional(),
  format: z.enum(fileFormats),
  culture: z.enum(cultureNames),
  /** What it is made from. */
  datasetId: z.string(),
  datasetHash: z.string(),
  catalogueHash: z.string(),
  engineVersion: z.string(),
  /** The day of lines that have none. */
  undatedDay: z.iso.date(),
  fileName: z.string(),
  requestedAt: moment,
  state: z.enum(['queued', 'processing', 'available', 'failed']),
  sizeBytes: z.int().exactOptional(),
  sha256: z.string().exactOptional(),
  rows: z.int().exactOptional(),
  reason: z.string().exactOptional(),
});
export type FileRecord = z.infer<typeof fileRecord>;

/** A slot of the files that may not be made at once, and who has it. */
export const fileSlot = z
  .strictObject({ version: z.literal(1), fileId: z.string(), takenAt: moment })
  .transform(({ fileId, takenAt }) => ({ fileId, takenAt }));
