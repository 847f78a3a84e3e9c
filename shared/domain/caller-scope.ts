import type { CallerScope } from './caller.ts';
import type { Catalogue, Customer, Subscription } from './catalogue.ts';
import type { Audience } from './file-columns.ts';
import { type FileKind, isCustomerFileKind } from './file-kinds.ts';
import { foldId } from './ids.ts';
import { type LineOwner, mpnIdOf } from './line-owners.ts';
import { foldMpnId } from './line-reseller.ts';

/*
 * What of invoices, lines, files and catalogue a caller sees. Every handler asks here, and nothing else decides it: what
 * is not said to be somebody's is nobody's but the CSP's.
 */

/** Lines through somebody's eyes: in the columns and prices of `audience`, and of the lines only these. */
export type LineView = {
  readonly audience: Audience;
  /** Only lines of these customers; of all where it is undefined, of none where it is empty. */
  readonly customerIds: readonly string[] | undefined;
  /** Only lines that these resellers sold, likewise. */
  readonly mpnIds: readonly string[] | undefined;
};

/** What a caller asks to see of lines. `audience`: through whose eyes, its own where it does not say. */
export type LineWish = {
  readonly audience?: Audience | undefined;
  readonly customerId?: string | undefined;
  readonly resellerMpnId?: string | undefined;
};

/** `notOpen`: to nobody of this role, whatever there is. `missing`: the wish must say whose eyes they are. */
export type Refusal =
  | { readonly kind: 'notOpen'; readonly parameter: 'audience' | 'resellerMpnId' }
  | { readonly kind: 'missing'; readonly parameter: 'customerId' | 'resellerMpnId' };

export type LineViewOutcome = { readonly kind: 'view'; readonly view: LineView } | Refusal;

/** What of the lines of an invoice a caller sees who asks for `wish`. What is not the caller's is not in the view. */
export function lineViewOf(caller: CallerScope, wish: LineWish): LineViewOutcome {
  const customerIds = wish.customerId === undefined ? undefined : [foldId(wish.customerId)];
  const mpnIds = wish.resellerMpnId === undefined ? undefined : [foldMpnId(wish.resellerMpnId)];
  switch (caller.role) {
    case 'csp.operator':
    case 'csp.reader': {
      const audience = wish.audience ?? 'csp';
      if (audience === 'customer' && customerIds === undefined) return { kind: 'missing', parameter: 'customerId' };
      if (audience === 'reseller' && mpnIds === undefined) return { kind: 'missing', parameter: 'resellerMpnId' };
      return { kind: 'view', view: { audience, customerIds, mpnIds } };
    }
    case 'reseller': {
      const audience = wish.audience ?? 'reseller';
      if (audience === 'csp') return { kind: 'notOpen', parameter: 'audience' };
      if (audience === 'customer' && customerIds === undefined) return { kind: 'missing', parameter: 'customerId' };
      const own = ownMpnIds(caller);
      return { kind: 'view', view: { audience, customerIds, mpnIds: mpnIds?.filter((id) => own.includes(id)) ?? own } };
    }
    case 'customer': {
      if (wish.audience !== undefined && wish.audience !== 'customer')
        return { kind: 'notOpen', parameter: 'audience' };
      // Who sells to a customer is between the two of them and the CSP; a filter would tell of sellers before.
      if (mpnIds !== undefined) return { kind: 'notOpen', parameter: 'resellerMpnId' };
      const own = ownCustomerIds(caller);
      const seen = customerIds?.filter((id) => own.includes(id)) ?? own;
      return { kind: 'view', view: { audience: 'customer', customerIds: seen, mpnIds: undefined } };
    }
  }
}

/** Whether a line, or lines of this owner, stand in a view. The line itself says whose it is. */
export function isInView({ customerIds, mpnIds }: LineView, line: LineOwner): boolean {
  return (
    (customerIds === undefined || customerIds.includes(line.customerId)) &&
    (mpnIds === undefined || mpnIds.includes(mpnIdOf(line.resellerMpnId)))
  );
}

/** The kinds of lines that a caller may see at all. */
export function isKindOf(caller: CallerScope, kind: FileKind): boolean {
  return caller.role !== 'customer' || isCustomerFileKind(kind);
}

/** Whether a caller is of the CSP, who sees everything. */
export function isOfCsp(caller: CallerScope): boolean {
  return caller.role === 'csp.operator' || caller.role === 'csp.reader';
}

/** Whose a reconciliation file is, as it is asked for and kept. */
export type FileOwner =
  | { readonly audience: 'csp' }
  | { readonly audience: 'reseller'; readonly resellerMpnId: string }
  | { readonly audience: 'customer'; readonly customerId: string; readonly resellerMpnId?: string };

