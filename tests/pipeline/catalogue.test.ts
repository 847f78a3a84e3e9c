import { beforeEach, describe, expect, it } from 'vitest';
import type { Customer, MarginRule } from '../../shared/domain/catalogue.ts';
import type { LineItem } from '../../shared/domain/line-item.ts';
import { exportCatalogue } from '../../shared/formats/catalogue-csv.ts';
import { discoverCatalogue } from '../../shared/pipeline/discover-catalogue.ts';
import { importFiles, putRecord, removeRecord } from '../../shared/pipeline/edit-catalogue.ts';
import { rule, usageLine } from '../domain/sold-lines.ts';
import { createWorld, type World } from '../support/world.ts';

const principalId = 'tenant/person';

let world: World;
beforeEach(() => {
  world = createWorld();
});

async function* linesOf(...lines: readonly LineItem[]) {
  yield* lines;
}

const discover = (...lines: readonly LineItem[]) =>
  discoverCatalogue(
    world.ports,
    { datasetId: 'd', kind: 'onetime', billingCycle: '2026-10' },
    { lines: linesOf(...lines), subscriptions: [], resellerMpnIds: [] },
  );

const contoso: Customer = { id: 'contoso', name: 'Contoso by us', internalId: 'C-1', origin: 'entered' };
const etagOf = async (kind: 'customers' | 'margins' | 'resellers', id: string) =>
  (await world.ports.catalogue.get(kind, id))?.etag ?? '';

describe('discovery', () => {
  it('adds whom the lines name, marked as discovered; twice is as once', async () => {
    await discover(usageLine);
    const dump = world.tables.catalogue.dump();
    const { catalogue } = await world.ports.catalogue.read();
    expect(catalogue.resellers).toEqual([{ id: 'mpn-4649221', mpnId: '4649221', origin: 'discovered' }]);
    expect(catalogue.customers).toMatchObject([{ id: 'contoso', resellerId: 'mpn-4649221', origin: 'discovered' }]);
    expect(catalogue.subscriptions).toMatchObject([{ id: 'plan', customerId: 'contoso', origin: 'discovered' }]);
    await discover(usageLine);
    expect(world.tables.catalogue.dump()).toBe(dump);
  });

  it('never overwrites what a person entered', async () => {
    await putRecord(world.ports, 'customers', { record: contoso, etag: undefined, principalId });
    await discover({ ...usageLine, customerName: 'Another name' });
    expect((await world.ports.catalogue.get('customers', 'contoso'))?.record).toMatchObject({
      name: 'Contoso by us',
      internalId: 'C-1',
      origin: 'entered',
      country: 'IE',
    });
  });

  it('leaves out what the catalogue cannot hold, and its subscriptions with it', async () => {
    await discover(
      { ...usageLine, customerId: 'a/b' },
      { ...usageLine, resellerMpnId: 'not a number', customerId: 'x' },
    );
    const { catalogue } = await world.ports.catalogue.read();
    expect(catalogue.customers.map(({ id }) => id)).toEqual(['x']);
    expect(catalogue.customers[0]).not.toHaveProperty('resellerId');
  });

  it('is told by the lines, not by which dataset is sealed first', async () => {
    const october = { ...usageLine, customerName: 'Contoso', chargeStartDate: '2026-10-01' };
    const november = { ...usageLine, customerName: 'Contoso Group', chargeStartDate: '2026-11-01', resellerMpnId: '0' };
    const readIn = async (...order: readonly LineItem[]) => {
      world = createWorld();
      for (const line of order) await discover(line);
      return [await world.ports.catalogue.read(), world.tables.catalogue.dump()] as const;
    };
    const [{ catalogue }, dump] = await readIn(october, november);
    expect(catalogue.customers).toMatchObject([{ name: 'Contoso Group' }]);
    expect(catalogue.customers[0]).not.toHaveProperty('resellerId');
    const [late, lateDump] = await readIn(november, october);
    expect(late.catalogue).toEqual(catalogue);
    expect(lateDump).toBe(dump);
  });

  it('leaves to a person what the person wrote since, whatever later lines say', async () => {
    await discover(usageLine);
    const record = { ...contoso, origin: 'entered' } as const;
    await putRecord(world.ports, 'customers', { record, etag: await etagOf('customers', 'contoso'), principalId });
    await discover({ ...usageLine, customerName: 'Another name', chargeStartDate: '2027-01-01' });
    expect((await world.ports.catalogue.get('customers', 'contoso'))?.record).toMatchObject({
      name: 'Contoso by us',
      country: 'IE',
    });
    await discover({ ...usageLine, customerCountry: 'DE', chargeStartDate: '2027-02-01' });
    expect((await world.ports.catalogue.get('customers', 'contoso'))?.record).toMatchObject({ country: 'DE' });
  });

  it('knows the subscriptions of daily rated usage without taking a customer from its reseller', async () => {
    await discover(usageLine);
    const subscriptions = [
      { subscriptionId: 's1', name: 'One', customerId: 'contoso' },
      { subscriptionId: 's2', name: '', customerId: 'fabrikam' },
      { subscriptionId: '', name: '', customerId: '' },
    ];
    const of = { datasetId: 'd', kind: 'dailyratedusage', billingCycle: '2026-10' } as const;
    await discoverCatalogue(world.ports, of, { lines: linesOf(), subscriptions, resellerMpnIds: ['5210374'] });
    const { catalogue } = await world.ports.catalogue.read();
    expect(catalogue.customers.map(({ id, resellerId }) => [id, resellerId])).toEqual([
      ['contoso', 'mpn-4649221'],
      ['fabrikam', undefined],
    ]);
    expect(catalogue.subscriptions.map(({ id }) => id)).toEqual(['plan', 's1', 's2']);
    expect(catalogue.resellers.map(({ mpnId }) => mpnId)).toEqual(['4649221', '5210374']);
  });
});

