import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Catalogue, emptyCatalogue } from '../../shared/domain/catalogue.ts';
import { checkCatalogue } from '../../shared/domain/catalogue-check.ts';
import { type DiscoveryLine, type MetFields, withDiscovered } from '../../shared/domain/catalogue-discovery.ts';
import { lineReseller } from '../../shared/domain/line-reseller.ts';
import { faultlessCatalogue } from './catalogues.ts';
import { discoveredFrom } from './discovered-from.ts';

const line: DiscoveryLine = {
  customerId: 'CONTOSO',
  customerName: 'Contoso',
  customerDomainName: 'contoso.onmicrosoft.com',
  customerCountry: 'ie',
  resellerMpnId: '4649221',
  subscriptions: [{ id: 'Plan', name: 'Azure plan' }],
  day: '2026-10-01',
};

const discovered = { origin: 'discovered' } as const;
const entered = { origin: 'entered' } as const;

describe('lineReseller', () => {
  it.each([
    ['', 'none'],
    ['  ', 'none'],
    ['0', 'none'],
    ['-1', 'removed'],
    ['\u20131', 'removed'],
    [' 4649221 ', '4649221'],
    ['0004649221', '4649221'],
    ['10', '10'],
    ['-12', '-12'],
  ])("takes '%s' for %s", (written, expected) => {
    const reseller = lineReseller(written);
    expect(reseller.kind === 'reseller' ? reseller.mpnId : reseller.kind).toBe(expected);
  });
});