/** `notFound`: of somebody else, or of nobody. */
export type FileOwnerOutcome =
  | { readonly kind: 'owner'; readonly owner: FileOwner }
  | { readonly kind: 'notFound' }
  | Refusal;

/**
 * Whose the file is that a caller gets who asks for one of `wanted`. What a caller says of itself is held against what
 * it is: a reseller's file of a customer has the lines alone that this reseller sold.
 */
export function fileOwnerOf(caller: CallerScope, wanted: FileOwner): FileOwnerOutcome {
  switch (caller.role) {
    case 'csp.operator':
    case 'csp.reader':
      return { kind: 'owner', owner: wanted };
    case 'reseller': {
      if (wanted.audience === 'csp') return { kind: 'notOpen', parameter: 'audience' };
      const own = ownMpnIds(caller);
      const said = wanted.resellerMpnId === undefined ? undefined : foldMpnId(wanted.resellerMpnId);
      if (said === undefined && own.length > 1) return { kind: 'missing', parameter: 'resellerMpnId' };
      const resellerMpnId = said ?? own[0];
      if (resellerMpnId === undefined || !own.includes(resellerMpnId)) return { kind: 'notFound' };
      return { kind: 'owner', owner: { ...wanted, resellerMpnId } };
    }
    case 'customer':
      if (wanted.audience !== 'customer') return { kind: 'notOpen', parameter: 'audience' };
      if (wanted.resellerMpnId !== undefined) return { kind: 'notOpen', parameter: 'resellerMpnId' };
      if (!ownCustomerIds(caller).includes(foldId(wanted.customerId))) return { kind: 'notFound' };
      return { kind: 'owner', owner: wanted };
  }
}

/** Whether a caller sees a file: a reseller what was made for it or through it, a customer all that is its own. */
export function isFileOf(
  caller: CallerScope,
  file: { readonly audience: Audience; readonly customerId?: string; readonly resellerMpnId?: string },
): boolean {
  switch (caller.role) {
    case 'csp.operator':
    case 'csp.reader':
      return true;
    case 'reseller':
      return (
        file.audience !== 'csp' &&
        file.resellerMpnId !== undefined &&
        ownMpnIds(caller).includes(foldMpnId(file.resellerMpnId))
      );
    case 'customer':
      return (
        file.audience === 'customer' &&
        file.customerId !== undefined &&
        ownCustomerIds(caller).includes(foldId(file.customerId))
      );
  }
}

/** What resellers see of their customers and these customers' subscriptions: never a margin, never another reseller. */
export type CustomerForReseller = Pick<Customer, 'id' | 'name' | 'domain' | 'country' | 'resellerId' | 'internalId'>;
export type SubscriptionForReseller = Pick<
  Subscription,
  'id' | 'customerId' | 'name' | 'internalId' | 'purchaseOrderNumber'
>;

/**
 * The customers that a reseller has now and their subscriptions, in the order of the catalogue. A customer that has gone
 * to another is no longer there: what the reseller sold to it before, its lines and files still show.
 */
export function catalogueOfReseller(
  caller: Extract<CallerScope, { readonly role: 'reseller' }>,
  { resellers, customers, subscriptions }: Pick<Catalogue, 'resellers' | 'customers' | 'subscriptions'>,
): { readonly customers: readonly CustomerForReseller[]; readonly subscriptions: readonly SubscriptionForReseller[] } {
  const own = ownMpnIds(caller);
  const resellerIds = new Set(resellers.filter(({ mpnId }) => own.includes(mpnId)).map(({ id }) => id));
  const ownCustomers = customers.filter(({ resellerId }) => resellerId !== undefined && resellerIds.has(resellerId));
  const customerIds = new Set(ownCustomers.map(({ id }) => id));
  return {
    customers: ownCustomers.map((customer) =>
      picked(customer, ['id', 'name', 'domain', 'country', 'resellerId', 'internalId']),
    ),
    subscriptions: subscriptions
      .filter(({ customerId }) => customerIds.has(customerId))
      .map((subscription) => picked(subscription, ['id', 'customerId', 'name', 'internalId', 'purchaseOrderNumber'])),
  };
}

/** The named fields of a record and no others, so that a field that is added some day is not seen by itself. */
function picked<T extends object, K extends keyof T>(record: T, fields: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    fields.flatMap((field) => (record[field] === undefined ? [] : [[field, record[field]]])),
  ) as Pick<T, K>;
}

function ownMpnIds({ resellerMpnIds }: { readonly resellerMpnIds: readonly string[] }): readonly string[] {
  // The empty id stands for lines that no reseller sold; no grant makes somebody own those.
  return resellerMpnIds.map(mpnIdOf).filter((id) => id !== '');
}

function ownCustomerIds({ customerIds }: { readonly customerIds: readonly string[] }): readonly string[] {
  return customerIds.map(foldId).filter((id) => id !== '');
}
