import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BreakState } from '../../shared/domain/breaks.ts';
import {
  editIssue,
  followBreaks,
  type IssueProgress,
  type IssueState,
  isOpenAnew,
  issueChangesMax,
  issueStates,
} from '../../shared/domain/issue.ts';

const who = { by: 'tenant/operator', at: '2026-11-22T08:00:00.000Z' } as const;

function issueOf(state: IssueState, more: Partial<IssueProgress> = {}): IssueProgress {
  return { state, changes: 1, latest: { at: who.at, by: who.by, kind: 'created', state }, ...more };
}

function edited(issue: IssueProgress, edit: Parameters<typeof editIssue>[1]): IssueProgress {
  const outcome = editIssue(issue, edit, who);
  if (outcome.kind !== 'changed') throw new Error(`Not changed: ${outcome.kind}`);
  return outcome.issue;
}

describe('an issue that somebody edits', () => {
  it('goes on as the states allow, and nowhere else', () => {
    const allowed = issueStates.flatMap((from) =>
      issueStates
        .filter((to) => from !== to && editIssue(issueOf(from), { state: to, note: 'why' }, who).kind === 'changed')
        .map((to) => `${from} ${to}`),
    );
    expect(allowed).toEqual([
      'open sent',
      'open resolved',
      'open accepted',
      'sent open',
      'sent resolved',
      'sent accepted',
      'resolved open',
      'accepted open',
    ]);
    expect(editIssue(issueOf('resolved'), { state: 'sent' }, who)).toMatchObject({
      kind: 'refused',
      code: 'wrongState',
    });
  });

  it('is opened again with a note only', () => {
    for (const state of ['sent', 'resolved', 'accepted'] as const) {
      expect(editIssue(issueOf(state), { state: 'open' }, who)).toMatchObject({ kind: 'refused', code: 'noteNeeded' });
      expect(edited(issueOf(state), { state: 'open', note: 'Microsoft asks again' })).toMatchObject({
        state: 'open',
        changes: 2,
        latest: { ...who, kind: 'changed', from: state, state: 'open', note: 'Microsoft asks again' },
      });
    }
  });

  it('gets an owner, another and none', () => {
    const owned = edited(issueOf('open'), { owner: 'Ann' });
    expect(owned.owner).toBe('Ann');
    expect(edited(owned, { owner: 'Bob' }).owner).toBe('Bob');
    expect(edited(owned, { owner: null })).not.toHaveProperty('owner');
    expect(edited(owned, { note: 'x' }).owner).toBe('Ann');
  });

  it('stays the same where nothing is said that is not so already', () => {
    expect(editIssue(issueOf('open', { owner: 'Ann' }), { state: 'open', owner: 'Ann' }, who)).toEqual({
      kind: 'same',
    });
    expect(editIssue(issueOf('open'), { owner: null }, who)).toEqual({ kind: 'same' });
  });

  it('takes only so many changes by people', () => {
    const full = issueOf('open', { changes: issueChangesMax });
    expect(editIssue(full, { note: 'one more' }, who)).toMatchObject({ kind: 'refused', code: 'tooManyChanges' });
  });
});

describe('an issue that follows its breaks', () => {
  const linked = (state: IssueState, seen: BreakState) => issueOf(state, { breaks: { breakIds: ['a'], seen } });

  it('is resolved when they close, unless it has ended', () => {
    for (const state of ['open', 'sent'] as const) {
      expect(followBreaks(linked(state, 'open'), 'closed', who.at)).toMatchObject({
        state: 'resolved',
        changes: 2,
        latest: { by: 'system', kind: 'breakClosed', from: state, state: 'resolved' },
      });
    }
    const accepted = followBreaks(linked('accepted', 'open'), 'closed', who.at);
    expect(accepted).toMatchObject({ state: 'accepted', latest: { kind: 'breakClosed', state: 'accepted' } });
    expect(accepted.latest).not.toHaveProperty('from');
  });

  it('says so when they open anew, and leaves its state to people', () => {
    const anew = followBreaks(followBreaks(linked('sent', 'open'), 'closed', who.at), 'open', who.at);
    expect(anew).toMatchObject({ state: 'resolved', changes: 3, latest: { by: 'system', kind: 'breakReopened' } });
    expect([isOpenAnew(linked('open', 'open')), isOpenAnew(anew)]).toEqual([false, true]);
  });

  it('is changed once however often it is told the same, and never without breaks', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<BreakState>('open', 'closed'), { maxLength: 20 }), (seen) => {
        const once = seen.reduce((issue, state) => followBreaks(issue, state, who.at), linked('open', 'open'));
        const twice = seen.reduce(
          (issue, state) => followBreaks(followBreaks(issue, state, who.at), state, who.at),
          linked('open', 'open'),
        );
        expect(twice).toEqual(once);
        const turns = ['open' as BreakState, ...seen].filter(
          (state, at, all) => at > 0 && state !== all[at - 1],
        ).length;
        expect(once.changes).toBe(1 + turns);
      }),
    );
    const bare = issueOf('open');
    expect(followBreaks(bare, 'closed', who.at)).toBe(bare);
  });
});
