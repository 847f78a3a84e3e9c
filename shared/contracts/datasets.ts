import { z } from 'zod';
import { datasetKinds } from '../domain/datasets.ts';
import type { LineOwner } from '../domain/line-owners.ts';
import type { LineSums } from '../domain/line-sums.ts';
import type { MeterTotal, Money } from '../domain/meter-totals.ts';
import type { PlanTotal } from '../domain/plan-totals.ts';
import { exclusionReasons } from '../domain/usage.ts';
import { problem } from './problem.ts';
import { decimalText, moment } from './values.ts';

const kind = z.enum(datasetKinds);

/** One file of a dataset and what its manifest promises of it. */
export const datasetPart = z.strictObject({
  blobName: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string().exactOptional(),
  rows: z.int().nonnegative().exactOptional(),
});
export type DatasetPart = z.infer<typeof datasetPart>;

/** What a dataset consists of; written once, before any part is read. */
export const datasetDefinition = z.strictObject({
  version: z.literal(1),
  datasetId: z.string(),
  kind,
  billingCycle: z.string(),
  /** What this is a version of: an invoice, or the scope of a cost export. */
  sourceId: z.string(),
  sourceTime: moment,
  container: z.enum(['invoices', 'costExports', 'inbox']),
  /** Of a download: whose it is, and of which invoice. A cost export tells by its rows. */
  tenantId: z.string().exactOptional(),
  invoiceId: z.string().exactOptional(),
  /** What the manifest says of the costs of an export; where it says nothing, their rows tell. */
  statedCosts: z.literal('actual').exactOptional(),
  /** Made before its month had ended: there is more to come, and no invoice yet. */
  isOpenMonth: z.literal(true).exactOptional(),
  /** The control total of the manifest, where it has one. */
  rows: z.int().nonnegative().exactOptional(),
  parts: z.array(datasetPart).min(1).max(10_000).readonly(),
});
export type DatasetDefinition = z.infer<typeof datasetDefinition>;

const subscriptionName = z.strictObject({ subscriptionId: z.string(), name: z.string(), customerId: z.string() });
export type SubscriptionName = z.infer<typeof subscriptionName>;

/** Whose lines there are: a customer and the reseller that sold to it, empty where the CSP did so itself. */
const lineOwner = z.strictObject({ customerId: z.string(), resellerMpnId: z.string() }) satisfies z.ZodType<LineOwner>;
/** Of daily rated usage: the subscriptions with rows that name a reseller, by its MPN id. */
const subscriptionsOfReseller = z.record(z.string(), z.array(z.string()).readonly());

const rowsByInvoice = z.record(z.string(), z.int());

/** An amount of money, exact. */
export const money = z.strictObject({ currency: z.string(), amount: decimalText }) satisfies z.ZodType<Money>;

const lineSums = z.strictObject({
  currency: z.string(),
  rows: z.int(),
  preTax: decimalText,
  tax: decimalText,
  total: decimalText,
  isUntaxed: z.boolean(),
}) satisfies z.ZodType<LineSums>;

/** What was read of one part; the first line of its shard. */
export const shardHeader = z.strictObject({
  version: z.literal(1),
  datasetId: z.string(),
  part: z.int().nonnegative(),
  file: z.strictObject({ name: z.string(), sizeBytes: z.int(), sha256: z.string(), rows: z.int() }),
  refusedRows: z.int(),
  /** Of meter totals: rows per invoice that they name; those that name none stand under the empty text. */
  rowsByInvoice,
  problems: z.array(problem).readonly(),
  tenantIds: z.array(z.string()).readonly(),
  invoiceIds: z.array(z.string()).readonly(),
  subscriptions: z.array(subscriptionName).readonly(),
  subscriptionsOfReseller,
  /** Which costs the rows of an export are. */
  costView: z.enum(['actual', 'amortized', 'both', 'unknown']),
  /** What to do instead, where the file's prices are not those of an invoice. */
  advice: z.string().exactOptional(),
  records: z.int(),
});
export type ShardHeader = z.infer<typeof shardHeader>;

