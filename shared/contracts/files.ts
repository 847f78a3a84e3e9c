import { z } from 'zod';
import { buyers, guards, marginKinds, marginLevels } from '../domain/catalogue.ts';
import { cultureNames } from '../domain/culture-names.ts';
import { audiences, fileFormats, fileKinds } from '../domain/file-kinds.ts';
import type { ExplainedStep, LineExplanation } from '../domain/line-explanation.ts';
import { saleNotes } from '../domain/margin.ts';
import { priceRefusals } from '../domain/unit-prices.ts';
import { decimalText, moment } from './values.ts';

/**
 * A reconciliation file and the job that makes it. `queued` → `processing` → `available` or `failed` with the reason.
 * The id is made of everything that the file depends on, so the same request is the same job, and a new dataset, a change
 * of the catalogue or of the engine makes a new version beside the older ones. One that has failed is tried again when it
 * is asked for again.
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
  /** How often it was asked for again after it had failed. */
  attempt: z.int().positive().exactOptional(),
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

const priceStep = z.strictObject({
  seller: z.enum(['csp', 'reseller']),
  buyer: z.enum(buyers),
  /** What the seller pays for a unit, in pricing currency. */
  cost: decimalText,
  /** For the CSP alone. */
  listPrice: decimalText.exactOptional(),
  rule: z.strictObject({
    id: z.string(),
    level: z.enum(marginLevels),
    kind: z.enum(marginKinds),
    value: decimalText,
    guards: z.array(z.enum(guards)).readonly(),
  }),
  /** The guards that made the price another than the rule alone would have; `belowCostAllowed`: it is below cost. */
  guards: z.array(z.enum(guards)).readonly(),
  /** Guards of the rule that had nothing to be held against. */
  unchecked: z.array(z.enum(guards)).readonly(),
  note: z.enum(saleNotes).exactOptional(),
  /** What the buyer pays for a unit, in pricing currency. */
  price: decimalText,
  /** What the line comes to for the buyer, in billing currency. */
  amounts: z.strictObject({ subtotal: decimalText, taxTotal: decimalText, total: decimalText }),
}) satisfies z.ZodType<ExplainedStep>;

const explainedOf = {
  place: z.string(),
  customerId: z.string(),
  subscriptionId: z.string(),
  resellerMpnId: z.string(),
  pricingCurrency: z.string(),
  currency: z.string(),
};

/** How a line of a file came to its prices: CSP → reseller, reseller → customer; or why it has none. */
export const lineExplanation = z.discriminatedUnion('outcome', [
  z.strictObject({ ...explainedOf, outcome: z.literal('priced'), steps: z.array(priceStep).readonly() }),
  /** A daily row of legacy usage: it counts and costs nothing. */
  z.strictObject({ ...explainedOf, outcome: z.literal('withoutMoney') }),
  z.strictObject({
    ...explainedOf,
    outcome: z.literal('refused'),
    refusal: z.strictObject({
      kind: z.literal('refused'),
      /** `notPriced`: all that others than the CSP are told. */
      code: z.enum([...priceRefusals, 'notPriced']),
      message: z.string(),
      ruleId: z.string().exactOptional(),
    }),
  }),
]) satisfies z.ZodType<LineExplanation>;
