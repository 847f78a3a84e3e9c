import type { Catalogue, Customer, Reseller, Subscription } from './catalogue.ts';
import { catalogueColumns, type FieldRule } from './catalogue-fields.ts';
import { foldId } from './ids.ts';
import { lineReseller } from './line-reseller.ts';

/** What a line tells of those it belongs to. Absent text is empty. */
export type DiscoveryLine = {
  readonly customerId: string;
  readonly customerName: string;
  readonly customerDomainName: string;
  readonly customerCountry: string;
  readonly resellerMpnId: string;
  /** The plan and, for usage, the Azure subscription, each with its name. */
  readonly subscriptions: readonly { readonly id: string; readonly name: string }[];
  /** The day that the charge is for: of two names the later one counts. Empty is earlier than every day. */
  readonly day: string;
};

/** What was met, each once, in the order of ids. */
export type Discovered = {
  /** MPN ids. */
  readonly resellers: readonly string[];
  readonly customers: readonly DiscoveredCustomer[];
  readonly subscriptions: readonly DiscoveredSubscription[];
  /** Subscriptions that lines give to no customer, or to several: they are not added, a person must say whose they are. */
  readonly problems: readonly DiscoveryProblem[];
};

export type DiscoveredCustomer = Pick<Customer, 'id' | 'name' | 'domain' | 'country'> & {
  /** The reseller of the customer's latest line; absent where the CSP sells to it. */
  readonly resellerMpnId?: string;
};
export type DiscoveredSubscription = Pick<Subscription, 'id' | 'customerId' | 'name'>;

export type DiscoveryProblem = {
  readonly code: 'subscriptionWithoutCustomer' | 'subscriptionOfTwoCustomers' | 'subscriptionOfAnotherCustomer';
  readonly subscriptionId: string;
  readonly message: string;
};

/** A value and the day of the line that it comes from. */
type Latest = { readonly day: string; readonly value: string };

type MetCustomer = { [field in 'name' | 'domain' | 'country' | 'reseller']?: Latest | undefined };
type MetSubscription = { name?: Latest | undefined; readonly customerIds: Set<string> };

const { name: nameRule, domain: domainRule, country: countryRule } = catalogueColumns.customers;

/** What the lines name, whatever their order. Memory grows with customers and subscriptions, not with lines. */
export function discoveredFrom(lines: Iterable<DiscoveryLine>): Discovered {
  const discovery = new Discovery();
  for (const line of lines) discovery.take(line);
  return discovery.found();
}

/** The same for lines that come as a stream. */
export class Discovery {
  readonly #resellers = new Set<string>();
  readonly #customers = new Map<string, MetCustomer>();
  readonly #subscriptions = new Map<string, MetSubscription>();

  take(line: DiscoveryLine): void {
    const { day } = line;
    const reseller = lineReseller(line.resellerMpnId);
    if (reseller.kind === 'reseller') this.#resellers.add(reseller.mpnId);
    const customerId = foldId(line.customerId);
    if (customerId !== '') {
      const met: MetCustomer = this.#customers.get(customerId) ?? {};
      this.#customers.set(customerId, met);
      met.name = later(met.name, { day, value: legible(nameRule, line.customerName) });
      met.domain = later(met.domain, { day, value: legible(domainRule, line.customerDomainName) });
      met.country = later(met.country, { day, value: legible(countryRule, line.customerCountry) });
      met.reseller = later(met.reseller, { day, value: reseller.kind === 'reseller' ? reseller.mpnId : direct });
    }
    for (const { id, name } of line.subscriptions)
      this.#takeSubscription(foldId(id), customerId, { day, value: legible(nameRule, name) });
  }

  #takeSubscription(id: string, customerId: string, name: Latest): void {
    if (id === '') return;
    const met: MetSubscription = this.#subscriptions.get(id) ?? { customerIds: new Set() };
    this.#subscriptions.set(id, met);
    met.name = later(met.name, name);
    if (customerId !== '') met.customerIds.add(customerId);
  }

  found(): Discovered {
    const problems: DiscoveryProblem[] = [];
    const subscriptions: DiscoveredSubscription[] = [];
    for (const [id, met] of inOrder(this.#subscriptions)) {
      const [customerId, ...others] = [...met.customerIds].toSorted();
      if (customerId === undefined || others.length > 0)
        problems.push(ownerProblem(id, [...met.customerIds].toSorted()));
      else subscriptions.push({ id, customerId, ...named('name', met.name) });
    }
    const customers = inOrder(this.#customers).map(([id, met]) => ({
      id,
      ...named('name', met.name),
      ...named('domain', met.domain),
      ...named('country', met.country),
      ...(met.reseller?.value === direct ? {} : named('resellerMpnId', met.reseller)),
    }));
    return { resellers: [...this.#resellers].toSorted(), customers, subscriptions, problems };
  }
}

