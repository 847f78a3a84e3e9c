import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MonthSummary } from '../../infra/local/month-summary.ts';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { fetchAs, localSignIn } from '../../infra/local/sign-in.ts';
import { apiVersion, type FileItem, type MeterItem, operationItem } from '../../shared/contracts/http.ts';
import type { LocalSignInBody } from '../../shared/contracts/identity.ts';
import { issueDetail } from '../../shared/contracts/issues.ts';
import type { Role } from '../../shared/domain/caller.ts';
import type { Target } from './expected.ts';
import type { Things } from './requests.ts';

/** Who asks in the matrix: one of each role, somebody without a token, somebody whose grant was taken back. */
export const actors = ['csp.operator', 'csp.reader', 'reseller', 'customer', 'nobody', 'revoked'] as const;
export type Actor = (typeof actors)[number];

export type Ask = (url: string, init?: RequestInit) => Promise<Response>;

export type MatrixWorld = {
  readonly apiUrl: string;
  readonly ask: Readonly<Record<Actor, Ask>>;
  readonly things: Readonly<Record<Target, Things>>;
  /** What a reseller, and what a customer, must never read: ids and names of others. */
  readonly foreignTo: Readonly<Record<Extract<Role, 'reseller' | 'customer'>, readonly string[]>>;
};

/** A reseller of several customers, and another. */
const resellerMpnId = '4649221';
const otherMpnId = '6048879';

/** Prepares the local stack: files of three customers, and a grant of each, so that every target but two is there. */
export async function matrixWorld(apiUrl: string, summary: MonthSummary, sampleFolder: string): Promise<MatrixWorld> {
  const key: AnswerKey = JSON.parse(await readFile(join(sampleFolder, 'answer-key.json'), 'utf8'));
  const [own, sibling, other] = [customerOf(key, 0), customerOf(key, 1), otherCustomerOf(key)];
  const as = (body: LocalSignInBody) => fetchAs(localSignIn(apiUrl, body));
  const operator = as({ role: 'csp.operator' });
  const thingsOf = (customerId: string) => customerThings({ apiUrl, key, summary, operator }, customerId);
  const unknown = '99999999-9999-4999-8999-999999999999';
  const hex = '9'.repeat(32);
  return {
    apiUrl,
    ask: {
      'csp.operator': operator,
      'csp.reader': as({ role: 'csp.reader' }),
      reseller: as({ role: 'reseller', resellerMpnIds: [resellerMpnId] }),
      customer: as({ role: 'customer', customerIds: [own] }),
      nobody: fetch,
      revoked: await revokedCaller(apiUrl, operator),
    },
    things: {
      own: await thingsOf(own),
      sibling: await thingsOf(sibling),
      other: await thingsOf(other),
      unknown: {
        invoiceId: 'G999999999',
        customerId: unknown,
        runId: hex,
        subscriptionId: unknown,
        meterKey: hex,
        fileId: hex,
        issueId: hex,
        tenantId: unknown,
        objectId: unknown,
      },
      malformed: malformedThings(),
    },
    foreignTo: {
      reseller: [otherMpnId, ...namesOf(key, ({ resellerMpnIds }) => !resellerMpnIds.includes(resellerMpnId))],
      customer: [otherMpnId, ...namesOf(key, ({ customerId }) => customerId !== own)],
    },
  };
}

function malformedThings(): Things {
  const wrong = '..%2F..%2F%27%20or%201%20eq%201';
  return {
    invoiceId: 'x'.repeat(300),
    customerId: 'x'.repeat(300),
    runId: wrong,
    subscriptionId: 'x'.repeat(300),
    meterKey: wrong,
    fileId: wrong,
    issueId: wrong,
    tenantId: wrong,
    objectId: wrong,
  };
}

type CustomerOfKey = AnswerKey['customers'][number];

/** A customer who was the reseller's alone, all month. */
function customerOf(key: AnswerKey, at: number): string {
  const all = key.customers.filter(({ resellerMpnIds }) => resellerMpnIds.join() === resellerMpnId);
  return idOf(all[at]);
}

function otherCustomerOf(key: AnswerKey): string {
  return idOf(key.customers.find(({ resellerMpnIds }) => resellerMpnIds.join() === otherMpnId));
}

function idOf(customer: CustomerOfKey | undefined): string {
  if (customer === undefined) throw new Error('The sample month has no such customer');
  return customer.customerId;
}

function namesOf(key: AnswerKey, isForeign: (customer: CustomerOfKey) => boolean): readonly string[] {
  return key.customers
    .filter(isForeign)
    .flatMap(({ customerId, name }) => [customerId, JSON.stringify(name).slice(1, -1)]);
}

