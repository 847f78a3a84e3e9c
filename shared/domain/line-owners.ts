import { lineReseller } from './line-reseller.ts';

/** Whose a line is: a customer's, and the reseller's that sold it; the empty text where the CSP sold it itself. */
export type LineOwner = { readonly customerId: string; readonly resellerMpnId: string };

/** Gathers whose the lines of a dataset are, each pair once. Memory grows with customers. */
export class LineOwners {
  readonly #mpnIds = new Map<string, Set<string>>();

  add({ customerId, resellerMpnId }: LineOwner): void {
    const known = this.#mpnIds.get(customerId) ?? new Set();
    this.#mpnIds.set(customerId, known.add(mpnIdOf(resellerMpnId)));
  }

  /** Ordered by customer, then by reseller. */
  sorted(): readonly LineOwner[] {
    const customers = [...this.#mpnIds].sort(([left], [right]) => (left < right ? -1 : 1));
    return customers.flatMap(([customerId, mpnIds]) =>
      [...mpnIds].sort().map((resellerMpnId) => ({ customerId, resellerMpnId })),
    );
  }
}

/** The MPN id of the reseller that a line names, in its one spelling; empty where it names none. */
export function mpnIdOf(written: string): string {
  const reseller = lineReseller(written);
  return reseller.kind === 'reseller' ? reseller.mpnId : '';
}
