import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallerScope } from '../../shared/domain/caller.ts';
import {
  catalogueOfReseller,
  type FileOwner,
  fileOwnerOf,
  isFileOf,
  isInView,
  isKindOf,
  type LineWish,
  lineViewOf,
} from '../../shared/domain/caller-scope.ts';
import { audiences, fileKinds } from '../../shared/domain/file-kinds.ts';
import { LineOwners } from '../../shared/domain/line-owners.ts';

const mpnIds = ['111', '222', '0333'];
const customerIds = ['aaa', 'bbb', 'ccc'];
const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

const callers: fc.Arbitrary<CallerScope> = fc.oneof(
  fc.record({
    role: fc.constant('reseller' as const),
    resellerMpnIds: fc.subarray([...mpnIds, '0', '', '-1', '00111']),
  }),
  fc.record({ role: fc.constant('customer' as const), customerIds: fc.subarray([...customerIds, '', 'AAA']) }),
);
const wishes: fc.Arbitrary<LineWish> = fc.record({
  audience: maybe(audiences),
  customerId: maybe([...customerIds, 'BBB']),
  resellerMpnId: maybe([...mpnIds, '0', '0222', '333']),
});
const lines = fc.record({
  customerId: fc.constantFrom(...customerIds, ''),
  resellerMpnId: fc.constantFrom(...mpnIds, '333', '0111', '', '0', '-1', '–1'),
});

/** Whose a line is, in other words than the module's. */
function isTheirs(caller: CallerScope, line: { readonly customerId: string; readonly resellerMpnId: string }): boolean {
  if (caller.role === 'reseller')
    return caller.resellerMpnIds.some((id) => Number(id) > 0 && Number(id) === Number(line.resellerMpnId));
  if (caller.role === 'customer')
    return caller.customerIds.some((id) => id !== '' && id.toLowerCase() === line.customerId);
  return true;
}

describe('the view of a caller', () => {
  it('never has a line that is not theirs, nor the eyes of the CSP, whatever they ask', () => {
    fc.assert(
      fc.property(callers, wishes, lines, (caller, wish, line) => {
        const outcome = lineViewOf(caller, wish);
        if (outcome.kind !== 'view') return;
        expect(outcome.view.audience).not.toBe('csp');
        if (caller.role === 'customer') expect(outcome.view.audience).toBe('customer');
        if (isInView(outcome.view, line)) expect(isTheirs(caller, line)).toBe(true);
      }),
    );
  });

  it('has every line that is theirs where they ask for nothing special', () => {
    fc.assert(
      fc.property(callers, lines, (caller, line) => {
        const outcome = lineViewOf(caller, {});
        if (outcome.kind !== 'view') throw new Error('There is always a view of one’s own');
        expect(isInView(outcome.view, line)).toBe(isTheirs(caller, line));
      }),
    );
  });

  it('of the CSP has every line, and through another’s eyes what that one has', () => {
    fc.assert(
      fc.property(lines, (line) => {
        const view = (wish: LineWish) => {
          const outcome = lineViewOf({ role: 'csp.reader' }, wish);
          return outcome.kind === 'view' && isInView(outcome.view, line);
        };
        expect(view({})).toBe(true);
        expect(view({ audience: 'reseller', resellerMpnId: '0111' })).toBe(
          isTheirs({ role: 'reseller', resellerMpnIds: ['111'] }, line),
        );
        expect(view({ audience: 'customer', customerId: 'AAA' })).toBe(line.customerId === 'aaa');
      }),
    );
  });

  it('of a customer has no kinds but those that customers get', () => {
    expect(fileKinds.filter((kind) => isKindOf({ role: 'customer', customerIds: ['aaa'] }, kind))).toEqual([
      'onetime',
      'license',
    ]);
    expect(fileKinds.filter((kind) => isKindOf({ role: 'reseller', resellerMpnIds: ['111'] }, kind))).toEqual(
      fileKinds,
    );
  });
});

