import { z } from 'zod';
import { roles } from '../../domain/caller.ts';
import { audiences, fileKinds } from '../../domain/file-kinds.ts';
import { lineExplanation } from '../files.ts';
import { fileItem, fileRequestBody, ownFileItem } from '../http.ts';
import { defineRoute } from '../route.ts';
import { identity, idFilter, noFilters, pageOf } from '../route-values.ts';

/** The CSP's own view, or that of the reseller or customer whose file it is. */
const shownFile = z.union([fileItem, ownFileItem]);

const fileId = identity.describe('The id of a file');

export const fileContentTypes = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
} as const;

export const fileRoutes = {
  requestFile: defineRoute({
    method: 'PUT',
    path: 'invoices/{invoiceId}/files/{kind}',
    tag: 'Files',
    summary: 'Have a reconciliation file made',
    description:
      'The same request for the same data and catalogue is the same file, however often it is asked for. While one is ' +
      'being made, another of the same lines in another format or by another catalogue is refused with 409 and ' +
      '`Retry-After`. Resellers and customers get files of their own lines: what the body says of whose file it is, is ' +
      'held against who asks.',
    callers: ['csp.operator', 'reseller', 'customer'],
    params: {
      invoiceId: idFilter.describe('The number of the invoice; letter case does not matter'),
      // The handler refuses another kind with the list of kinds: a misspelt word is no foreign id.
      kind: z.string().min(1).max(50).meta({ description: 'The kind of file', examples: fileKinds.slice() }),
    },
    query: noFilters,
    body: fileRequestBody,
    answers: {
      202: {
        description: 'The file as it stands; follow `Operation-Location` until it is made',
        body: shownFile,
        headers: ['operation-location', 'retry-after'],
      },
    },
    errors: [409],
  }),
  listFiles: defineRoute({
    method: 'GET',
    path: 'files',
    tag: 'Files',
    summary: 'The reconciliation files that were asked for, every version of them',
    callers: roles,
    params: {},
    query: z.strictObject({
      invoiceId: idFilter.exactOptional(),
      kind: z.enum(fileKinds).exactOptional(),
      audience: z.enum(audiences).exactOptional(),
      customerId: idFilter.exactOptional(),
      resellerMpnId: z
        .string()
        .regex(/^\d{1,20}$/)
        .exactOptional(),
    }),
    isPaged: true,
    answers: { 200: { description: 'A page of files, the newest first', body: pageOf(shownFile) } },
  }),
  getFile: defineRoute({
    method: 'GET',
    path: 'files/{fileId}',
    tag: 'Files',
    summary: 'One file and how far it is',
    callers: roles,
    params: { fileId },
    query: noFilters,
    answers: { 200: { description: 'The file', body: shownFile } },
  }),
  getFileContent: defineRoute({
    method: 'GET',
    path: 'files/{fileId}/content',
    tag: 'Files',
    summary: 'Download a file',
    callers: roles,
    params: { fileId },
    query: noFilters,
    answers: {
      200: {
        description: 'The bytes of the file',
        contentTypes: Object.values(fileContentTypes),
        headers: ['content-disposition', 'etag'],
      },
    },
    errors: [409],
  }),
  explainLine: defineRoute({
    method: 'GET',
    path: 'files/{fileId}/lines/{lineId}/explanation',
    tag: 'Files',
    summary: 'How a line of a file came to its prices',
    description:
      'Cost, rule, guard and price of each step, by the data and the catalogue that the file was made from; or why the ' +
      'line has no price, which is why the file failed. A reseller is told its own step to the customer; it names a line by ' +
      'its place in its file, and is not told why there is no price.',
    callers: ['csp.operator', 'csp.reader', 'reseller'],
    params: {
      fileId,
      lineId: z
        .string()
        .regex(/^\d{1,5}-\d{1,10}$/)
        .describe(
          'Part of the dataset and line in it, such as 0-17: what line items and the reasons of failed files name. For ' +
            'resellers 0- and which line of the file it is, below the header, up to 100000',
        ),
    },
    query: z.strictObject({
      subscriptionId: idFilter
        .exactOptional()
        .describe('Of daily rated usage: the subscription of the line; for the CSP its rows alone are read then'),
    }),
    answers: { 200: { description: 'The explanation', body: lineExplanation } },
  }),
};
