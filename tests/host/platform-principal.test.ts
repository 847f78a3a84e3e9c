import { describe, expect, it } from 'vitest';
import { readPlatformPrincipal } from '../../shared/host/platform-principal.ts';

const tenantId = '22222222-2222-4222-8222-222222222222';
const objectId = 'aaaaaaaa-0000-4000-8000-000000000001';
const rules = {
  audiences: ['api://reconcile'],
  authorityUrl: 'https://login.microsoftonline.com',
  nowMs: 1_000_000_000_000,
};

type Claim = { readonly typ: string; readonly val: string };

const usual: readonly Claim[] = [
  { typ: 'aud', val: 'api://reconcile' },
  { typ: 'iss', val: `https://login.microsoftonline.com/${tenantId}/v2.0` },
  { typ: 'exp', val: '1000000900' },
  { typ: 'http://schemas.microsoft.com/identity/claims/tenantid', val: tenantId.toUpperCase() },
  { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: objectId },
  { typ: 'roles', val: 'csp.reader' },
  { typ: 'roles', val: 'other' },
];

function headerOf(claims: readonly Claim[], more: Record<string, unknown> = {}): string {
  const principal = { auth_typ: 'aad', claims, name_typ: 'name', role_typ: 'roles', ...more };
  return Buffer.from(JSON.stringify(principal)).toString('base64');
}

function without(typ: string): readonly Claim[] {
  return usual.filter((claim) => claim.typ !== typ);
}

describe('a principal of the platform', () => {
  it('is who its claims name, with their roles', () => {
    expect(readPlatformPrincipal(headerOf(usual), rules)).toEqual({
      tenantId,
      objectId,
      roles: ['csp.reader', 'other'],
    });
  });

  it('may have short names for its ids, and another name for its roles', () => {
    const claims = [
      { typ: 'tid', val: tenantId },
      { typ: 'oid', val: objectId },
      { typ: 'urn:role', val: 'csp.operator' },
    ];
    const header = headerOf(claims, { role_typ: 'urn:role' });
    expect(readPlatformPrincipal(header, rules)).toEqual({ tenantId, objectId, roles: ['csp.operator'] });
  });

  it.each([
    ['without a tenant', headerOf(without('http://schemas.microsoft.com/identity/claims/tenantid'))],
    ['without an object', headerOf(without('http://schemas.microsoft.com/identity/claims/objectidentifier'))],
    ['of two tenants', headerOf([...usual, { typ: 'tid', val: '33333333-3333-4333-8333-333333333333' }])],
    ['of two objects', headerOf([...usual, { typ: 'oid', val: '33333333-3333-4333-8333-333333333333' }])],
    [
      'whose object is no id',
      headerOf([
        { typ: 'tid', val: tenantId },
        { typ: 'oid', val: 'admin' },
      ]),
    ],
    ['for another audience', headerOf([...usual, { typ: 'aud', val: 'api://other' }])],
    ['of another issuer', headerOf([...without('iss'), { typ: 'iss', val: 'https://evil.example/v2.0' }])],
    ['that has expired', headerOf([...without('exp'), { typ: 'exp', val: '999999999' }])],
    ['whose end is no number', headerOf([...without('exp'), { typ: 'exp', val: 'never' }])],
    ['of another provider', headerOf(usual, { auth_typ: 'github' })],
    ['without claims', Buffer.from('{"auth_typ":"aad"}').toString('base64')],
    ['that is no object', Buffer.from('null').toString('base64')],
    ['that is no JSON', Buffer.from('{').toString('base64')],
    ['that is no base64', '{"auth_typ":"aad"}'],
    ['that is two headers', `${headerOf(usual)}, ${headerOf(usual)}`],
    ['that is too long', headerOf([...usual, { typ: 'x', val: 'x'.repeat(40_000) }])],
    ['that is nothing', ''],
  ])('%s is none', (_what, header) => {
    expect(readPlatformPrincipal(header, rules)).toBeUndefined();
  });
});
