import { z } from 'zod';
import type { Break } from '../domain/breaks.ts';
import { changeReasons } from '../domain/run-changes.ts';
import { severities } from '../domain/severity.ts';
import { comparisons } from '../domain/tolerance.ts';
import { meterLine } from './runs.ts';
import { decimalText } from './values.ts';

const text = z.string();

/** A break as Table Storage keeps it, with the months that have it. */
export const breakRecord = z.strictObject({
  breakId: text,
  comparedWith: z.enum(comparisons),
  subscriptionId: text,
  meterId: text,
  region: text,
  unit: text,
  currency: text,
  meterName: text,
  meterCategory: text,
  meterSubCategory: text,
  months: z
    .array(
      z.strictObject({
        cycle: text,
        runId: text,
        status: z.enum(['mismatched', 'invoiceOnly', 'otherOnly']),
        variance: decimalText,
        severity: z.enum(severities).exactOptional(),
      }),
    )
    .readonly(),
  lastCycle: text,
}) satisfies z.ZodType<Break>;

const why = z.array(z.enum(changeReasons)).readonly();

/** What became of one line from the run before to this one. */
export const lineChange = z.strictObject({
  subscriptionId: text,
  meterKey: text,
  kind: z.enum(['new', 'gone', 'changed']),
  before: meterLine.exactOptional(),
  after: meterLine.exactOptional(),
  why,
});

/** What a run changed against the one before it; written after all its lines, so its existence says that they are there. */
export const changeSummary = z.strictObject({
  version: z.literal(1),
  runId: text,
  beforeRunId: text,
  why,
  new: z.int(),
  gone: z.int(),
  changed: z.int(),
  same: z.int(),
});
export type ChangeSummary = z.infer<typeof changeSummary>;
