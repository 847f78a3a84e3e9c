import type { IssueRecord } from '../contracts/issues.ts';
import { type EditedIssue, editIssue, type IssueEdit } from '../domain/issue.ts';
import type { Clock, IssueStore } from './ports.ts';

export type ChangeIssuePorts = { readonly clock: Clock; readonly issues: Pick<IssueStore, 'update'> };

export type ChangedIssue =
  | { readonly kind: 'done'; readonly issue: IssueRecord }
  /** Somebody else changed it since. */
  | { readonly kind: 'conflict' }
  | Extract<EditedIssue<IssueRecord>, { kind: 'refused' }>;

/**
 * Changes an issue that is still as the caller saw it, after `changes` entries of its history; its evidence may have
 * come meanwhile. @returns undefined when there is no such issue
 */
export async function changeIssue(
  { clock, issues }: ChangeIssuePorts,
  {
    issueId,
    changes,
    edit,
    by,
  }: {
    readonly issueId: string;
    readonly changes: number;
    readonly edit: IssueEdit;
    readonly by: string;
  },
): Promise<ChangedIssue | undefined> {
  const at = clock.now();
  let refusal: Exclude<ChangedIssue, { kind: 'done' }> | undefined;
  const issue = await issues.update(issueId, (known) => {
    refusal = undefined;
    if (known.changes !== changes) {
      refusal = { kind: 'conflict' };
      return undefined;
    }
    const edited = editIssue(known, edit, { by, at });
    if (edited.kind === 'changed') return edited.issue;
    if (edited.kind === 'refused') refusal = edited;
    return undefined;
  });
  if (issue === undefined) return undefined;
  return refusal ?? { kind: 'done', issue };
}
