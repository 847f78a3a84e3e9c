/** What somebody may do with the API. The first two are people of the CSP; the others see what is theirs alone. */
export const roles = ['csp.operator', 'csp.reader', 'reseller', 'customer'] as const;
export type Role = (typeof roles)[number];

/** Whom a request comes from, as its verified token and our own grants say; never as the request says. */
export type Caller = {
  /** The tenant and the object id of the token, `tid/oid`: what grants, rate limits and the record of changes go by. */
  readonly principalId: string;
} & CallerScope;

/** What is theirs: all of it; the lines whose reseller has one of these MPN ids; the lines of these customers' tenants. */
export type CallerScope =
  | { readonly role: 'csp.operator' | 'csp.reader' }
  | { readonly role: 'reseller'; readonly resellerMpnIds: readonly string[] }
  | { readonly role: 'customer'; readonly customerIds: readonly string[] };
