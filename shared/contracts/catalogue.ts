import { z } from 'zod';
import type { CustomerForReseller, SubscriptionForReseller } from '../domain/caller-scope.ts';
import {
  buyers,
  type Catalogue,
  type CatalogueKind,
  type Customer,
  catalogueKinds,
  guards,
  type Margin,
  type MarginRule,
  marginKinds,
  marginLevels,
  origins,
  pricedProductTypes,
  type Reseller,
  type Subscription,
} from '../domain/catalogue.ts';
import type { MetFields } from '../domain/catalogue-discovery.ts';
import { catalogueColumns, type FieldRule, marginFaultOf } from '../domain/catalogue-fields.ts';
import { moment } from './values.ts';

/** Text in the one spelling that `rule` gives it; another spelling of the same is refused, not mended. */
function field({ read, expected }: FieldRule) {
  return z.string().refine((text) => read(text) === text, { error: `expected ${expected}` });
}

const { resellers, customers, subscriptions, margins } = catalogueColumns;

const marginFields = {
  kind: z.enum(marginKinds),
  value: field(margins.value),
  guards: z.array(z.enum(guards)).refine((words) => new Set(words).size === words.length, { error: 'a guard twice' }),
};

/** How a price is made from a cost; a value out of its range, and one that sells below cost without a word, is refused. */
const margin = z.strictObject(marginFields).check(({ value, issues }) => {
  const fault = marginFaultOf(value);
  if (fault !== undefined) {
    issues.push({
      code: 'custom',
      path: [fault.field],
      message: `expected ${fault.expected}`,
      input: value[fault.field],
    });
  }
}) satisfies z.ZodType<Margin>;

const origin = z.enum(origins);

/** Records as the catalogue keeps and serves them. What holds between records, `checkCatalogue` says. */
export const resellerRecord = z.strictObject({
  version: z.literal(1),
  id: field(resellers.id),
  mpnId: field(resellers.mpnId),
  name: field(resellers.name).exactOptional(),
  internalId: field(resellers.internalId).exactOptional(),
  origin,
}) satisfies z.ZodType<Reseller>;

export const customerRecord = z.strictObject({
  version: z.literal(1),
  id: field(customers.id),
  name: field(customers.name).exactOptional(),
  domain: field(customers.domain).exactOptional(),
  country: field(customers.country).exactOptional(),
  resellerId: field(customers.resellerId).exactOptional(),
  internalId: field(customers.internalId).exactOptional(),
  origin,
}) satisfies z.ZodType<Customer>;

export const subscriptionRecord = z.strictObject({
  version: z.literal(1),
  id: field(subscriptions.id),
  customerId: field(subscriptions.customerId),
  name: field(subscriptions.name).exactOptional(),
  internalId: field(subscriptions.internalId).exactOptional(),
  purchaseOrderNumber: field(subscriptions.purchaseOrderNumber).exactOptional(),
  resellerMargin: margin.exactOptional(),
  customerMargin: margin.exactOptional(),
  origin,
}) satisfies z.ZodType<Subscription>;

export const marginRecord = z
  .strictObject({
    version: z.literal(1),
    id: field(margins.id),
    buyer: z.enum(buyers),
    level: z.enum(marginLevels),
    targetId: field(margins.targetId).exactOptional(),
    productType: z.enum(pricedProductTypes).exactOptional(),
    ...marginFields,
    from: field(margins.from),
    to: field(margins.to).exactOptional(),
  })
  .check(({ value, issues }) => {
    const refuse = (path: string, message: string) =>
      issues.push({ code: 'custom', path: [path], message, input: value });
    const fault = marginFaultOf(value);
    if (fault !== undefined) refuse(fault.field, `expected ${fault.expected}`);
    if ((value.level === 'default') !== (value.targetId === undefined)) {
      refuse('targetId', value.level === 'default' ? 'expected none at level default' : `expected a ${value.level}`);
    }
    if (value.to !== undefined && value.to <= value.from) refuse('to', 'expected a day after from');
  }) satisfies z.ZodType<MarginRule>;

/** A customer as its reseller sees it: see `catalogueOfReseller`. */
export const customerForReseller = customerRecord.pick({
  id: true,
  name: true,
  domain: true,
  country: true,
  resellerId: true,
  internalId: true,
}) satisfies z.ZodType<CustomerForReseller>;

/** The same for a subscription. */
export const subscriptionForReseller = subscriptionRecord.pick({
  id: true,
  customerId: true,
  name: true,
  internalId: true,
  purchaseOrderNumber: true,
}) satisfies z.ZodType<SubscriptionForReseller>;

/** A whole catalogue, as files are made from and name it. */
export const catalogueDocument = z.strictObject({
  version: z.literal(1),
  resellers: z.array(resellerRecord),
  customers: z.array(customerRecord),
  subscriptions: z.array(subscriptionRecord),
  margins: z.array(marginRecord),
}) satisfies z.ZodType<Catalogue>;

/** What a person changed in a record, and when; the newest last. `removed` leaves the rest of its changes in place. */
export const recordedChange = z.strictObject({
  at: moment,
  /** The way that it came. */
  by: z.enum(['api', 'import']),
  /** Who it was, `tenant/object`; changes that are older than sign-in do not say. */
  principalId: z.string().exactOptional(),
  change: z.enum(['added', 'changed', 'removed']),
  fields: z.array(z.strictObject({ column: z.string(), before: z.string(), after: z.string() })).readonly(),
});
export type RecordedChange = z.infer<typeof recordedChange>;

const latest = z.strictObject({ day: z.string(), value: z.string() });

/** Of the fields that follow the invoices: their values, and the days of the lines that they come from. */
export const metFields = z.strictObject({
  name: latest.exactOptional(),
  domain: latest.exactOptional(),
  country: latest.exactOptional(),
  reseller: latest.exactOptional(),
  customerId: latest.exactOptional(),
}) satisfies z.ZodType<MetFields>;

/** A row of the catalogue's table. A record that was removed leaves what was changed in it. */
export const storedCatalogueRow = z.strictObject({
  version: z.literal(1),
  record: z.unknown().optional(),
  changes: z.array(recordedChange).readonly(),
  met: metFields.exactOptional(),
});

/** The schema of the records of each kind. */
export const catalogueRecords = {
  resellers: resellerRecord,
  customers: customerRecord,
  subscriptions: subscriptionRecord,
  margins: marginRecord,
} as const satisfies { readonly [kind in CatalogueKind]: z.ZodType };

/** Files of an import, as CSV; `name` is for messages. */
export const catalogueImportBody = z.strictObject({
  files: z
    .array(
      z.strictObject({ kind: z.enum(catalogueKinds), name: z.string().max(200).exactOptional(), text: z.string() }),
    )
    .min(1)
    .max(catalogueKinds.length),
});