/** A token that was good once. */
async function revokedCaller(apiUrl: string, operator: Ask): Promise<Ask> {
  const tokenOf = localSignIn(apiUrl, { role: 'reseller', resellerMpnIds: ['77777'] });
  const revoked = fetchAs(tokenOf);
  const me = (await (await revoked(`${apiUrl}/me?api-version=${apiVersion}`)).json()) as { principalId: string };
  const grant = `${apiUrl}/grants/${me.principalId}?api-version=${apiVersion}`;
  const etag = (await operator(grant)).headers.get('etag') ?? '';
  const removed = await operator(grant, { method: 'DELETE', headers: { 'if-match': etag } });
  if (removed.status !== 204) throw new Error(`Taking a grant back answered ${removed.status}`);
  return revoked;
}

type Sources = {
  readonly apiUrl: string;
  readonly key: AnswerKey;
  readonly summary: MonthSummary;
  readonly operator: Ask;
};

async function customerThings({ apiUrl, key, summary, operator }: Sources, customerId: string): Promise<Things> {
  const read = async <T>(path: string): Promise<T> => {
    const response = await operator(`${apiUrl}/${path}?api-version=${apiVersion}`);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return (await response.json()) as T;
  };
  const line = summary.subscriptions.find((item) => item.customerId === customerId);
  if (line === undefined) throw new Error(`The sample month has no subscription of ${customerId}`);
  const { runId, subscriptionId } = line;
  const meters = await read<{ value: MeterItem[] }>(`reconciliations/${runId}/subscriptions/${subscriptionId}/meters`);
  const principal = await principalOf(apiUrl, customerId);
  return {
    invoiceId: key.invoiceId,
    customerId,
    runId,
    subscriptionId,
    meterKey: meters.value[0]?.meterKey ?? '',
    fileId: await madeFile({ apiUrl, key, summary, operator }, customerId),
    issueId: await reportedIssue({ apiUrl, operator }, { runId, subscriptionId }),
    ...principal,
  };
}

async function principalOf(apiUrl: string, customerId: string): Promise<Pick<Things, 'tenantId' | 'objectId'>> {
  const ask = fetchAs(localSignIn(apiUrl, { role: 'customer', customerIds: [customerId] }));
  const me = (await (await ask(`${apiUrl}/me?api-version=${apiVersion}`)).json()) as { principalId: string };
  const [tenantId = '', objectId = ''] = me.principalId.split('/');
  return { tenantId, objectId };
}

const workTimeoutMs = 60_000;

async function madeFile({ apiUrl, key, operator }: Sources, customerId: string): Promise<string> {
  // Made through the customer's reseller, who sees it too.
  const mpnId = key.customers.find((customer) => customer.customerId === customerId)?.resellerMpnIds[0];
  const body = JSON.stringify({ audience: 'customer', customerId, resellerMpnId: mpnId });
  const url = `${apiUrl}/invoices/${key.invoiceId}/files/onetime?api-version=${apiVersion}`;
  const accepted = await operator(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
  if (accepted.status !== 202) throw new Error(`Asking for a file answered ${accepted.status}`);
  const { fileId } = (await accepted.json()) as FileItem;
  const location = accepted.headers.get('operation-location') ?? '';
  const deadline = Date.now() + workTimeoutMs;
  while (Date.now() < deadline) {
    const { status } = operationItem.parse(await (await operator(location)).json());
    if (status === 'succeeded') return fileId;
    if (status === 'failed') throw new Error(`The file of ${customerId} failed`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The file of ${customerId} was not made in time`);
}

/** An issue of a subscription, with its evidence. */
async function reportedIssue(
  { apiUrl, operator }: Pick<Sources, 'apiUrl' | 'operator'>,
  of: { readonly runId: string; readonly subscriptionId: string },
): Promise<string> {
  const body = JSON.stringify({ target: { kind: 'subscription', ...of } });
  const reported = await operator(`${apiUrl}/issues?api-version=${apiVersion}`, { method: 'POST', body });
  if (reported.status !== 201) throw new Error(`Reporting an issue answered ${reported.status}`);
  const location = reported.headers.get('location') ?? '';
  const deadline = Date.now() + workTimeoutMs;
  while (Date.now() < deadline) {
    const { issueId, evidence } = issueDetail.parse(await (await operator(location)).json());
    if (evidence.state === 'available') return issueId;
    if (evidence.state === 'failed') throw new Error(`The evidence of ${of.subscriptionId} failed`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The evidence of ${of.subscriptionId} was not there in time`);
}
