import { describe, expect, it } from 'vitest';
import { issueBody, issueEditBody, issueFilter, issueLimits } from '../../shared/contracts/issues.ts';
import { issueRoutes } from '../../shared/contracts/routes/issues.ts';
import { routes } from '../../shared/contracts/routes.ts';

const runId = '0123456789abcdef0123456789abcdef';
const target = { kind: 'run', runId } as const;

describe('what a caller says of an issue', () => {
  it.each([
    { target },
    { target: { kind: 'subscription', runId, subscriptionId: '' } },
    { target: { kind: 'meter', runId, subscriptionId: 'x', meterKey: runId }, owner: 'Zoë', note: 'a\n\tb – 👩‍👩‍👧' },
    { target: { kind: 'lineItem', invoiceId: 'G1', lineKind: 'usage', part: 0, line: 1 }, note: '<b>=1+1</b>' },
    { target, note: 'x'.repeat(issueLimits.noteCharacters) },
  ])('is taken: %j', (body) => {
    expect(issueBody.safeParse(body).error).toBeUndefined();
  });

  it.each([
    ['nothing', {}],
    ['a key that is not known', { target, text: 'x' }],
    ['a kind that there is not', { target: { kind: 'invoice', invoiceId: 'G1' } }],
    ['a target with the parts of another', { target: { ...target, meterKey: runId } }],
    ['a run that cannot be one', { target: { kind: 'run', runId: "' or 1 eq 1" } }],
    [
      'a line that cannot be one',
      { target: { kind: 'lineItem', invoiceId: 'G1', lineKind: 'usage', part: -1, line: 0 } },
    ],
    [
      'a kind of lines that cannot be reported',
      { target: { kind: 'lineItem', invoiceId: 'G1', lineKind: 'dailyratedusage', part: 0, line: 1 } },
    ],
    ['a note that is too long', { target, note: 'x'.repeat(issueLimits.noteCharacters + 1) }],
    ['an empty note', { target, note: '' }],
    ['control characters', { target, note: 'a\u0000b' }],
    ['escapes of a terminal', { target, note: '\u001b[2J' }],
    ['carriage returns, which forge lines', { target, note: 'a\rb' }],
    ['text that runs backwards', { target, note: 'abc\u202edef' }],
    ['half a character', { target, note: '\ud800' }],
    ['an owner of two lines', { target, owner: 'a\nb' }],
    ['an owner that is too long', { target, owner: 'x'.repeat(issueLimits.ownerCharacters + 1) }],
  ])('is refused: %s', (_, body) => {
    expect(issueBody.safeParse(body).success).toBe(false);
  });

  it('is, of a change, a state, an owner or none, a note', () => {
    expect(issueEditBody.safeParse({ state: 'sent', owner: null, note: 'x' }).success).toBe(true);
    for (const wrong of [{ state: 'closed' }, { owner: '' }, { note: null }, { title: 'x' }, [], 'sent']) {
      expect(issueEditBody.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });

  it('is, of a list, filters that can be', () => {
    expect(issueFilter.safeParse({ state: 'open', billingCycle: '2026-10', runId, owner: 'Zoë' }).success).toBe(true);
    for (const wrong of [{ state: 'bogus' }, { billingCycle: '2026-13' }, { runId: 'x' }, { status: 'open' }]) {
      expect(issueFilter.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});

describe('the routes of issues', () => {
  it('are open to the CSP alone, and change things for its operators only', () => {
    for (const { method, path, callers } of Object.values(issueRoutes)) {
      expect(callers, path).toEqual(method === 'GET' ? ['csp.operator', 'csp.reader'] : ['csp.operator']);
    }
    expect(Object.keys(routes)).toEqual(expect.arrayContaining(Object.keys(issueRoutes)));
  });
});
