import { describe, expect, it } from 'vitest';
import type { GrantScope } from '../../shared/contracts/grants.ts';
import { type GrantEdit, principalIdOf, putGrant, removeGrant } from '../../shared/pipeline/edit-grants.ts';
import { Faults, InjectedFault } from '../support/faults.ts';
import { createWorld, type World } from '../support/world.ts';

const principal = {
  tenantId: '33333333-3333-4333-8333-333333333333',
  objectId: 'aaaaaaaa-0000-4000-8000-000000000001',
};
const principalId = principalIdOf(principal);
const one: GrantScope = { role: 'reseller', resellerMpnIds: ['1'] };
const two: GrantScope = { role: 'reseller', resellerMpnIds: ['1', '2'] };

function edit(etag: string | undefined): GrantEdit {
  return { ...principal, etag, by: 'home/operator' };
}

async function etagOf(world: World): Promise<string | undefined> {
  return (await world.ports.grants.get(principalId))?.etag;
}

describe('a grant', () => {
  it('is written, changed and taken back by whoever saw its present version', async () => {
    const world = createWorld();
    expect(await putGrant(world.ports, edit('"other"'), one)).toBe('conflict');
    expect(await putGrant(world.ports, edit(undefined), one)).toBe('done');
    const first = await etagOf(world);
    expect(await putGrant(world.ports, edit(undefined), two)).toBe('conflict');
    expect(await putGrant(world.ports, edit(first), two)).toBe('done');
    expect(await removeGrant(world.ports, edit(first))).toBe('conflict');
    expect((await world.ports.grants.get(principalId))?.grant).toMatchObject({
      scope: two,
      grantedBy: 'home/operator',
    });
    expect(await removeGrant(world.ports, edit(await etagOf(world)))).toBe('done');
    expect(await world.ports.grants.get(principalId)).toBeUndefined();
    expect(await world.ports.grants.list()).toEqual([]);
    expect(await putGrant(world.ports, edit(undefined), one)).toBe('done');
  });

  it('is in the audit with what it was before, the newest first', async () => {
    const world = createWorld();
    await putGrant(world.ports, edit(undefined), one);
    world.advanceClock('2026-11-08T06:00:00.001Z');
    await putGrant(world.ports, edit(await etagOf(world)), two);
    world.advanceClock('2026-11-08T07:00:00.000Z');
    await removeGrant(world.ports, edit(await etagOf(world)));
    const entries = await world.ports.audit.list();
    const common = { what: 'grant', principalId, by: 'home/operator', outcome: 'done' };
    expect(entries).toMatchObject([
      { ...common, before: two },
      { ...common, before: one, after: two },
      { ...common, after: one },
    ]);
    expect(entries[0]).not.toHaveProperty('after');
    expect(entries[2]).not.toHaveProperty('before');
  });

  it('that stays as it is, is no change', async () => {
    const world = createWorld();
    await putGrant(world.ports, edit(undefined), one);
    const etag = await etagOf(world);
    expect(await putGrant(world.ports, edit(etag), one)).toBe('done');
    expect(await etagOf(world)).toBe(etag);
    expect(await world.ports.audit.list()).toHaveLength(1);
  });

  it('has one of several writers at once; the others are refused, and the audit says so', async () => {
    const world = createWorld();
    const outcomes = await Promise.all(
      [one, two, one, two].map((scope) => putGrant(world.ports, edit(undefined), scope)),
    );
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    const told = (await world.ports.audit.list()).map(({ outcome }) => outcome);
    expect(told.toSorted()).toEqual(['done', 'refused', 'refused', 'refused']);
  });

  it.each(['refused', 'lost', 'crash'] as const)(
    'is never there without its entry, whichever call is %s',
    async (kind) => {
      for (let call = 1; call <= 6; call += 1) {
        const world = createWorld({ faults: new Faults({ call, kind }) });
        await putGrant(world.ports, edit(undefined), one).catch((error: unknown) => {
          if (!(error instanceof InjectedFault)) throw error;
        });
        world.faults.revive();
        const granted = await world.ports.grants.list();
        const entries = await world.ports.audit.list();
        expect(entries.length).toBeGreaterThanOrEqual(granted.length);
        if (granted.length > 0) expect(entries[0]).toMatchObject({ principalId, after: one });
        else expect(entries.every(({ outcome }) => outcome !== 'done')).toBe(true);
        expect(await putGrant(world.ports, edit(await etagOf(world)), one)).toBe('done');
        expect((await world.ports.grants.list()).map(({ grant }) => grant.scope)).toEqual([one]);
      }
    },
  );
});
