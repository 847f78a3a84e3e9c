import type { GrantScope } from '../contracts/grants.ts';
import { principalIdOf } from '../pipeline/edit-grants.ts';
import type { GrantStore } from '../pipeline/ports.ts';

/** A grant that was taken back opens nothing after so long, whichever instance answers. */
export const grantsKnownForMs = 5_000;

export type KnownGrants = {
  readonly scopes: ReadonlyMap<string, GrantScope>;
  /** The tenants that anybody with a grant is of. */
  readonly tenants: ReadonlySet<string>;
};

/** The grants, read as a whole at most every few seconds, however many requests ask. */
export type GrantReader = {
  read(): Promise<KnownGrants>;
  /** Has them read again at the next request: what this process changed holds here at once. */
  forget(): void;
};

export function grantReader(grants: Pick<GrantStore, 'list'>, nowMs: () => number = monotonicMs): GrantReader {
  let known: { readonly grants: Promise<KnownGrants>; readonly atMs: number } | undefined;
  return {
    read: () => {
      if (known !== undefined && nowMs() - known.atMs < grantsKnownForMs) return known.grants;
      const reading = readGrants(grants);
      const mine = { grants: reading, atMs: nowMs() };
      known = mine;
      // A read that failed is not kept; whoever waits for it learns of the failure.
      reading.catch(() => {
        if (known === mine) known = undefined;
      });
      return reading;
    },
    forget: () => {
      known = undefined;
    },
  };
}

/** A clock that is set back keeps no grant known for longer. */
function monotonicMs(): number {
  return performance.now();
}

async function readGrants(grants: Pick<GrantStore, 'list'>): Promise<KnownGrants> {
  const stored = await grants.list();
  return {
    scopes: new Map(stored.map(({ grant }) => [principalIdOf(grant), grant.scope])),
    tenants: new Set(stored.map(({ grant }) => grant.tenantId)),
  };
}
