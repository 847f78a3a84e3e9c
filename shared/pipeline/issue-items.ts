import type { IssueDetail, IssueFilter, IssueItem, IssueRecord } from '../contracts/issues.ts';
import { ageMonths, type Break, stateOf, trendOf } from '../domain/breaks.ts';
import { foldId } from '../domain/ids.ts';
import { isOpenAnew } from '../domain/issue.ts';
import { breakReader } from './follow-issues.ts';
import type { BreakStore, IssueStore } from './ports.ts';

/* Issues as the HTTP API shows them. */

export type IssueItemPorts = { readonly issues: IssueStore; readonly breaks: Pick<BreakStore, 'read'> };

/** The issues that a caller asks for, in no order. */
export async function findIssues(
  issues: Pick<IssueStore, 'list'>,
  filter: IssueFilter,
): Promise<readonly IssueRecord[]> {
  const { state, owner, billingCycle, runId, subscriptionId, invoiceId } = filter;
  const fits = <T>(wanted: T | undefined, found: T | undefined) => wanted === undefined || wanted === found;
  const folded = subscriptionId === undefined || subscriptionId === '-' ? subscriptionId : foldId(subscriptionId);
  return (await issues.list()).filter(
    ({ state: isIn, owner: ownedBy, subject, target }) =>
      fits(state, isIn) &&
      fits(owner, ownedBy) &&
      fits(billingCycle, subject.billingCycle) &&
      fits(invoiceId?.toUpperCase(), subject.invoiceId) &&
      fits(runId, target.kind === 'lineItem' ? undefined : target.runId) &&
      fits(folded, subject.subscriptionId === '' ? '-' : subject.subscriptionId),
  );
}

/** Where an issue stands in the list: by when it was reported. */
export function issuePlace({ reportedAt, issueId }: Pick<IssueRecord, 'reportedAt' | 'issueId'>): string {
  return `${reportedAt} ${issueId}`;
}

export function toIssueItems(
  { breaks }: Pick<IssueItemPorts, 'breaks'>,
  records: readonly IssueRecord[],
): Promise<readonly IssueItem[]> {
  const read = breakReader(breaks);
  return Promise.all(records.map(async (record) => toItem(record, record.breaks && (await read(record)))));
}

export async function toIssueDetail(ports: IssueItemPorts, record: IssueRecord): Promise<IssueDetail> {
  const [item] = await toIssueItems(ports, [record]);
  if (item === undefined) throw new Error('One issue makes one item');
  return { ...item, history: await ports.issues.readHistory(record) };
}

function toItem(record: IssueRecord, known: readonly Break[] | undefined): IssueItem {
  const { version: _, breaks, latest, changes: __, engineVersion: ___, ...fields } = record;
  const own = (known ?? []).filter(({ breakId }) => breaks?.breakIds.includes(breakId));
  return {
    ...fields,
    changedAt: latest.at,
    ...(breaks === undefined || own.length === 0
      ? {}
      : { break: { ...breakItem(own), isOpenAnew: isOpenAnew(record) } }),
  };
}

function breakItem(own: readonly Break[]): Omit<NonNullable<IssueItem['break']>, 'isOpenAnew'> {
  const open = own.filter((one) => stateOf(one) === 'open');
  const [oldest] = (open.length > 0 ? open : [...own]).sort((left, right) => ageMonths(right) - ageMonths(left));
  if (oldest === undefined) throw new Error('There is no break to tell of');
  const age = ageMonths(oldest);
  return {
    state: open.length > 0 ? 'open' : 'closed',
    breaks: own.length,
    open: open.length,
    trend: trendOf(oldest),
    ageMonths: age,
    firstCycle: oldest.months.at(-age)?.cycle ?? oldest.lastCycle,
  };
}
