import { z } from 'zod';
import { causeNames } from '../domain/cause.ts';
import { type MeterLine, meterStatuses } from '../domain/comparison.ts';
import { type Gate, gateReasons } from '../domain/gates.ts';
import type { InvoiceHeader } from '../domain/invoice-documents.ts';
import { severities } from '../domain/severity.ts';
import type { ComparisonSummary } from '../domain/summary.ts';
import { comparisons } from '../domain/tolerance.ts';
import { exclusionReasons } from '../domain/usage.ts';
import { money } from './datasets.ts';
import { decimalText, moment } from './values.ts';

const comparedWith = z.enum(comparisons);

const causeAmount = z.strictObject({ cause: z.enum(causeNames), amount: decimalText });

const rowCounts = z.strictObject({
  matched: z.int(),
  withinTolerance: z.int(),
  mismatched: z.int(),
  invoiceOnly: z.int(),
  otherOnly: z.int(),
  excluded: z.int(),
  notComparable: z.int(),
});

const bothAmounts = z.strictObject({ invoice: decimalText, other: decimalText });

const statusMoney = z.strictObject({
  matched: bothAmounts,
  withinTolerance: bothAmounts,
  mismatched: bothAmounts,
  invoiceOnly: bothAmounts,
  otherOnly: bothAmounts,
  excluded: bothAmounts,
  notComparable: bothAmounts,
});

export const currencyTotals = z.strictObject({
  currency: z.string(),
  invoice: decimalText,
  other: decimalText,
  variance: decimalText,
  lines: z.int(),
  matchedLines: z.int(),
  comparableLines: z.int(),
  matchedAmount: decimalText,
  comparableAmount: decimalText,
  causes: z.array(causeAmount).readonly(),
  money: statusMoney,
});

export const comparisonSummary = z.strictObject({
  totals: z.array(currencyTotals).readonly(),
  lines: rowCounts,
  invoiceRows: rowCounts,
  otherRows: rowCounts,
}) satisfies z.ZodType<ComparisonSummary>;

const invoiceHeader = z.strictObject({
  invoiceId: z.string(),
  documentType: z.enum(['invoice', 'creditNote', 'voidNote', 'other']),
  billingCycle: z.string(),
  currency: z.string(),
  total: decimalText,
  preTax: decimalText.exactOptional(),
  tax: decimalText.exactOptional(),
  amendsInvoiceId: z.string().exactOptional(),
}) satisfies z.ZodType<InvoiceHeader>;

const closedGate = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('partly'),
    reason: z.literal('otherCurrency'),
    message: z.string(),
    currencies: z.array(z.string()).readonly(),
  }),
  z.strictObject({ kind: z.literal('closed'), reason: z.enum(gateReasons), message: z.string() }),
]) satisfies z.ZodType<Exclude<Gate, { kind: 'open' }>>;

/**
 * One comparison run. `comparing`: its subscriptions are being worked on; `published`: complete, and readers see it
 * unless the pointer names a later run; `failed`: it did not add up or did not end, and is not shown as a result.
 */
export const runRecord = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  billingCycle: z.string(),
  comparedWith,
  invoiceId: z.string(),
  tenantId: z.string(),
  /** Several of a legacy invoice, whose total is compared. */
  invoiceDatasetIds: z.array(z.string()).min(1).readonly(),
  /** None of `invoicetotal`, whose other side is the header. */
  otherDatasetIds: z.array(z.string()).readonly(),
  invoiceHash: z.string(),
  otherHashes: z.array(z.string()).readonly(),
  /** Of `invoicetotal`: the header of the invoice and the documents about it, as they were listed. */
  documents: z.array(invoiceHeader).readonly().exactOptional(),
  policyVersion: z.string(),
  engineVersion: z.string(),
  order: z.string(),
  plannedAt: moment,
  expectedSubscriptions: z.int(),
  invoiceRows: z.int(),
  otherRows: z.int(),
  invoiceMoney: z.array(money).readonly(),
  otherMoney: z.array(money).readonly().exactOptional(),
  /** Why the two sides, or what of them, say nothing about each other. */
  gate: closedGate.exactOptional(),
  state: z.enum(['comparing', 'published', 'failed']),
  /** How often it was started again after it had failed. */
  attempt: z.int().positive().exactOptional(),
  /** Made to try a policy: readers never see it but by its own id, and nothing follows from it. */
  isTryOut: z.literal(true).exactOptional(),
  summary: comparisonSummary.exactOptional(),
  problem: z.string().exactOptional(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** Everything that a run will compare; written once, before the first message. */
export const runPlan = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  subscriptions: z
    .array(z.strictObject({ subscriptionId: z.string(), name: z.string(), customerId: z.string() }))
    .readonly(),
});
export type RunPlan = z.infer<typeof runPlan>;

/** The result for one subscription of a run; its existence says that the subscription is done. */
export const runSubscription = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  subscriptionId: z.string(),
  summary: comparisonSummary,
});
export type RunSubscription = z.infer<typeof runSubscription>;

const meterSide = z.strictObject({
  quantity: decimalText,
  unitPrice: decimalText.exactOptional(),
  cost: decimalText,
  rows: z.int(),
});

export const meterLine = z.strictObject({
  subscriptionId: z.string(),
  meterId: z.string(),
  region: z.string(),
  unit: z.string(),
  currency: z.string(),
  meterName: z.string(),
  meterCategory: z.string(),
  meterSubCategory: z.string(),
  status: z.enum(meterStatuses),
  excludedBy: z.enum(exclusionReasons).exactOptional(),
  decidedBy: z.string().exactOptional(),
  sweep: z.enum(['whole', 'withoutUnit', 'withoutUnitAndRegion']).exactOptional(),
  otherUnit: z.string().exactOptional(),
  otherRegion: z.string().exactOptional(),
  invoice: meterSide.exactOptional(),
  other: meterSide.exactOptional(),
  variance: z.strictObject({
    quantity: decimalText,
    unitPrice: decimalText.exactOptional(),
    cost: decimalText,
    percent: decimalText.exactOptional(),
  }),
  causes: z.array(causeAmount).readonly(),
  needsRows: z.literal(true).exactOptional(),
  severity: z.enum(severities).exactOptional(),
}) satisfies z.ZodType<MeterLine>;

/** Which run readers see for one comparison. The one place that decides; written conditionally. */
export const publishedPointer = z.strictObject({ version: z.literal(1), runId: z.string(), order: z.string() });
export type PublishedPointer = z.infer<typeof publishedPointer>;