describe('editing', () => {
  it('writes only over the version that the person saw, and keeps what was changed', async () => {
    expect(await putRecord(world.ports, 'customers', { record: contoso, etag: undefined, principalId })).toEqual({
      kind: 'done',
      isNew: true,
    });
    const seen = await etagOf('customers', 'contoso');
    const renamed = { ...contoso, name: 'Contoso Ltd' };
    expect(await putRecord(world.ports, 'customers', { record: renamed, etag: undefined, principalId })).toEqual({
      kind: 'conflict',
    });
    expect(await putRecord(world.ports, 'customers', { record: renamed, etag: seen, principalId })).toMatchObject({
      kind: 'done',
    });
    expect(await putRecord(world.ports, 'customers', { record: contoso, etag: seen, principalId })).toEqual({
      kind: 'conflict',
    });
    expect((await world.ports.catalogue.get('customers', 'contoso'))?.changes).toMatchObject([
      { change: 'added', by: 'api' },
      { change: 'changed', fields: [{ column: 'name', before: 'Contoso by us', after: 'Contoso Ltd' }] },
    ]);
  });

  it('of one record by ten people at once lets one of them through', async () => {
    const edits = Array.from({ length: 10 }, (_, at) =>
      putRecord(world.ports, 'customers', { record: { ...contoso, name: `n${at}` }, etag: undefined, principalId }),
    );
    const outcomes = (await Promise.all(edits)).map(({ kind }) => kind);
    expect(outcomes.filter((kind) => kind === 'done')).toHaveLength(1);
    expect(outcomes.filter((kind) => kind === 'conflict')).toHaveLength(9);
  });

  it('refuses what would leave the catalogue with a fault', async () => {
    const overlapping: MarginRule = rule('second', {});
    await putRecord(world.ports, 'margins', { record: rule('first', {}), etag: undefined, principalId });
    expect(
      await putRecord(world.ports, 'margins', { record: overlapping, etag: undefined, principalId }),
    ).toMatchObject({
      kind: 'refused',
      faults: [{ code: 'overlap' }, { code: 'overlap' }],
    });
    await discover(usageLine);
    const etag = await etagOf('resellers', 'mpn-4649221');
    expect(await removeRecord(world.ports, 'resellers', { id: 'mpn-4649221', etag, principalId })).toMatchObject({
      kind: 'refused',
      faults: [{ code: 'unknownReseller' }],
    });
  });

  it('removes a record once, remembers it, and lets it come again', async () => {
    await putRecord(world.ports, 'margins', { record: rule('first', {}), etag: undefined, principalId });
    const etag = await etagOf('margins', 'first');
    expect(await removeRecord(world.ports, 'margins', { id: 'first', etag: 'other', principalId })).toEqual({
      kind: 'conflict',
    });
    expect(await removeRecord(world.ports, 'margins', { id: 'first', etag, principalId })).toMatchObject({
      kind: 'done',
    });
    expect(await world.ports.catalogue.get('margins', 'first')).toBeUndefined();
    expect((await world.ports.catalogue.read()).catalogue.margins).toEqual([]);
    await putRecord(world.ports, 'margins', { record: rule('first', { value: '0.3' }), etag: undefined, principalId });
    const changes = (await world.ports.catalogue.get('margins', 'first'))?.changes ?? [];
    expect(changes.map(({ change }) => change)).toEqual(['added', 'removed', 'added']);
  });

  it('keeps the changes of a record within what a row holds', async () => {
    for (let at = 0; at < 80; at += 1) {
      const record = { ...contoso, name: String(at).padStart(400, 'x'), internalId: String(at).padStart(180, 'y') };
      const present = await world.ports.catalogue.get('customers', 'contoso');
      expect(await putRecord(world.ports, 'customers', { record, etag: present?.etag, principalId })).toMatchObject({
        kind: 'done',
      });
    }
    const { changes = [] } = (await world.ports.catalogue.get('customers', 'contoso')) ?? {};
    expect(changes.length).toBeGreaterThan(5);
    expect(changes.at(-1)?.fields[0]?.after).toBe('79'.padStart(400, 'x'));
  });
});

