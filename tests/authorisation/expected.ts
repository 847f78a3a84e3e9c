import type { Role } from '../../shared/domain/caller.ts';

/*
 * Who gets what answer from each route: the reviewed table that `matrix.ts` holds the API to. A route without a row
 * fails the build. Somebody without a token gets 401, and somebody whose grant was taken back 403, everywhere but on
 * the routes of `openToAnyone`.
 */

/** Whose thing a request asks for. `own` is of a customer, `sibling` of another one of the same reseller. */
export const targets = ['own', 'sibling', 'other', 'unknown', 'malformed'] as const;
export type Target = (typeof targets)[number];

/** One status for a route that names nothing, or one for each target, in the order of `targets`. */
type Statuses = string;
export type Row = Readonly<Record<Role, Statuses>>;

/** Routes that ask for no token, with what they answer everybody. */
export const openToAnyone: Readonly<Record<string, string>> = {
  getHealth: '200',
  getOpenApi: '200',
  getDocs: '200',
  getDocsFile: '200',
  signInLocally: '200',
};

/** The CSP's own people read it, nobody else. */
const cspReads = (statuses: Statuses): Row => ({
  'csp.operator': statuses,
  'csp.reader': statuses,
  reseller: '403',
  customer: '403',
});

const operatorAlone = (statuses: Statuses): Row => ({
  'csp.operator': statuses,
  'csp.reader': '403',
  reseller: '403',
  customer: '403',
});

const everybody = (statuses: Statuses): Row => ({
  'csp.operator': statuses,
  'csp.reader': statuses,
  reseller: statuses,
  customer: statuses,
});

/* own · sibling · other · unknown · malformed */
export const expected: Readonly<Record<string, Row>> = {
  listInvoices: everybody('200'),
  getInvoice: everybody('200 200 200 404 404'),
  listOnetimeLineItems: everybody('200 200 200 404 404'),
  listLicenseLineItems: everybody('404 404 404 404 404'),
  listUsageLineItems: { ...everybody('404 404 404 404 404'), customer: '403' },
  listDailyRatedUsageLineItems: { ...everybody('200 200 200 404 404'), customer: '403' },

  listReconciliations: cspReads('200'),
  startReconciliation: operatorAlone('404'),
  listMeters: cspReads('200 200 200 404 404'),
  drillDown: cspReads('200 200 200 404 404'),
  listChanges: cspReads('404 404 404 404 404'),

  requestFile: {
    'csp.operator': '202 202 202 404 404',
    'csp.reader': '403',
    reseller: '202 202 404 404 404',
    customer: '202 404 404 404 404',
  },
  listFiles: everybody('200'),
  getFile: {
    ...cspReads('200 200 200 404 404'),
    reseller: '200 200 404 404 404',
    customer: '200 404 404 404 404',
  },
  getFileContent: {
    ...cspReads('200 200 200 404 404'),
    reseller: '200 200 404 404 404',
    customer: '200 404 404 404 404',
  },

  // A line that the file does not have: own files are found, their line is not.
  explainLine: { ...cspReads('404 404 404 404 404'), reseller: '404 404 404 404 404' },

  listRecords: { ...everybody('200'), customer: '403' },
  getRecord: { ...cspReads('200 200 200 404 404'), reseller: '200 200 404 404 404' },
  // With an If-Match that fits nothing: whoever may change things is told so, and nothing is changed.
  putRecord: operatorAlone('412 412 412 412 404'),
  deleteRecord: operatorAlone('409 409 409 404 404'),
  importRecords: operatorAlone('200'),
  listPolicies: cspReads('200'),
  getCurrentPolicy: cspReads('200'),
  putCurrentPolicy: operatorAlone('412'),
  // The default policy, whoever's things are asked for: it is there, is kept as it is, and stays.
  getPolicy: cspReads('200 200 200 200 200'),
  keepPolicy: operatorAlone('200 200 200 200 200'),
  deletePolicy: operatorAlone('409 409 409 409 409'),

  listRuns: cspReads('200'),
  // A run that has not failed is not started again.
  retryRun: operatorAlone('409 409 409 404 404'),

  getOperation: {
    ...cspReads('200 200 200 404 404'),
    reseller: '200 200 404 404 404',
    customer: '200 404 404 404 404',
  },

  listIssues: cspReads('200'),
  reportIssue: operatorAlone('404'),
  getIssue: cspReads('200 200 200 404 404'),
  editIssue: operatorAlone('412 412 412 404 404'),
  getIssueEvidence: cspReads('200 200 200 404 404'),

  listGrants: operatorAlone('200'),
  getGrant: operatorAlone('200 200 200 404 404'),
  putGrant: operatorAlone('412 412 412 412 404'),
  deleteGrant: operatorAlone('412 412 412 404 404'),
  listAudit: operatorAlone('200'),

  getMe: everybody('200'),
};
