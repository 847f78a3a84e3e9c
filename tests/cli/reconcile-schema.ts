import { z } from 'zod';
import { causeNames } from '../../shared/domain/cause.ts';
import { meterStatuses } from '../../shared/domain/comparison.ts';
import { severities } from '../../shared/domain/severity.ts';

/* The shape of `reconcile --format json` (docs/reconcile-output.md), strict: a name more or less is an error. */

/** Plain digits: no exponent, no plus, no zeros at the end of a fraction, no negative zero. */
const amount = z.string().regex(/^(?:0|-?(?:[1-9]\d*|0\.\d*[1-9]|[1-9]\d*\.\d*[1-9]))$/);
const count = z.int().nonnegative();
const text = z.string();

const file = z.strictObject({
  name: text,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  dataset: z.enum(['dailyratedusage', 'costexport', 'onetime']),
  schemaVersion: text,
  rows: count,
});

const side = z.strictObject({ quantity: amount, unitPrice: amount.nullable(), cost: amount, rows: count });

const meter = z.strictObject({
  meterId: text,
  meterName: text,
  meterCategory: text,
  meterSubCategory: text,
  region: text,
  unit: text,
  status: z.enum(meterStatuses),
  severity: z.enum(severities).nullable(),
  invoice: side.nullable(),
  other: side.nullable(),
  variance: z.strictObject({
    quantity: amount,
    unitPrice: amount.nullable(),
    cost: amount,
    percent: amount.nullable(),
  }),
  causes: z.array(z.strictObject({ cause: z.enum(causeNames), amount })),
  excludedBy: text.optional(),
  decidedBy: text.optional(),
  sweep: z.enum(['whole', 'withoutUnit', 'withoutUnitAndRegion']).optional(),
  otherUnit: text.optional(),
  otherRegion: text.optional(),
  needsRows: z.literal(true).optional(),
});

const comparison = {
  runId: z.string().regex(/^[0-9a-f]{32}$/),
  engineVersion: text,
  policyVersion: text,
  billingCycle: text,
  sides: z.strictObject({
    invoice: z.strictObject({ files: z.array(file) }),
    other: z.strictObject({ files: z.array(file) }),
  }),
  totals: z.array(
    z.strictObject({
      currency: text,
      invoice: amount,
      other: amount,
      variance: amount,
      matchRateByCount: amount.nullable(),
      matchRateByAmount: amount.nullable(),
    }),
  ),
  coverage: z.strictObject({
    invoiceRows: count,
    otherRows: count,
    matched: count,
    withinTolerance: count,
    mismatched: count,
    invoiceOnly: count,
    otherOnly: count,
    excluded: count,
    notComparable: count.optional(),
    refused: count,
  }),
  causes: z.array(z.strictObject({ cause: z.enum(causeNames), currency: text, amount })),
  subscriptions: z.array(
    z.strictObject({
      subscriptionId: text,
      status: z.enum(['Matched', 'Mismatched']),
      currency: text,
      invoice: amount,
      other: amount,
      variance: amount,
      meters: z.array(meter),
    }),
  ),
};

const sums = z.strictObject({ lines: count, subtotal: amount, difference: amount });

export const reconciliationSchema = z.strictObject({
  ...comparison,
  invoicelines: z.strictObject(comparison).optional(),
  arithmetic: z
    .array(
      z.strictObject({
        currency: text,
        lines: count,
        subtotal: amount,
        taxTotal: amount,
        total: amount,
        untaxedLines: count,
        verdicts: z.strictObject({ asExpected: sums, overcharged: sums, undercharged: sums, notVerifiable: sums }),
      }),
    )
    .optional(),
  refused: z.array(
    z.strictObject({
      file: text.nullable(),
      line: count.nullable(),
      column: text.nullable(),
      reason: text,
      value: text.nullable(),
    }),
  ),
});

export type ReconciliationJson = z.infer<typeof reconciliationSchema>;
