import type { BreakState } from './breaks.ts';

/**
 * Where a reported issue stands. `open`: somebody looks at it; `sent`: it is with Microsoft's support; `resolved`: the
 * difference is gone or was made good; `accepted`: it stays, and we live with it.
 */
export const issueStates = ['open', 'sent', 'resolved', 'accepted'] as const;
export type IssueState = (typeof issueStates)[number];

/** What happened to an issue. The last two come from its break, by themselves. */
export const issueChangeKinds = ['created', 'changed', 'breakClosed', 'breakReopened'] as const;

/** One entry of an issue's history; `state` and `owner` are those afterwards. */
export type IssueChange = {
  readonly at: string;
  /** The principal that did it, or `system`. */
  readonly by: string;
  readonly kind: (typeof issueChangeKinds)[number];
  readonly from?: IssueState;
  readonly state: IssueState;
  readonly owner?: string;
  readonly note?: string;
};

/** The breaks that an issue is about: it closes with them. */
export type IssueBreaks = {
  readonly breakIds: readonly string[];
  /** Open while one of them is, as it was last seen. */
  readonly seen: BreakState;
  /** They have all closed before. */
  readonly hasClosed?: true;
};

/** What of an issue changes. */
export type IssueProgress = {
  readonly state: IssueState;
  readonly owner?: string;
  readonly breaks?: IssueBreaks;
  /** How many entries the history has, `latest` being the last. */
  readonly changes: number;
  readonly latest: IssueChange;
};

/** `owner`: null takes it away. */
export type IssueEdit = {
  readonly state?: IssueState | undefined;
  readonly owner?: string | null | undefined;
  readonly note?: string | undefined;
};

/** Entries that people may add to one issue; what its break adds comes on top. */
export const issueChangesMax = 200;

const next = {
  open: ['sent', 'resolved', 'accepted'],
  sent: ['resolved', 'accepted', 'open'],
  resolved: ['open'],
  accepted: ['open'],
} as const satisfies Record<IssueState, readonly IssueState[]>;

export type EditedIssue<T> =
  | { readonly kind: 'changed'; readonly issue: T }
  | { readonly kind: 'same' }
  | {
      readonly kind: 'refused';
      readonly code: 'wrongState' | 'noteNeeded' | 'tooManyChanges';
      readonly message: string;
    };

/** What somebody's edit makes of an issue. Naming the state that it is in changes nothing; opening it again takes a note. */
export function editIssue<T extends IssueProgress>(
  issue: T,
  { state = issue.state, owner, note }: IssueEdit,
  { by, at }: Pick<IssueChange, 'by' | 'at'>,
): EditedIssue<T> {
  const isMoved = state !== issue.state;
  const nextOwner = owner === undefined ? issue.owner : (owner ?? undefined);
  if (!isMoved && nextOwner === issue.owner && note === undefined) return { kind: 'same' };
  const allowed: readonly IssueState[] = next[issue.state];
  if (isMoved && !allowed.includes(state)) {
    const message = `An issue that is ${issue.state} cannot become ${state}; expected ${allowed.join(', ')}`;
    return { kind: 'refused', code: 'wrongState', message };
  }
  if (isMoved && state === 'open' && note === undefined) {
    const message = 'To open an issue again, say why in a note';
    return { kind: 'refused', code: 'noteNeeded', message };
  }
  if (issue.changes >= issueChangesMax) {
    const message = `The issue has been changed ${issue.changes} times; expected at most ${issueChangesMax}`;
    return { kind: 'refused', code: 'tooManyChanges', message };
  }
  const { owner: _, ...rest } = issue;
  const owned = nextOwner === undefined ? {} : { owner: nextOwner };
  const change = {
    at,
    by,
    kind: 'changed' as const,
    ...(isMoved ? { from: issue.state } : {}),
    state,
    ...owned,
    ...(note === undefined ? {} : { note }),
  };
  // Only what may be absent was taken out, and put back.
  return { kind: 'changed', issue: withChange({ ...rest, ...owned, state } as unknown as T, change) };
}

/**
 * What becomes of an issue when its breaks are seen open or closed: it is resolved with them, unless a person has ended
 * it before; when they open anew its history says so, and what to do is left to people. Twice is once.
 */
export function followBreaks<T extends IssueProgress>(issue: T, seen: BreakState, at: string): T {
  if (issue.breaks === undefined || issue.breaks.seen === seen) return issue;
  const isEnded = issue.state === 'resolved' || issue.state === 'accepted';
  const state = seen === 'closed' && !isEnded ? 'resolved' : issue.state;
  const change: IssueChange = {
    at,
    by: 'system',
    kind: seen === 'closed' ? 'breakClosed' : 'breakReopened',
    ...(state === issue.state ? {} : { from: issue.state }),
    state,
    ...(issue.owner === undefined ? {} : { owner: issue.owner }),
  };
  const breaks: IssueBreaks = { ...issue.breaks, seen, ...(seen === 'closed' ? { hasClosed: true } : {}) };
  return withChange({ ...issue, breaks, state }, change);
}

/** Whether the difference came back after it had gone. */
export function isOpenAnew({ breaks }: Pick<IssueProgress, 'breaks'>): boolean {
  return breaks?.seen === 'open' && breaks.hasClosed === true;
}

function withChange<T extends IssueProgress>(issue: T, latest: IssueChange): T {
  return { ...issue, changes: issue.changes + 1, latest };
}
