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
  /** From which day each field of these records is, by id. */
  readonly met: { readonly [kind in MetKind]: ReadonlyMap<string, MetFields> };
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
export type Latest = { readonly day: string; readonly value: string };

/**
 * What lines say of a record, each field by itself: of two invoices the one whose line is of the later day counts, not
 * the one that was read last. A customer's `reseller` is an MPN id, or that it has none.
 */
export type MetFields = { readonly [field in MetField]?: Latest };
export const metFieldNames = ['name', 'domain', 'country', 'reseller', 'customerId'] as const;
type MetField = (typeof metFieldNames)[number];
export type MetKind = 'customers' | 'subscriptions';

/** What lines of earlier datasets said of a record; nothing of what a person wrote. */
export type MetBefore = (kind: MetKind, id: string) => MetFields | undefined;

type Gathered = { [field in MetField]?: Latest | undefined };
type MetSubscription = Gathered & { readonly customerIds: Set<string> };

const { name: nameRule, domain: domainRule, country: countryRule } = catalogueColumns.customers;

/** What lines name, whatever their order. Memory grows with customers and subscriptions, not with lines. */
export class Discovery {
  readonly #resellers = new Set<string>();
  readonly #customers = new Map<string, Gathered>();
  readonly #subscriptions = new Map<string, MetSubscription>();

  take(line: DiscoveryLine): void {
    const { day } = line;
    const reseller = lineReseller(line.resellerMpnId);
    if (reseller.kind === 'reseller') this.#resellers.add(reseller.mpnId);
    const customerId = foldId(line.customerId);
    if (customerId !== '') {
      const met: Gathered = this.#customers.get(customerId) ?? {};
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
    if (customerId === '') return;
    met.customerIds.add(customerId);
    met.customerId = later(met.customerId, { day: name.day, value: customerId });
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
    const added = new Set(subscriptions.map(({ id }) => id));
    const met = {
      customers: new Map(inOrder(this.#customers).map(([id, fields]) => [id, metFields(fields)])),
      subscriptions: new Map(
        inOrder(this.#subscriptions)
          .filter(([id]) => added.has(id))
          .map(([id, fields]) => [id, metFields(fields)]),
      ),
    };
    return { resellers: [...this.#resellers].toSorted(), customers, subscriptions, problems, met };
  }
}

/** What a line writes, as the catalogue may hold it; nothing where it may not: a name is no reason to refuse an invoice. */
function legible(rule: FieldRule, written: string): string {
  return rule.read(written) ?? '';
}

/** Stands for "no reseller", which is also something that a later line can say. */
const direct = '-';

function metFields(gathered: Gathered): MetFields {
  const fields = metFieldNames.flatMap((field) => (gathered[field] === undefined ? [] : [[field, gathered[field]]]));
  return Object.fromEntries(fields);
}

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

export type WithDiscovered = {
  readonly catalogue: Catalogue;
  readonly problems: readonly DiscoveryProblem[];
  /** What lines have said of the records that were met, now and before. */
  readonly met: Discovered['met'];
};

/**
 * The catalogue with what was met in it. What a person wrote stays: of a record that a person entered only name, domain
 * and country are filled in, and only where they are blank or were filled in before. A record that was itself discovered
 * follows the invoices, field by field the line of the latest day, in whatever order datasets come. An internal id, a
 * purchase order or a margin never changes. Twice is as once, and records never go.
 */
export function withDiscovered(
  catalogue: Catalogue,
  discovered: Discovered,
  before: MetBefore = () => undefined,
): WithDiscovered {
  const resellers = withResellers(catalogue.resellers, discovered.resellers);
  const resellerIds = new Map(resellers.map(({ mpnId, id }) => [mpnId, id]));
  const problems = [...discovered.problems];
  const customers = merged(catalogue.customers, discovered.met.customers, (id, now, known) => {
    const fields = mergedFields(known, now, before('customers', id), ['reseller']);
    const { resellerId: knownResellerId, ...rest } = known ?? { id, origin: 'discovered' as const };
    const resellerId = fields.reseller === undefined ? knownResellerId : resellerIds.get(fields.reseller.value);
    const record: Customer = {
      ...rest,
      ...values(fields, ['name', 'domain', 'country']),
      ...(resellerId === undefined ? {} : { resellerId }),
    };
    return { record, fields };
  });
  const owners = new Map(discovered.subscriptions.map(({ id, customerId }) => [id, customerId]));
  const subscriptions = merged(catalogue.subscriptions, discovered.met.subscriptions, (id, now, known) => {
    const fields = mergedFields(known, now, before('subscriptions', id), ['customerId']);
    const customerId = owners.get(id) ?? '';
    if (known?.origin === 'entered' && known.customerId !== customerId) problems.push(otherCustomer(known, customerId));
    const rest: Subscription = known ?? { id, customerId, origin: 'discovered' };
    return { record: { ...rest, ...values(fields, ['name', 'customerId']) }, fields };
  });
  return {
    catalogue: { ...catalogue, resellers, customers: customers.records, subscriptions: subscriptions.records },
    problems,
    met: { customers: customers.met, subscriptions: subscriptions.met },
  };
}

/** The fields of a record that follow the lines. `owned`: those that lines never give to what a person entered. */
function mergedFields(
  known: Customer | Subscription | undefined,
  now: MetFields,
  before: MetFields = {},
  owned: readonly MetField[],
): MetFields {
  const isEntered = known?.origin === 'entered';
  const fields: Gathered = { ...before };
  for (const field of metFieldNames) {
    const next = now[field];
    if (next === undefined) continue;
    const isPersons = before[field] === undefined && known !== undefined && Reflect.get(known, field) !== undefined;
    if (isEntered && (owned.includes(field) || isPersons)) continue;
    fields[field] = later(before[field], next);
  }
  return metFields(fields);
}

function values<Field extends MetField>(
  fields: MetFields,
  names: readonly Field[],
): { readonly [Name in Field]?: string } {
  const held: { [Name in Field]?: string } = {};
  for (const name of names) {
    const value = fields[name]?.value;
    if (value !== undefined) held[name] = value;
  }
  return held;
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

/** Known records, changed where they were met, and the new ones after them; and what lines say of those that were met. */
function merged<Entry extends { readonly id: string }>(
  known: readonly Entry[],
  met: ReadonlyMap<string, MetFields>,
  merge: (
    id: string,
    now: MetFields,
    known: Entry | undefined,
  ) => { readonly record: Entry; readonly fields: MetFields },
): { readonly records: readonly Entry[]; readonly met: ReadonlyMap<string, MetFields> } {
  const all = new Map<string, MetFields>();
  const knownIds = new Set(known.map(({ id }) => id));
  const take = (id: string, now: MetFields, entry: Entry | undefined): Entry => {
    const { record, fields } = merge(id, now, entry);
    all.set(id, fields);
    return record;
  };
  const kept = known.map((entry) => {
    const now = met.get(entry.id);
    return now === undefined ? entry : take(entry.id, now, entry);
  });
  const added = [...met].filter(([id]) => !knownIds.has(id)).map(([id, now]) => take(id, now, undefined));
  return { records: [...kept, ...added], met: all };
}

function otherCustomer(known: Subscription, customerId: string): DiscoveryProblem {
  const message = `Lines give subscription '${known.id}' to customer '${customerId}'; the catalogue says '${known.customerId}', which was entered and stays`;
  return { code: 'subscriptionOfAnotherCustomer', subscriptionId: known.id, message };
}
