import { z } from 'zod';
import { causeNames } from '../domain/cause.ts';
import { type MeterLine, meterStatuses } from '../domain/comparison.ts';
import { severities } from '../domain/severity.ts';
import type { ComparisonSummary } from '../domain/summary.ts';
import { comparisons } from '../domain/tolerance.ts';
import { exclusionReasons } from '../domain/usage.ts';
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

const currencyTotals = z.strictObject({
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
  invoiceDatasetId: z.string(),
  otherDatasetIds: z.array(z.string()).min(1).readonly(),
  policyVersion: z.string(),
  engineVersion: z.string(),
  order: z.string(),
  plannedAt: moment,
  expectedSubscriptions: z.int(),
  invoiceRows: z.int(),
  otherRows: z.int(),
  state: z.enum(['comparing', 'published', 'failed']),
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
