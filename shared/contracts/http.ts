import { z } from 'zod';
import { breakTrends } from '../domain/breaks.ts';
import { fileKinds } from '../domain/file-kinds.ts';
import { fileRecord } from './files.ts';
import { downloadRecord, invoiceRecord } from './invoices.ts';
import { problem } from './problem.ts';
import { comparisonSummary, currencyTotals, meterLine, runRecord } from './runs.ts';
import { decimalText } from './values.ts';

/** The version of the HTTP API; callers name it in `api-version`. */
export const apiVersion = '2026-11-01';

/** What every error answers; its code is repeated in the header `x-ms-error-code`. */
export const errorBody = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    target: z.string().exactOptional(),
    details: z.array(problem).exactOptional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;

/** How far the reconciliation of an invoice has come, and if it does not go on, why. */
export const invoiceStanding = z.strictObject({
  state: z.enum(['downloading', 'waiting', 'comparing', 'reconciled', 'blocked', 'notReconciled']),
  reason: z.string().exactOptional(),
  runId: z.string().exactOptional(),
});
export type InvoiceStanding = z.infer<typeof invoiceStanding>;

export const invoiceItem = invoiceRecord.omit({ version: true }).extend({
  downloads: z.array(downloadRecord.pick({ kind: true, state: true, problem: true })).readonly(),
  reconciliation: invoiceStanding,
});
export type InvoiceItem = z.infer<typeof invoiceItem>;

/** An invoice as those see it who are billed for lines of it: nothing of what the CSP pays, or does to reconcile it. */
export const ownInvoiceItem = invoiceRecord
  .pick({
    invoiceId: true,
    type: true,
    documentType: true,
    billingCycle: true,
    periodStart: true,
    periodEnd: true,
    invoiceDate: true,
    currency: true,
  })
  .extend({ lineItems: z.array(z.enum(fileKinds)).readonly().describe('The kinds that have lines of the caller') });
export type OwnInvoiceItem = z.infer<typeof ownInvoiceItem>;

/** One subscription of a published run, in one currency. */
export const reconciliationItem = z.strictObject({
  runId: z.string(),
  billingCycle: z.string(),
  comparedWith: z.string(),
  invoiceId: z.string(),
  subscriptionId: z.string(),
  subscriptionName: z.string(),
  customerId: z.string(),
  status: z.enum(['Matched', 'Mismatched']),
  currency: z.string(),
  invoice: decimalText,
  other: decimalText,
  variance: decimalText,
  /** They add up to the variance. */
  causes: currencyTotals.shape.causes,
  lines: comparisonSummary.shape.lines,
});
export type ReconciliationItem = z.infer<typeof reconciliationItem>;

/** A line out of tolerance from month to month: since when, and how it stands against the month before. */
const breakItem = z.strictObject({
  breakId: z.string(),
  state: z.enum(['open', 'closed']),
  trend: z.enum(breakTrends),
  ageMonths: z.int(),
  firstCycle: z.string(),
});

/** `break` is there for lines that are out of tolerance; it follows the publishing of the run by moments. */
export const meterItem = meterLine.extend({ meterKey: z.string(), break: breakItem.exactOptional() });
export type MeterItem = z.infer<typeof meterItem>;

const detailRow = z.strictObject({
  /** The file as its dataset names it, and the line (in Parquet and pages of the API the row) from one. */
  source: z.strictObject({ file: z.string(), line: z.int() }),
  quantity: decimalText,
  /** In pricing currency. */
  unitPrice: decimalText,
  exchangeRate: decimalText.exactOptional(),
  cost: decimalText,
  partnerEarnedCredit: decimalText.exactOptional(),
  chargeType: z.string().exactOptional(),
  isCredit: z.boolean().exactOptional(),
});

const detailSide = z.strictObject({
  quantity: decimalText,
  cost: decimalText,
  /** How many rows there are; the first 100 of them are listed. */
  rows: z.int(),
  listed: z.array(detailRow).readonly(),
});
export type DetailSide = z.infer<typeof detailSide>;

