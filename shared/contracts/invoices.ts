import { z } from 'zod';
import { downloadKind } from './messages.ts';
import { decimalText, moment } from './values.ts';

/** An invoice as Partner Center lists it. Stored by tenant and invoice id. */
export const invoiceRecord = z.strictObject({
  version: z.literal(1),
  tenantId: z.string(),
  invoiceId: z.string(),
  /** `newCommerce`: a `G…` invoice of a calendar month; `legacy`: a `D…` invoice of an anniversary period. */
  type: z.enum(['newCommerce', 'legacy']),
  /** `other`: a kind of document that Microsoft has added since; it is listed and left alone. */
  documentType: z.enum(['invoice', 'creditNote', 'voidNote', 'other']),
  /** The month that the invoice bills: that of its period's start. */
  billingCycle: z.string(),
  periodStart: z.string(),
  periodEnd: z.string(),
  invoiceDate: z.string(),
  currency: z.string(),
  total: decimalText,
  /** The invoice that this document corrects. */
  amendsInvoiceId: z.string().exactOptional(),
});
export type InvoiceRecord = z.infer<typeof invoiceRecord>;

/**
 * How far the download of one line-item set has come. `requested`: the export runs at Microsoft; `downloading`: its
 * manifest is known; `downloaded`: every part is in the archive; `failed`: given up, with the problem.
 */
export const downloadRecord = z.strictObject({
  version: z.literal(1),
  tenantId: z.string(),
  invoiceId: z.string(),
  kind: downloadKind,
  billingCycle: z.string(),
  state: z.enum(['requested', 'downloading', 'downloaded', 'failed']),
  /** Raised each time the export is asked for anew. */
  generation: z.int().nonnegative(),
  operationUrl: z.string(),
  requestedAt: moment,
  /** While requested: when the export is to be asked after next; overdue by much, the message for it was lost. */
  nextPollAt: moment.exactOptional(),
  dataVersion: z.string().exactOptional(),
  /** Where the source's manifest was last found. It moves when an export is asked for anew; the data may stay the same. */
  manifestUrl: z.string().exactOptional(),
  problem: z.string().exactOptional(),
});
export type DownloadRecord = z.infer<typeof downloadRecord>;

/** The source's manifest as we keep it: no access token, no address that carries one. */
export const sourceManifest = z.strictObject({
  version: z.literal(1),
  manifestUrl: z.string(),
  dataVersion: z.string(),
  sourceTime: moment,
  parts: z.array(z.string()).min(1).max(10_000).readonly(),
});
export type SourceManifest = z.infer<typeof sourceManifest>;

/** Written when every part of a download is in the archive: the seal of the download, and what starts its ingestion. */
export const downloadManifest = z.strictObject({
  version: z.literal(1),
  tenantId: z.string(),
  invoiceId: z.string(),
  kind: downloadKind,
  billingCycle: z.string(),
  dataVersion: z.string(),
  sourceTime: moment,
  parts: z.array(z.strictObject({ blobName: z.string(), sizeBytes: z.int(), sha256: z.string() })).readonly(),
});
export type DownloadManifest = z.infer<typeof downloadManifest>;