const owners: fc.Arbitrary<FileOwner> = fc.oneof(
  fc.constant({ audience: 'csp' as const }),
  fc.record({ audience: fc.constant('reseller' as const), resellerMpnId: fc.constantFrom(...mpnIds, '999') }),
  fc.record(
    {
      audience: fc.constant('customer' as const),
      customerId: fc.constantFrom(...customerIds, 'AAA'),
      resellerMpnId: fc.constantFrom(...mpnIds, '999'),
    },
    { requiredKeys: ['audience', 'customerId'] },
  ),
);

describe('the file of a caller', () => {
  it('that it may ask for, it sees; and it sees none that it could not have asked for', () => {
    fc.assert(
      fc.property(callers, owners, (caller, wanted) => {
        const outcome = fileOwnerOf(caller, wanted);
        if (outcome.kind === 'owner') {
          expect(isFileOf(caller, outcome.owner)).toBe(true);
          expect(outcome.owner.audience).not.toBe('csp');
          if (caller.role === 'reseller') expect(outcome.owner).toHaveProperty('resellerMpnId');
        } else if (caller.role === 'reseller') expect(isFileOf(caller, wanted)).toBe(false);
      }),
    );
  });

  it('is all of them for the CSP', () => {
    fc.assert(
      fc.property(owners, (wanted) => {
        expect(fileOwnerOf({ role: 'csp.operator' }, wanted)).toEqual({ kind: 'owner', owner: wanted });
        expect(isFileOf({ role: 'csp.reader' }, wanted)).toBe(true);
      }),
    );
  });
});

describe('the catalogue of a reseller', () => {
  const origin = 'entered' as const;
  const margin = { kind: 'markup', value: '0.1', guards: [] } as const;
  const catalogue = {
    resellers: [
      { id: 'one', mpnId: '111', origin },
      { id: 'two', mpnId: '222', origin },
    ],
    customers: [
      { id: 'aaa', resellerId: 'one', name: 'A', origin },
      { id: 'bbb', resellerId: 'two', name: 'B', origin },
      { id: 'ccc', name: 'C', origin },
    ],
    subscriptions: [
      {
        id: 's-aaa',
        customerId: 'aaa',
        purchaseOrderNumber: 'PO',
        resellerMargin: margin,
        customerMargin: margin,
        origin,
      },
      { id: 's-bbb', customerId: 'bbb', origin },
      { id: 's-ccc', customerId: 'ccc', origin },
    ],
  };

  it('has its own customers and their subscriptions, and of them no margins', () => {
    expect(catalogueOfReseller({ role: 'reseller', resellerMpnIds: ['0111'] }, catalogue)).toEqual({
      customers: [{ id: 'aaa', name: 'A', resellerId: 'one' }],
      subscriptions: [{ id: 's-aaa', customerId: 'aaa', purchaseOrderNumber: 'PO' }],
    });
  });

  it.each([[[]], [['0']], [['']], [['999']]])('is empty for whoever is none: %j', (resellerMpnIds) => {
    expect(catalogueOfReseller({ role: 'reseller', resellerMpnIds }, catalogue)).toEqual({
      customers: [],
      subscriptions: [],
    });
  });
});

describe('the owners of lines', () => {
  it('are each there once, whatever the order and the spelling', () => {
    fc.assert(
      fc.property(fc.array(lines), (some) => {
        const gathered = (all: typeof some) => {
          const of = new LineOwners();
          for (const line of all) of.add(line);
          return of.sorted();
        };
        const sorted = gathered(some);
        expect(gathered(some.toReversed())).toEqual(sorted);
        expect(new Set(sorted.map((owner) => JSON.stringify(owner))).size).toBe(sorted.length);
        const named = (mpnId: string) => (Number(mpnId) > 0 ? String(Number(mpnId)) : '');
        expect(new Set(sorted.map(({ customerId, resellerMpnId }) => `${customerId} ${resellerMpnId}`))).toEqual(
          new Set(some.map(({ customerId, resellerMpnId }) => `${customerId} ${named(resellerMpnId)}`)),
        );
      }),
    );
  });
});
