import { z } from 'zod';
import { breakTrends } from '../domain/breaks.ts';
import { type IssueBreaks, type IssueChange, issueChangeKinds, issueStates } from '../domain/issue.ts';
import { severities } from '../domain/severity.ts';
import { comparisons } from '../domain/tolerance.ts';
import { billingCycleFilter, identity, idFilter } from './route-values.ts';
import { decimalText, moment } from './values.ts';

export const issueLimits = { noteCharacters: 2_000, ownerCharacters: 200, breaks: 200 } as const;

/** Line breaks and tabs, but no other control characters, nor marks that turn the direction of the text around. */
const writtenText = /^(?:[\n\t]|[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069])*$/u;
const ownerText = /^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]+$/u;

const note = z.string().min(1).max(issueLimits.noteCharacters).regex(writtenText);
const owner = z.string().min(1).max(issueLimits.ownerCharacters).regex(ownerText);

/** The line items of an invoice, by the word of its reconciliation file. */
const lineKind = z.enum(['onetime', 'license', 'usage']);

/** What an issue is about. Empty as a subscription: the rows that belong to none. */
export const issueTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('run'), runId: identity }),
  z.strictObject({ kind: z.literal('subscription'), runId: identity, subscriptionId: z.string().max(100) }),
  z.strictObject({
    kind: z.literal('meter'),
    runId: identity,
    subscriptionId: z.string().max(100),
    meterKey: identity,
  }),
  z.strictObject({
    kind: z.literal('lineItem'),
    invoiceId: idFilter,
    lineKind,
    part: z.int().min(0).max(99_999),
    line: z.int().min(1).max(999_999_999),
  }),
]);
export type IssueTarget = z.infer<typeof issueTarget>;

export const issueBody = z.strictObject({
  target: issueTarget,
  owner: owner.exactOptional(),
  note: note.exactOptional(),
});
export type IssueBody = z.infer<typeof issueBody>;

export const issueEditBody = z.strictObject({
  state: z.enum(issueStates).exactOptional(),
  /** Null takes the owner away. */
  owner: owner.nullable().exactOptional(),
  note: note.exactOptional(),
});

const issueChange = z.strictObject({
  at: moment,
  by: z.string(),
  kind: z.enum(issueChangeKinds),
  from: z.enum(issueStates).exactOptional(),
  state: z.enum(issueStates),
  owner: z.string().exactOptional(),
  note: z.string().exactOptional(),
}) satisfies z.ZodType<IssueChange>;

export { issueChange };

/** What was charged against what was to be expected, in one currency: charged − expected = difference. */
const issueAmount = z.strictObject({
  currency: z.string(),
  charged: decimalText,
  expected: decimalText.exactOptional(),
  difference: decimalText.exactOptional(),
});
export type IssueAmount = z.infer<typeof issueAmount>;

/** What the target is, as its data say; it never changes. */
const issueSubject = z.strictObject({
  title: z.string(),
  tenantId: z.string(),
  billingCycle: z.string(),
  invoiceId: z.string(),
  comparedWith: z.enum(comparisons).exactOptional(),
  /** Of a line item: the sealed data that it stands in. */
  datasetId: z.string().exactOptional(),
  /** As the target says it, in lower case. */
  subscriptionId: z.string().exactOptional(),
  customerId: z.string().exactOptional(),
  amounts: z.array(issueAmount).readonly(),
  severity: z.enum(severities).exactOptional(),
});
export type IssueSubject = z.infer<typeof issueSubject>;

/** `queued`: it is being gathered; `available`: it is there, whole, and never changes; `failed`: it cannot be had. */
const issueEvidence = z.strictObject({
  state: z.enum(['queued', 'available', 'failed']),
  sizeBytes: z.int().exactOptional(),
  sha256: z.string().exactOptional(),
  /** Source rows in it, of both sides. */
  rows: z.int().exactOptional(),
  reason: z.string().exactOptional(),
});

const issueBreaks = z.strictObject({
  breakIds: z.array(identity).readonly(),
  seen: z.enum(['open', 'closed']),
  hasClosed: z.literal(true).exactOptional(),
}) satisfies z.ZodType<IssueBreaks>;

/** An issue as it is stored; the entries of its history before the latest stand beside it. */
export const issueRecord = z.strictObject({
  version: z.literal(1),
  issueId: z.string(),
  target: issueTarget,
  subject: issueSubject,
  engineVersion: z.string(),
  reportedAt: moment,
  reportedBy: z.string(),
  /** What was said when it was reported; a part of the evidence. */
  reportedNote: z.string().exactOptional(),
  state: z.enum(issueStates),
  owner: z.string().exactOptional(),
  breaks: issueBreaks.exactOptional(),
  evidence: issueEvidence,
  changes: z.int(),
  latest: issueChange,
});
export type IssueRecord = z.infer<typeof issueRecord>;

/** How the breaks of an issue stand: age and trend are those of the oldest that is open. */
const issueBreakItem = z.strictObject({
  state: z.enum(['open', 'closed']),
  breaks: z.int(),
  open: z.int(),
  trend: z.enum(breakTrends),
  ageMonths: z.int(),
  firstCycle: z.string(),
  /** It had closed, and has opened again since. */
  isOpenAnew: z.boolean(),
});

export const issueItem = issueRecord
  .omit({ version: true, breaks: true, latest: true, changes: true, engineVersion: true })
  .extend({ changedAt: moment, break: issueBreakItem.exactOptional() });
export type IssueItem = z.infer<typeof issueItem>;

export const issueDetail = issueItem.extend({
  /** In the order in which it happened. */
  history: z.array(issueChange).readonly(),
});
export type IssueDetail = z.infer<typeof issueDetail>;

export const issueFilter = z.strictObject({
  state: z.enum(issueStates).exactOptional(),
  invoiceId: idFilter.exactOptional(),
  billingCycle: billingCycleFilter.exactOptional(),
  runId: identity.exactOptional(),
  subscriptionId: idFilter.exactOptional(),
  owner: z.string().min(1).max(issueLimits.ownerCharacters).exactOptional(),
});
export type IssueFilter = z.infer<typeof issueFilter>;