describe('importing', () => {
  const customers = { kind: 'customers', name: 'customers.csv', text: 'id,name\ncontoso,Contoso\nx,X\n' } as const;

  it('as a dry run tells the changes and writes nothing', async () => {
    const dry = await importFiles(world.ports, [customers], { isDryRun: true, principalId });
    expect(dry).toMatchObject({ problems: [], changes: [{ change: 'added' }, { change: 'added' }] });
    expect(world.tables.catalogue.dump()).toBe('');
    expect(await importFiles(world.ports, [customers], { isDryRun: false, principalId })).toEqual(dry);
    const { catalogue } = await world.ports.catalogue.read();
    expect(catalogue.customers.map(({ id }) => id)).toEqual(['contoso', 'x']);
  });

  it('takes an export back without a change', async () => {
    await discover(usageLine);
    await importFiles(world.ports, [customers], { isDryRun: false, principalId });
    const before = world.tables.catalogue.dump();
    const text = exportCatalogue((await world.ports.catalogue.read()).catalogue, 'customers');
    const again = await importFiles(world.ports, [{ ...customers, text }], { isDryRun: false, principalId });
    expect(again.changes.map(({ change }) => change)).toEqual(['same', 'same']);
    expect(world.tables.catalogue.dump()).toBe(before);
  });

  it('refuses every line for one that is bad, and names each bad one', async () => {
    const text = 'id,country\ncontoso,IE\ny,Ireland\nz,Germany\n';
    const outcome = await importFiles(world.ports, [{ ...customers, text }], { isDryRun: false, principalId });
    expect(outcome.problems.map(({ line, column }) => [line, column])).toEqual([
      [3, 'country'],
      [4, 'country'],
    ]);
    expect(world.tables.catalogue.dump()).toBe('');
  });
});
