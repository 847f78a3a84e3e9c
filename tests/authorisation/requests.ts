import { defaultPolicy } from '../../shared/domain/tolerance.ts';

/** What a target of the matrix is made of; for `unknown` and `malformed`, ids of nothing. */
export type Things = {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly runId: string;
  readonly subscriptionId: string;
  readonly meterKey: string;
  readonly fileId: string;
  readonly issueId: string;
  readonly tenantId: string;
  readonly objectId: string;
};

export type MatrixRequest = {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A tag that no version has: what asks with it changes nothing. */
const otherVersion = { 'if-match': '"of no version"' };

const scope = { role: 'reseller', resellerMpnIds: ['1'] };

/** What each route is asked for, by its name. A route that is not here is asked as it stands in the table of routes. */
export const requests: Readonly<Record<string, (things: Things) => MatrixRequest>> = {
  getInvoice: ({ invoiceId }) => ({ params: { invoiceId } }),
  listOnetimeLineItems: ({ invoiceId }) => ({ params: { invoiceId } }),
  listLicenseLineItems: ({ invoiceId }) => ({ params: { invoiceId } }),
  listUsageLineItems: ({ invoiceId }) => ({ params: { invoiceId } }),
  listDailyRatedUsageLineItems: ({ invoiceId }) => ({ params: { invoiceId } }),
  listMeters: ({ runId, subscriptionId }) => ({ params: { runId, subscriptionId } }),
  drillDown: ({ runId, subscriptionId, meterKey }) => ({ params: { runId, subscriptionId, meterKey } }),
  listChanges: ({ runId }) => ({ params: { runId } }),
  requestFile: ({ invoiceId, customerId }) => ({
    params: { invoiceId, kind: 'onetime' },
    body: { audience: 'customer', customerId },
  }),
  getFile: ({ fileId }) => ({ params: { fileId } }),
  getFileContent: ({ fileId }) => ({ params: { fileId } }),
  explainLine: ({ fileId }) => ({ params: { fileId, lineId: '0-999999' } }),
  listRecords: () => ({ params: { kind: 'customers' } }),
  getRecord: ({ customerId }) => ({ params: { kind: 'customers', id: customerId } }),
  putRecord: ({ customerId }) => ({
    params: { kind: 'customers', id: customerId },
    body: { name: 'Somebody' },
    headers: otherVersion,
  }),
  deleteRecord: ({ customerId }) => ({ params: { kind: 'customers', id: customerId }, headers: otherVersion }),
  importRecords: () => ({ body: { files: [{ kind: 'resellers', text: 'id,mpnId\n' }] } }),
  putCurrentPolicy: () => ({
    body: { ...defaultPolicy, version: 'matrix' },
    headers: { 'if-match': '"policy-999"' },
  }),
  getPolicy: () => ({ params: { version: defaultPolicy.version } }),
  keepPolicy: () => ({ params: { version: defaultPolicy.version }, body: defaultPolicy }),
  deletePolicy: () => ({ params: { version: defaultPolicy.version } }),
  startReconciliation: () => ({ body: { invoiceId: 'G999999999' } }),
  retryRun: ({ runId }) => ({ params: { runId } }),
  reportIssue: () => ({ body: { target: { kind: 'run', runId: '9'.repeat(32) } } }),
  getIssue: ({ issueId }) => ({ params: { issueId } }),
  editIssue: ({ issueId }) => ({ params: { issueId }, body: { note: 'seen' }, headers: otherVersion }),
  getIssueEvidence: ({ issueId }) => ({ params: { issueId } }),
  getGrant: ({ tenantId, objectId }) => ({ params: { tenantId, objectId } }),
  putGrant: ({ tenantId, objectId }) => ({ params: { tenantId, objectId }, body: scope, headers: otherVersion }),
  deleteGrant: ({ tenantId, objectId }) => ({ params: { tenantId, objectId }, headers: otherVersion }),
  getOperation: ({ fileId }) => ({ params: { operationId: `file-${fileId}` } }),
  getDocsFile: () => ({ params: { file: 'docs.js' } }),
  signInLocally: () => ({ body: { role: 'csp.reader' } }),
};
