import type { GrantRecord, GrantScope } from '../contracts/grants.ts';
import { type AuditPorts, audited } from './audited.ts';
import type { GrantStore } from './ports.ts';

export type EditGrantsPorts = AuditPorts & { readonly grants: GrantStore };

/** `etag` is the version that whoever changes it saw; undefined: there was none. `by` is who that is. */
export type GrantEdit = {
  readonly tenantId: string;
  readonly objectId: string;
  readonly etag: string | undefined;
  readonly by: string;
};

export type GrantOutcome = 'done' | 'conflict';

/** The name of a principal, as grants, rate limits and the audit know it. */
export function principalIdOf({ tenantId, objectId }: Pick<GrantRecord, 'tenantId' | 'objectId'>): string {
  return `${tenantId}/${objectId}`;
}

/** Grants a scope in place of what the principal had. The same scope again is no change. */
export async function putGrant(ports: EditGrantsPorts, edit: GrantEdit, scope: GrantScope): Promise<GrantOutcome> {
  const { tenantId, objectId, by } = edit;
  return writeGrant(ports, edit, {
    version: 1,
    tenantId,
    objectId,
    scope,
    grantedBy: by,
    grantedAt: ports.clock.now(),
  });
}

/** Takes back what a principal was granted. */
export async function removeGrant(ports: EditGrantsPorts, edit: GrantEdit): Promise<GrantOutcome> {
  return writeGrant(ports, edit, undefined);
}

async function writeGrant(
  ports: EditGrantsPorts,
  edit: GrantEdit,
  grant: GrantRecord | undefined,
): Promise<GrantOutcome> {
  const principalId = principalIdOf(edit);
  const present = await ports.grants.get(principalId);
  if (present?.etag !== edit.etag) return 'conflict';
  const before = present?.grant.scope;
  const after = grant?.scope;
  if (JSON.stringify(before) === JSON.stringify(after)) return 'done';
  const change = {
    what: 'grant',
    by: edit.by,
    principalId,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  } as const;
  return audited(ports, change, async () => {
    const isMade = (await ports.grants.write(principalId, grant, edit.etag)) === 'written';
    return { isMade, result: isMade ? 'done' : 'conflict' };
  });
}
