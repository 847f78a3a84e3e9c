import type {
  Catalogue,
  CatalogueKind,
  Customer,
  Margin,
  MarginRule,
  Origin,
  Reseller,
  Subscription,
} from './catalogue.ts';
import { buyers, guards, marginKinds, marginLevels, pricedProductTypes } from './catalogue.ts';

/** A record as columns of text; what is absent is empty. The inverse of `fromFlat`. */
export type FlatRecord = Readonly<Record<string, string>>;

export type CatalogueRecord = Catalogue[CatalogueKind][number];

/** The record as the columns of its kind, in their order. */
export function toFlat(kind: CatalogueKind, record: CatalogueRecord): FlatRecord {
  const fields = new Map<string, unknown>(Object.entries(record));
  const at = (field: string) => textOf(fields.get(field));
  switch (kind) {
    case 'resellers':
      return pick(['id', 'mpnId', 'name', 'internalId', 'origin'], at);
    case 'customers':
      return pick(['id', 'name', 'domain', 'country', 'resellerId', 'internalId', 'origin'], at);
    case 'subscriptions': {
      const { resellerMargin, customerMargin } = record as Subscription;
      return {
        ...pick(['id', 'customerId', 'name', 'internalId', 'purchaseOrderNumber'], at),
        ...flatMargin('resellerMargin', resellerMargin),
        ...flatMargin('customerMargin', customerMargin),
        origin: at('origin'),
      };
    }
    case 'margins':
      return pick(['id', 'buyer', 'level', 'targetId', 'productType', 'kind', 'value', 'guards', 'from', 'to'], at);
  }
}

function pick(fields: readonly string[], at: (field: string) => string): FlatRecord {
  return Object.fromEntries(fields.map((field) => [field, at(field)]));
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '';
}

function flatMargin(prefix: string, margin: Margin | undefined): FlatRecord {
  return {
    [`${prefix}Kind`]: margin?.kind ?? '',
    [`${prefix}Value`]: margin?.value ?? '',
    [`${prefix}Guards`]: margin?.guards.join(' ') ?? '',
  };
}

/** The reseller that a flat record holds; its columns are checked before. */
export function toReseller(flat: FlatRecord): Reseller {
  const { id = '', mpnId = '' } = flat;
  return { id, mpnId, ...present(flat, ['name', 'internalId']), origin: originOf(flat) };
}

/** The customer that a flat record holds; its columns are checked before. */
export function toCustomer(flat: FlatRecord): Customer {
  const { id = '' } = flat;
  const fields = present(flat, ['name', 'domain', 'country', 'resellerId', 'internalId']);
  return { id, ...fields, origin: originOf(flat) };
}

/** The subscription that a flat record holds, with the margins that are its own. @throws Error as `toMarginRule` */
export function toSubscription(flat: FlatRecord): Subscription {
  const { id = '', customerId = '' } = flat;
  const resellerMargin = marginAt(flat, 'resellerMargin');
  const customerMargin = marginAt(flat, 'customerMargin');
  return {
    id,
    customerId,
    ...present(flat, ['name', 'internalId', 'purchaseOrderNumber']),
    ...(resellerMargin === undefined ? {} : { resellerMargin }),
    ...(customerMargin === undefined ? {} : { customerMargin }),
    origin: originOf(flat),
  };
}

/** @throws Error when a word is none of its set: the columns are checked before */
export function toMarginRule(flat: FlatRecord): MarginRule {
  const { id = '', value = '', from = '' } = flat;
  return {
    id,
    buyer: wordOf(buyers, flat, 'buyer'),
    level: wordOf(marginLevels, flat, 'level'),
    ...present(flat, ['targetId']),
    ...(flat['productType'] ? { productType: wordOf(pricedProductTypes, flat, 'productType') } : {}),
    kind: wordOf(marginKinds, flat, 'kind'),
    value,
    guards: guardsOf(flat['guards'] ?? ''),
    from,
    ...present(flat, ['to']),
  };
}

function marginAt(flat: FlatRecord, prefix: string): Margin | undefined {
  if (!flat[`${prefix}Kind`]) return undefined;
  return {
    kind: wordOf(marginKinds, flat, `${prefix}Kind`),
    value: flat[`${prefix}Value`] ?? '',
    guards: guardsOf(flat[`${prefix}Guards`] ?? ''),
  };
}

function guardsOf(words: string): Margin['guards'] {
  return guards.filter((guard) => words.split(' ').includes(guard));
}

function originOf(flat: FlatRecord): Origin {
  return flat['origin'] === 'discovered' ? 'discovered' : 'entered';
}

function wordOf<Word extends string>(words: readonly Word[], flat: FlatRecord, column: string): Word {
  const found = words.find((word) => word === flat[column]);
  if (found === undefined) throw new Error(`Column ${column}: '${flat[column]}' is none of ${words.join(', ')}`);
  return found;
}

/** The fields that hold something, as they are. */
function present<Field extends string>(
  flat: FlatRecord,
  fields: readonly Field[],
): { readonly [Name in Field]?: string } {
  const held: { [Name in Field]?: string } = {};
  for (const field of fields) {
    const value = flat[field];
    if (value !== undefined && value !== '') held[field] = value;
  }
  return held;
}