describe('withDiscovered', () => {
  it('adds what a line names, marked as discovered', () => {
    const { catalogue, problems } = withDiscovered(emptyCatalogue, discoveredFrom([line]));
    expect(problems).toEqual([]);
    expect(catalogue).toEqual({
      resellers: [{ id: 'mpn-4649221', mpnId: '4649221', ...discovered }],
      customers: [
        {
          id: 'contoso',
          name: 'Contoso',
          domain: 'contoso.onmicrosoft.com',
          country: 'IE',
          resellerId: 'mpn-4649221',
          ...discovered,
        },
      ],
      subscriptions: [{ id: 'plan', customerId: 'contoso', name: 'Azure plan', ...discovered }],
      margins: [],
    });
  });

  it('never overwrites what a person wrote, and fills in names alone', () => {
    const known: Catalogue = {
      ...emptyCatalogue,
      resellers: [{ id: 'northwind', mpnId: '4649221', name: 'Northwind', ...entered }],
      customers: [{ id: 'contoso', name: 'Contoso Ltd', internalId: 'C-1', ...entered }],
      subscriptions: [{ id: 'plan', customerId: 'contoso', purchaseOrderNumber: 'PO', ...entered }],
    };
    const { catalogue } = withDiscovered(known, discoveredFrom([line]));
    expect(catalogue.resellers).toEqual(known.resellers);
    expect(catalogue.customers).toEqual([
      {
        id: 'contoso',
        name: 'Contoso Ltd',
        domain: 'contoso.onmicrosoft.com',
        country: 'IE',
        internalId: 'C-1',
        ...entered,
      },
    ]);
    expect(catalogue.subscriptions).toEqual([
      { id: 'plan', customerId: 'contoso', name: 'Azure plan', purchaseOrderNumber: 'PO', ...entered },
    ]);
  });

  it('lets a discovered record follow the invoices, to another reseller and to none', () => {
    const first = withDiscovered(emptyCatalogue, discoveredFrom([line])).catalogue;
    const renamed = { ...line, customerName: 'Contoso Group', resellerMpnId: '5555', day: '2026-11-01' };
    const second = withDiscovered(first, discoveredFrom([renamed])).catalogue;
    expect(second.customers[0]).toMatchObject({ name: 'Contoso Group', resellerId: 'mpn-5555' });
    const third = withDiscovered(second, discoveredFrom([{ ...renamed, resellerMpnId: '-1' }])).catalogue;
    expect(third.customers[0]).not.toHaveProperty('resellerId');
    expect(third.resellers.map(({ mpnId }) => mpnId)).toEqual(['4649221', '5555']);
  });

  it('takes the later of two resellers of one month for the one of today', () => {
    const lines = [{ ...line, resellerMpnId: '5555', day: '2026-10-20' }, line];
    expect(discoveredFrom(lines)).toEqual(discoveredFrom(lines.toReversed()));
    expect(discoveredFrom(lines).customers[0]?.resellerMpnId).toBe('5555');
    expect(discoveredFrom(lines).resellers).toEqual(['4649221', '5555']);
  });

  it.each([
    ['subscriptionWithoutCustomer', [{ ...line, customerId: '' }]],
    ['subscriptionOfTwoCustomers', [line, { ...line, customerId: 'fabrikam' }]],
  ])('asks a person about %s', (code, lines) => {
    const { catalogue, problems } = withDiscovered(emptyCatalogue, discoveredFrom(lines));
    expect(problems.map((problem) => [problem.code, problem.subscriptionId])).toEqual([[code, 'plan']]);
    expect(catalogue.subscriptions).toEqual([]);
  });

  it('keeps the customer that a person gave a subscription, and says that lines name another', () => {
    const known = {
      ...emptyCatalogue,
      customers: [{ id: 'fabrikam', ...entered }],
      subscriptions: [{ id: 'plan', customerId: 'fabrikam', ...entered }],
    };
    const { catalogue, problems } = withDiscovered(known, discoveredFrom([line]));
    expect(catalogue.subscriptions[0]?.customerId).toBe('fabrikam');
    expect(problems.map(({ code }) => code)).toEqual(['subscriptionOfAnotherCustomer']);
  });

  it('leaves out a name that the catalogue cannot hold', () => {
    const odd = { ...line, customerName: 'a\u0000b', customerCountry: 'Ireland' };
    expect(discoveredFrom([odd]).customers[0]).toEqual({
      id: 'contoso',
      domain: 'contoso.onmicrosoft.com',
      resellerMpnId: '4649221',
    });
  });

  const anyLines = fc.array(
    fc.record({
      customerId: fc.constantFrom('', 'c0', 'c1', 'c9'),
      customerName: fc.constantFrom('', 'One', 'Two'),
      customerDomainName: fc.constantFrom('', 'one.example'),
      customerCountry: fc.constantFrom('', 'IE', 'DE'),
      resellerMpnId: fc.constantFrom('', '0', '-1', '1000', '2000', '9999'),
      subscriptions: fc.array(
        fc.record({ id: fc.constantFrom('', 's0', 's1', 's9'), name: fc.constantFrom('', 'a', 'b') }),
        {
          maxLength: 2,
        },
      ),
      day: fc.constantFrom('', '2026-10-01', '2026-10-02'),
    }),
    { maxLength: 12 },
  );

  it('comes to the same whatever the order of datasets', () => {
    fc.assert(
      fc.property(faultlessCatalogue, fc.array(anyLines, { maxLength: 4 }), (catalogue, datasets) => {
        const read = (order: readonly (readonly DiscoveryLine[])[]) => {
          const met = { customers: new Map<string, MetFields>(), subscriptions: new Map<string, MetFields>() };
          let present = catalogue;
          for (const lines of order) {
            const next = withDiscovered(present, discoveredFrom(lines), (kind, id) => met[kind].get(id));
            for (const kind of ['customers', 'subscriptions'] as const) {
              for (const [id, fields] of next.met[kind]) met[kind].set(id, fields);
            }
            present = next.catalogue;
          }
          return [present.resellers, present.customers, present.subscriptions].map((records) =>
            records.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
          );
        };
        expect(read(datasets.toReversed())).toEqual(read(datasets));
        expect(read([...datasets, ...datasets])).toEqual(read(datasets));
      }),
    );
  });

  it('does the same whatever the order of lines, and nothing more when done twice', () => {
    fc.assert(
      fc.property(faultlessCatalogue, anyLines, (catalogue, lines) => {
        const found = discoveredFrom(lines);
        expect(discoveredFrom(lines.toReversed())).toEqual(found);
        const once = withDiscovered(catalogue, found).catalogue;
        expect(withDiscovered(once, found).catalogue).toEqual(once);
        expect(checkCatalogue(once)).toEqual([]);
        expect(once.margins).toBe(catalogue.margins);
        const protectedFields = ({ customers, subscriptions }: Catalogue) => [
          ...customers
            .filter(({ origin }) => origin === 'entered')
            .map(({ id, resellerId, internalId }) => [id, resellerId, internalId]),
          ...subscriptions.map(({ id, purchaseOrderNumber, resellerMargin, internalId }) => [
            id,
            purchaseOrderNumber,
            resellerMargin,
            internalId,
          ]),
        ];
        const kept = { ...once, subscriptions: once.subscriptions.slice(0, catalogue.subscriptions.length) };
        expect(protectedFields(kept)).toEqual(protectedFields(catalogue));
        for (const customer of catalogue.customers.filter(({ origin }) => origin === 'entered')) {
          expect(once.customers.find(({ id }) => id === customer.id)).toMatchObject(customer);
        }
      }),
    );
  });
});
