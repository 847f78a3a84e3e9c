import type { Problem } from './problem.ts';
import type { SourcePlace } from './source-place.ts';

type Owned = SourcePlace & { readonly subscriptionId: string; readonly customerId: string };

/** Holds which customer each subscription belongs to. Memory grows with subscriptions. */
export class SubscriptionOwners {
  readonly #owners = new Map<string, Owned>();

  /**
   * Takes the customer that a row names for its subscription; rows that name none say nothing.
   * @returns the problem when an earlier row has named another one: a bill would go to the wrong customer
   */
  take(row: Owned, column: string): Problem | undefined {
    const { subscriptionId, customerId, file, line } = row;
    if (subscriptionId === '' || customerId === '') return undefined;
    const known = this.#owners.get(subscriptionId);
    if (known === undefined) {
      this.#owners.set(subscriptionId, { subscriptionId, customerId, file, line });
      return undefined;
    }
    if (known.customerId === customerId) return undefined;
    const there = `${known.file === file ? '' : `${known.file}, `}line ${known.line}`;
    return {
      code: 'twoCustomers',
      file,
      line,
      column,
      value: customerId,
      message: `${file}, line ${line}, column ${column}: subscription ${subscriptionId} is of customer ${customerId} here and of ${known.customerId} on ${there}; expected one customer`,
    };
  }
}