/** One resource's use of a meter on one day, on both sides; a side that has none is left out. */
export const detailItem = z.strictObject({
  usageDate: z.string(),
  /** In lower case; empty for what belongs to no resource. */
  resourceId: z.string(),
  invoice: detailSide.exactOptional(),
  other: detailSide.exactOptional(),
  variance: z.strictObject({ quantity: decimalText, cost: decimalText }),
});
export type DetailItem = z.infer<typeof detailItem>;

/** One piece of the pipeline's work, as an operator sees it. */
export const runItem = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('download'),
    id: z.string(),
    invoiceId: z.string(),
    lineItems: downloadRecord.shape.kind,
    billingCycle: z.string(),
    state: z.string(),
    problem: z.string().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('dataset'),
    id: z.string(),
    billingCycle: z.string(),
    source: z.string(),
    state: z.string(),
    rows: z.int().exactOptional(),
    problemCount: z.int(),
    problems: z.array(problem).readonly(),
  }),
  z.strictObject({
    kind: z.literal('comparison'),
    id: z.string(),
    billingCycle: z.string(),
    invoiceId: z.string(),
    comparedWith: z.string(),
    state: z.string(),
    /** Whether this is the run that readers see. */
    isCurrent: z.boolean(),
    subscriptionsDone: z.int(),
    subscriptionsExpected: z.int(),
    policyVersion: z.string(),
    /** Made to try a policy; readers do not see it. */
    isTryOut: runRecord.shape.isTryOut,
    summary: runRecord.shape.summary,
    /** Why the two sides, or what of them, say nothing about each other. */
    gate: runRecord.shape.gate,
    problem: z.string().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('failure'),
    id: z.string(),
    state: z.string(),
    step: z.string(),
    subject: z.record(z.string(), z.union([z.string(), z.number()])),
    reason: z.string(),
  }),
]);
export type RunItem = z.infer<typeof runItem>;

const making = {
  format: fileRecord.shape.format.default('csv'),
  culture: fileRecord.shape.culture.default('invariant'),
};

/** What a caller says to have a reconciliation file made: for whom, and how. */
export const fileRequestBody = z.discriminatedUnion('audience', [
  z.strictObject({ audience: z.literal('csp'), ...making }),
  /** `resellerMpnId`: as the lines name the reseller. */
  z.strictObject({ audience: z.literal('reseller'), resellerMpnId: z.string().regex(/^\d{1,20}$/), ...making }),
  /** `customerId`: the customer's tenant. With `resellerMpnId` the lines alone that name this reseller. */
  z.strictObject({
    audience: z.literal('customer'),
    customerId: z.guid().transform((text) => text.toLowerCase()),
    resellerMpnId: z
      .string()
      .regex(/^\d{1,20}$/)
      .exactOptional(),
    ...making,
  }),
]);

export const fileItem = fileRecord.omit({ version: true });
export type FileItem = z.infer<typeof fileItem>;

/** A file as the reseller or customer sees it whose it is: not what of the CSP's it was made from. */
export const ownFileItem = fileRecord.pick({
  fileId: true,
  invoiceId: true,
  kind: true,
  audience: true,
  customerId: true,
  resellerMpnId: true,
  format: true,
  culture: true,
  fileName: true,
  requestedAt: true,
  state: true,
  sizeBytes: true,
  sha256: true,
  rows: true,
  reason: true,
});
export type OwnFileItem = z.infer<typeof ownFileItem>;

/** Long work, as Azure's own services tell of it. */
export const operationItem = z.strictObject({
  id: z.string(),
  status: z.enum(['notStarted', 'running', 'succeeded', 'failed']),
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
  /** Where what was made is found. */
  resourceLocation: z.url().exactOptional(),
});
export type OperationItem = z.infer<typeof operationItem>;