/** A dataset that is complete and checked. Written once; its existence is the state "sealed". */
export const datasetSeal = z.strictObject({
  version: z.literal(1),
  datasetId: z.string(),
  kind,
  billingCycle: z.string(),
  sourceId: z.string(),
  sourceTime: moment,
  contentHash: z.string(),
  rowsByInvoice,
  tenantIds: z.array(z.string()).readonly(),
  invoiceIds: z.array(z.string()).readonly(),
  rows: z.int(),
  files: z.array(shardHeader.shape.file).readonly(),
  subscriptions: z.array(subscriptionName).readonly(),
  subscriptionsOfReseller,
  /** Of daily rated usage and `onetime` lines: what was ordered, by Partner Center's subscription. */
  plans: z.array(subscriptionName).readonly(),
  /** Of meter totals: what they cost, per invoice that they name, as `rowsByInvoice`. */
  moneyByInvoice: z.record(z.string(), z.array(money).readonly()),
  /** Of line items: what they come to, per currency. */
  amounts: z.array(lineSums).readonly(),
  /** Of line items: whose they are, each pair once; ordered by customer. */
  owners: z.array(lineOwner).readonly(),
  /** Of meter totals: the parts that hold rows of a subscription. */
  partsOf: z.record(z.string(), z.array(z.int()).readonly()),
});
export type DatasetSeal = z.infer<typeof datasetSeal>;

/**
 * Where a dataset stands. `waiting`: its manifest names files that are not there yet; `ingesting`: its parts are being
 * read; `sealed`; `refused`: it is damaged, and nothing of it is used; `notComparable`: it shows prices that no invoice
 * has; `passedOver`: it holds something else than is compared. A state is never left for an earlier one,
 * but by a further attempt.
 */
export const datasetRecord = z.strictObject({
  version: z.literal(1),
  datasetId: z.string(),
  kind,
  billingCycle: z.string(),
  sourceId: z.string(),
  sourceTime: moment,
  state: z.enum(['waiting', 'ingesting', 'sealed', 'refused', 'notComparable', 'passedOver']),
  manifestName: z.string(),
  recordedAt: moment,
  /** How often its reading was started again after it had been given up. */
  attempt: z.int().positive().exactOptional(),
  parts: z.int(),
  isOpenMonth: z.literal(true).exactOptional(),
  rows: z.int().exactOptional(),
  contentHash: z.string().exactOptional(),
  tenantIds: z.array(z.string()).readonly(),
  invoiceIds: z.array(z.string()).readonly(),
  problemCount: z.int(),
  problems: z.array(problem).readonly(),
});
export type DatasetRecord = z.infer<typeof datasetRecord>;

/** Whether nothing more will happen to a dataset. */
export function isSettled({ state }: Pick<DatasetRecord, 'state'>): boolean {
  return state !== 'waiting' && state !== 'ingesting';
}

/** A meter total as shards and Table Storage keep it. */
export const meterTotal = z.strictObject({
  subscriptionId: z.string(),
  meterId: z.string(),
  region: z.string(),
  unit: z.string(),
  currency: z.string(),
  excludedBy: z.enum(exclusionReasons).exactOptional(),
  invoiceId: z.string().exactOptional(),
  isCredit: z.literal(true).exactOptional(),
  usageMonth: z.string(),
  meterName: z.string(),
  meterCategory: z.string(),
  meterSubCategory: z.string(),
  quantity: decimalText,
  cost: decimalText,
  pricedQuantity: decimalText,
  unitPrice: decimalText.exactOptional(),
  listPrice: decimalText.exactOptional(),
  exchangeRate: decimalText.exactOptional(),
  partnerEarnedCredit: decimalText.exactOptional(),
  chargeType: z.string().exactOptional(),
  rows: z.int(),
  days: z.int(),
}) satisfies z.ZodType<MeterTotal>;

/** What daily rated usage adds up to by what was ordered, as shards and Table Storage keep it. */
export const planTotal = z.strictObject({
  invoiceId: z.string().exactOptional(),
  planId: z.string(),
  productId: z.string(),
  skuId: z.string(),
  currency: z.string(),
  quantity: decimalText,
  cost: decimalText,
  pricedQuantity: decimalText,
  rows: z.int(),
}) satisfies z.ZodType<PlanTotal>;
