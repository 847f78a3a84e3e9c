import { z } from 'zod';

/**
 * What travels over the queues: names, never data. Every message carries its version; a consumer refuses what it does
 * not know. `generation` and `attempt` are part of a message's id, so that duplicate detection swallows a repeat of the
 * same request and never a new one.
 */
const version = z.literal(1);
const name = z.string().min(1).max(1024);
const counter = z.int().nonnegative();
/** The sets of line items that are downloaded: two of a new-commerce invoice, two of a legacy one. */
const newCommerceDownloadKind = z.enum(['dailyratedusage', 'onetime']);
export type NewCommerceDownloadKind = z.infer<typeof newCommerceDownloadKind>;
const legacyDownloadKind = z.enum(['license', 'usage']);
export type LegacyDownloadKind = z.infer<typeof legacyDownloadKind>;
export const downloadKindsOf = {
  newCommerce: newCommerceDownloadKind.options,
  legacy: legacyDownloadKind.options,
} as const;
export const downloadKind = z.enum([...newCommerceDownloadKind.options, ...legacyDownloadKind.options]);
export type DownloadKind = z.infer<typeof downloadKind>;

export const pollExportMessage = z.strictObject({
  version,
  tenantId: name,
  invoiceId: name,
  kind: downloadKind,
  generation: counter,
  attempt: counter,
});
export type PollExportMessage = z.infer<typeof pollExportMessage>;

export const downloadInvoiceFileMessage = z.strictObject({
  version,
  tenantId: name,
  invoiceId: name,
  kind: downloadKind,
  dataVersion: name,
  /** Position in the source's manifest, from 0. */
  part: counter,
});
export type DownloadInvoiceFileMessage = z.infer<typeof downloadInvoiceFileMessage>;

export const ingestPartMessage = z.strictObject({ version, datasetId: name, part: counter });
export type IngestPartMessage = z.infer<typeof ingestPartMessage>;

export const planComparisonsMessage = z.strictObject({ version, datasetId: name });
export type PlanComparisonsMessage = z.infer<typeof planComparisonsMessage>;

/** `subscriptionId` is empty for the rows that belong to no subscription. */
export const compareSubscriptionMessage = z.strictObject({
  version,
  runId: name,
  subscriptionId: z.string().max(1024),
});
export type CompareSubscriptionMessage = z.infer<typeof compareSubscriptionMessage>;

export const publishRunMessage = z.strictObject({ version, runId: name, attempt: counter });
export type PublishRunMessage = z.infer<typeof publishRunMessage>;

export const generateFileMessage = z.strictObject({ version, fileId: name });
export type GenerateFileMessage = z.infer<typeof generateFileMessage>;

export const attachEvidenceMessage = z.strictObject({ version, issueId: name });
export type AttachEvidenceMessage = z.infer<typeof attachEvidenceMessage>;

/** Where digests of runs can go; each is tried and fails on its own. */
export const notificationChannels = ['teams', 'webhook'] as const;
export type NotificationChannel = (typeof notificationChannels)[number];

/** Without `channel` it asks for one such message for every channel that is set up. */
export const sendNotificationMessage = z.strictObject({
  version,
  runId: name,
  channel: z.enum(notificationChannels).exactOptional(),
  attempt: counter.exactOptional(),
});
export type SendNotificationMessage = z.infer<typeof sendNotificationMessage>;

/** What each queue carries. */
export const messageSchemas = {
  pollExport: pollExportMessage,
  downloadInvoiceFile: downloadInvoiceFileMessage,
  ingestPart: ingestPartMessage,
  planComparisons: planComparisonsMessage,
  compareSubscription: compareSubscriptionMessage,
  publishRun: publishRunMessage,
  generateFile: generateFileMessage,
  attachEvidence: attachEvidenceMessage,
  sendNotification: sendNotificationMessage,
} as const;
