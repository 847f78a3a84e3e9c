import { z } from 'zod';
import { catalogueKinds } from '../../domain/catalogue.ts';
import {
  catalogueImportBody,
  customerForReseller,
  customerRecord,
  marginRecord,
  recordedChange,
  resellerRecord,
  subscriptionForReseller,
  subscriptionRecord,
} from '../catalogue.ts';
import { defineRoute } from '../route.ts';
import { cspRoles, noFilters, operatorOnly, pageOf } from '../route-values.ts';

/** Files of an import together, as JSON. */
export const catalogueImportBytesMax = 32 * 1024 * 1024;

const kind = z.enum(catalogueKinds).describe('The kind of record');
const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && encodeURIComponent(text).length <= 500)
  .describe('The id of a record');

/** A record of any kind as the API shows it, with some more fields. */
function recordWith<T extends z.ZodRawShape>(more: T) {
  const shown = <S extends { readonly version: z.ZodType }>({ version: _, ...shape }: S) =>
    z.strictObject({ ...shape, ...more });
  return z.union([
    shown(resellerRecord.shape),
    shown(customerRecord.shape),
    shown(subscriptionRecord.shape),
    shown(marginRecord.shape),
  ]);
}

/** A record as a person enters it: the id stands in the address, and who wrote it is known. */
const enteredRecord = z.union(
  [resellerRecord, customerRecord, subscriptionRecord, marginRecord].map(
    ({ shape: { version: _, id: own, ...rest } }) =>
      z.strictObject({
        ...rest,
        id: own.exactOptional(),
        ...('origin' in rest ? { origin: rest.origin.exactOptional() } : {}),
      }),
  ),
);

const importedChange = z.strictObject({
  kind,
  id: z.string(),
  change: z.enum(['added', 'changed', 'same']),
  fields: recordedChange.shape.fields,
  file: z.string(),
  line: z.int(),
});

/** What resellers see: see `catalogueOfReseller`. */
const forReseller = [customerForReseller, subscriptionForReseller] as const;
const ofResellers =
  'Resellers read their own customers and these customers’ subscriptions, without margins and changes; they see no ' +
  'other kind of record, and no CSV.';

export const catalogueRoutes = {
  listRecords: defineRoute({
    method: 'GET',
    path: 'catalogue/{kind}',
    tag: 'Catalogue',
    summary: 'The records of one kind',
    description: ofResellers,
    callers: [...cspRoles, 'reseller'],
    params: { kind },
    query: z.strictObject({ format: z.enum(['json', 'csv']).default('json') }),
    isPaged: true,
    answers: {
      200: {
        description: 'A page of records, ordered by id; as CSV all of them',
        body: pageOf(z.union([recordWith({ etag: z.string() }), ...forReseller])),
        contentTypes: ['text/csv; charset=utf-8'],
      },
    },
  }),
  getRecord: defineRoute({
    method: 'GET',
    path: 'catalogue/{kind}/{id}',
    tag: 'Catalogue',
    summary: 'One record, with what was changed in it',
    description: ofResellers,
    callers: [...cspRoles, 'reseller'],
    params: { kind, id },
    query: noFilters,
    answers: {
      200: {
        description: 'The record',
        body: z.union([recordWith({ changes: z.array(recordedChange).readonly() }), ...forReseller]),
        headers: ['etag'],
      },
    },
  }),
  putRecord: defineRoute({
    method: 'PUT',
    path: 'catalogue/{kind}/{id}',
    tag: 'Catalogue',
    summary: 'Write a record',
    description: 'A record that is there is changed with `If-Match`; `If-None-Match: *` writes only a new one.',
    callers: operatorOnly,
    params: { kind, id },
    query: noFilters,
    body: enteredRecord,
    checksOwnBody: true,
    preconditions: ['if-match', 'if-none-match'],
    answers: {
      200: { description: 'The record as it was written', body: recordWith({}), headers: ['etag'] },
      201: { description: 'The record, which is new', body: recordWith({}), headers: ['etag'] },
    },
    errors: [412, 428],
  }),
  deleteRecord: defineRoute({
    method: 'DELETE',
    path: 'catalogue/{kind}/{id}',
    tag: 'Catalogue',
    summary: 'Take out a record that no other names',
    callers: operatorOnly,
    params: { kind, id },
    query: noFilters,
    preconditions: ['if-match'],
    answers: { 204: { description: 'The record is gone; what was changed in it stays known' } },
    errors: [409, 412, 428],
  }),
  importRecords: defineRoute({
    method: 'POST',
    path: 'catalogue/import',
    tag: 'Catalogue',
    summary: 'Import records as CSV, all or nothing',
    callers: operatorOnly,
    params: {},
    query: z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') }),
    body: catalogueImportBody,
    bodyBytesMax: catalogueImportBytesMax,
    answers: {
      200: {
        description: 'What each line does, or in a dry run would do',
        body: z.strictObject({ dryRun: z.boolean(), changes: z.array(importedChange).readonly() }),
      },
    },
  }),
};