/** What a line writes, as the catalogue may hold it; nothing where it may not: a name is no reason to refuse an invoice. */
function legible(rule: FieldRule, written: string): string {
  return rule.read(written) ?? '';
}

/** Stands for "no reseller", which is also something that a later line can say. */
const direct = '-';

/** The later of two values; of the same day the lesser one, so that the order of lines does not matter. */
function later(known: Latest | undefined, next: Latest): Latest | undefined {
  if (next.value === '') return known;
  if (known === undefined || next.day > known.day) return next;
  return next.day === known.day && next.value < known.value ? next : known;
}

function named<Field extends string>(field: Field, latest: Latest | undefined): { readonly [Name in Field]?: string } {
  const held: { [Name in Field]?: string } = {};
  if (latest !== undefined) held[field] = latest.value;
  return held;
}

function inOrder<Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return [...map].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function ownerProblem(subscriptionId: string, customerIds: readonly string[]): DiscoveryProblem {
  if (customerIds.length === 0) {
    const message = `No line names the customer of subscription '${subscriptionId}'; expected one, add it to the catalogue`;
    return { code: 'subscriptionWithoutCustomer', subscriptionId, message };
  }
  const message = `Lines give subscription '${subscriptionId}' to customers ${customerIds.map((id) => `'${id}'`).join(' and ')}; expected one`;
  return { code: 'subscriptionOfTwoCustomers', subscriptionId, message };
}

/**
 * The catalogue with what was met in it. What a person wrote stays: of a record that a person entered only name, domain
 * and country are filled in, and only where they are blank. A record that was itself discovered follows the invoices. An
 * internal id, a purchase order or a margin never changes. Twice is as once, and records never go.
 */
export function withDiscovered(
  catalogue: Catalogue,
  discovered: Discovered,
): { readonly catalogue: Catalogue; readonly problems: readonly DiscoveryProblem[] } {
  const resellers = withResellers(catalogue.resellers, discovered.resellers);
  const resellerIds = new Map(resellers.map(({ mpnId, id }) => [mpnId, id]));
  const metCustomers = discovered.customers.map(({ resellerMpnId, ...customer }): Customer => {
    const resellerId = resellerMpnId === undefined ? undefined : resellerIds.get(resellerMpnId);
    return { ...customer, ...(resellerId === undefined ? {} : { resellerId }), origin: 'discovered' };
  });
  const problems = [...discovered.problems];
  const customers = merged(catalogue.customers, metCustomers, (known, met) =>
    known.origin === 'entered' ? { ...withoutReseller(met), ...known } : { ...withoutReseller(known), ...met },
  );
  const metSubscriptions = discovered.subscriptions.map((met): Subscription => ({ ...met, origin: 'discovered' }));
  const subscriptions = merged(catalogue.subscriptions, metSubscriptions, (known, met) => {
    if (known.origin === 'discovered') return { ...known, ...met };
    if (known.customerId !== met.customerId) problems.push(otherCustomer(known, met));
    return { ...met, ...known };
  });
  return { catalogue: { ...catalogue, resellers, customers, subscriptions }, problems };
}

function withResellers(known: readonly Reseller[], mpnIds: readonly string[]): readonly Reseller[] {
  const knownMpnIds = new Set(known.map(({ mpnId }) => mpnId));
  const ids = new Set(known.map(({ id }) => id));
  const added = mpnIds
    .filter((mpnId) => !knownMpnIds.has(mpnId))
    .map((mpnId): Reseller => {
      let id = `mpn-${mpnId}`;
      while (ids.has(id)) id += '-';
      return { id, mpnId, origin: 'discovered' };
    });
  return [...known, ...added];
}

/** Known records, changed where they were met, and the new ones after them. */
function merged<Entry extends { readonly id: string }>(
  known: readonly Entry[],
  met: readonly Entry[],
  change: (known: Entry, met: Entry) => Entry,
): readonly Entry[] {
  const byId = new Map(met.map((entry) => [entry.id, entry]));
  const knownIds = new Set(known.map(({ id }) => id));
  const kept = known.map((entry) => {
    const found = byId.get(entry.id);
    return found === undefined ? entry : change(entry, found);
  });
  return [...kept, ...met.filter(({ id }) => !knownIds.has(id))];
}

function withoutReseller(customer: Customer): Customer {
  const { resellerId: _resellerId, ...rest } = customer;
  return rest;
}

function otherCustomer(known: Subscription, met: DiscoveredSubscription): DiscoveryProblem {
  const message = `Lines give subscription '${known.id}' to customer '${met.customerId}'; the catalogue says '${known.customerId}', which was entered and stays`;
  return { code: 'subscriptionOfAnotherCustomer', subscriptionId: known.id, message };
}
