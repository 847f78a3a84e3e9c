import { z } from 'zod';
import { causeNames } from '../domain/cause.ts';
import { gateReasons } from '../domain/gates.ts';
import type { RunDigest } from '../domain/run-digest.ts';
import { severities } from '../domain/severity.ts';
import { comparisons } from '../domain/tolerance.ts';
import { notificationChannels } from './messages.ts';
import { decimalText, moment } from './values.ts';

const percentText = z.string().regex(/^\d{1,3}\.\d{2}$/);

const digestTotals = z.strictObject({
  currency: z.string(),
  invoice: decimalText,
  other: decimalText,
  variance: decimalText,
  matchedLines: z.int(),
  comparableLines: z.int(),
  matchRateByCount: percentText.exactOptional(),
  matchRateByAmount: percentText.exactOptional(),
  largestCauses: z.array(z.strictObject({ cause: z.enum(causeNames), amount: decimalText })).readonly(),
});

const digestBreak = z.strictObject({
  breakId: z.string(),
  trend: z.enum(['new', 'worsened']),
  subscriptionId: z.string(),
  meterId: z.string(),
  meterName: z.string(),
  region: z.string(),
  currency: z.string(),
  variance: decimalText,
  ageMonths: z.int(),
  severity: z.enum(severities).exactOptional(),
});

const runDigest = z.strictObject({
  runId: z.string(),
  billingCycle: z.string(),
  invoiceId: z.string(),
  comparedWith: z.enum(comparisons),
  isMatched: z.boolean(),
  gate: z.enum(gateReasons).exactOptional(),
  totals: z.array(digestTotals).readonly(),
  breaks: z
    .strictObject({ open: z.int(), new: z.int(), worsened: z.int(), largest: z.array(digestBreak).readonly() })
    .exactOptional(),
  link: z.url().exactOptional(),
}) satisfies z.ZodType<RunDigest>;

/** What is posted to the webhook. `timestamp` is when the digest was first asked for, the same in every repeat. */
export const webhookBody = z.strictObject({
  type: z.literal('reconciliation.published'),
  timestamp: moment,
  data: runDigest,
});
export type WebhookBody = z.infer<typeof webhookBody>;

/**
 * How far the digest of a run has come on one channel. `sending`: somebody posts it, until the moment `until` at the
 * latest; `waiting`: it is tried again at `until`; `sent`: it has arrived, and is not posted again; `unchanged`: it is
 * not posted, for it would say what that of the run before said.
 */
export const notificationRecord = z.strictObject({
  version: z.literal(1),
  runId: z.string(),
  channel: z.enum(notificationChannels),
  /** What the receiver knows the digest by; the same in every repeat. */
  notificationId: z.string(),
  state: z.enum(['sending', 'waiting', 'sent', 'unchanged']),
  attempt: z.int(),
  askedAt: moment,
  until: moment.exactOptional(),
  sentAt: moment.exactOptional(),
});
export type NotificationRecord = z.infer<typeof notificationRecord>;

/** Whether nothing more is to be posted. */
export function isTold({ state }: NotificationRecord): boolean {
  return state === 'sent' || state === 'unchanged';
}
