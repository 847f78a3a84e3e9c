import functions from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { operationItem } from '../../shared/contracts/http.ts';
import type { CallerScope } from '../../shared/domain/caller.ts';
import { getOperation } from '../../shared/host/operation-handlers.ts';

const fileId = 'a'.repeat(32);
const customerId = '22222222-2222-4222-8222-222222222222';

function ask(record: object | undefined, scope: CallerScope = { role: 'csp.reader' }) {
  const http = new functions.HttpRequest({ method: 'GET', url: `https://api.example/api/operations/file-${fileId}` });
  const ports = { files: { get: async (id: string) => (id === fileId ? record : undefined) } };
  const request = { caller: { principalId: 't/o', ...scope }, params: { operationId: `file-${fileId}` }, http };
  // Only what the handler takes of its ports and of a request.
  return getOperation(...([ports, request] as unknown as Parameters<typeof getOperation>));
}

describe('an operation', () => {
  it.each([
    ['queued', 'notStarted', true],
    ['processing', 'running', true],
    ['available', 'succeeded', false],
    ['failed', 'failed', false],
  ])('of a file that is %s is %s', async (state, status, comesBack) => {
    const { jsonBody, headers } = await ask({ fileId, audience: 'csp', state, reason: 'no lines' });
    const item = operationItem.parse(jsonBody);
    expect(item.status).toBe(status);
    expect(new Headers(headers).has('retry-after')).toBe(comesBack);
    expect(item.resourceLocation?.split('?')[0]).toBe(
      status === 'succeeded' ? `https://api.example/api/files/${fileId}` : undefined,
    );
    expect(item.error?.message).toBe(status === 'failed' ? 'no lines' : undefined);
  });

  const own = { fileId, audience: 'customer', customerId, resellerMpnId: '4649221', state: 'queued' };
  it.each([
    ['the customer', own, { role: 'customer', customerIds: [customerId] }],
    ['the reseller through whom it was asked for', own, { role: 'reseller', resellerMpnIds: ['1', '4649221'] }],
    ['an operator', own, { role: 'csp.operator' }],
  ] as const)('is followed by %s', async (_who, record, scope) => {
    expect((await ask(record, scope)).jsonBody).toMatchObject({ status: 'notStarted' });
  });

  it.each([
    ['nobody', undefined, { role: 'csp.operator' }],
    ['another customer', own, { role: 'customer', customerIds: ['33333333-2222-4222-8222-222222222222'] }],
    ['another reseller', own, { role: 'reseller', resellerMpnIds: ['464922'] }],
    [
      'a customer, of a reseller’s file',
      { ...own, audience: 'reseller' },
      { role: 'customer', customerIds: [customerId] },
    ],
    [
      'a reseller, of the CSP’s file',
      { fileId, audience: 'csp', state: 'queued' },
      { role: 'reseller', resellerMpnIds: ['1'] },
    ],
  ] as const)('is not there for %s', async (_who, record, scope) => {
    await expect(ask(record, scope)).rejects.toMatchObject({ status: 404, message: 'There is no such operation' });
  });
});
