import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogueDocument } from '../../shared/contracts/catalogue.ts';
import { type Catalogue, type CatalogueKind, catalogueKinds, emptyCatalogue } from '../../shared/domain/catalogue.ts';
import { type CatalogueFile, exportCatalogue, importCatalogue } from '../../shared/formats/catalogue-csv.ts';
import { faultlessCatalogue } from '../domain/catalogues.ts';

const file = (kind: CatalogueKind, ...lines: readonly string[]): CatalogueFile => ({
  kind,
  name: `${kind}.csv`,
  text: lines.join('\r\n'),
});
const exported = (catalogue: Catalogue): CatalogueFile[] =>
  catalogueKinds.map((kind) => ({ kind, name: `${kind}.csv`, text: exportCatalogue(catalogue, kind) }));
const sorted = (catalogue: Catalogue) =>
  Object.fromEntries(
    catalogueKinds.map((kind) => [kind, [...catalogue[kind]].toSorted((left, right) => (left.id < right.id ? -1 : 1))]),
  );

const known: Catalogue = {
  resellers: [{ id: 'r1', mpnId: '1000', name: 'Northwind', origin: 'entered' }],
  customers: [{ id: 'contoso', name: 'Contoso', resellerId: 'r1', origin: 'discovered' }],
  subscriptions: [{ id: 'plan', customerId: 'contoso', name: 'Azure plan', origin: 'discovered' }],
  margins: [
    { id: 'm1', buyer: 'customer', level: 'default', kind: 'markup', value: '0.1', guards: [], from: '2026-01-01' },
  ],
};
const marginHeader = 'id,buyer,level,targetId,productType,kind,value,guards,from,to';

describe('exportCatalogue and importCatalogue', () => {
  it('are inverse: into nothing, and into itself without a change', () => {
    fc.assert(
      fc.property(faultlessCatalogue, (catalogue) => {
        const files = exported(catalogue);
        const fresh = importCatalogue(emptyCatalogue, files);
        expect(fresh.problems).toEqual([]);
        expect(fresh.catalogue).toEqual(sorted(catalogue));
        expect(fresh.changes.every(({ change }) => change === 'added')).toBe(true);
        const again = importCatalogue(catalogue, files.toReversed());
        expect(again.changes.map(({ change, fields }) => [change, fields])).toEqual(
          again.changes.map(() => ['same', []]),
        );
        expect(again.catalogue).toEqual(catalogue);
        const document = { version: 1, ...withVersions(catalogue) };
        expect(catalogueDocument.safeParse(document).error).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('survive what a person does to the file: LF, a BOM, blank lines, columns in another order', () => {
    const text = '\uFEFFpurchaseOrderNumber,id\n\n0042,PLAN\n\n';
    const { changes, catalogue } = importCatalogue(known, [{ kind: 'subscriptions', name: 'orders.csv', text }]);
    expect(catalogue?.subscriptions).toEqual([
      { id: 'plan', customerId: 'contoso', name: 'Azure plan', purchaseOrderNumber: '0042', origin: 'entered' },
    ]);
    expect(changes).toEqual([
      {
        kind: 'subscriptions',
        id: 'plan',
        change: 'changed',
        file: 'orders.csv',
        line: 3,
        fields: [
          { column: 'purchaseOrderNumber', before: '', after: '0042' },
          { column: 'origin', before: 'discovered', after: 'entered' },
        ],
      },
    ]);
  });

  it('show what would be added, changed and left, and change nothing themselves', () => {
    const before = structuredClone(known);
    const { changes, problems } = importCatalogue(known, [
      file('resellers', 'id,mpnId,name', 'r1,1000,Northwind', 'r2,2000,"Southwind, Inc."'),
      file('margins', marginHeader, 'm1,customer,default,,,markup,0.2,markupLimit discountLimit,2026-01-01,'),
    ]);
    expect(problems).toEqual([]);
    expect(changes.map(({ id, change, line, fields }) => ({ id, change, line, fields }))).toEqual([
      { id: 'r1', change: 'same', line: 2, fields: [] },
      {
        id: 'r2',
        change: 'added',
        line: 3,
        fields: [
          { column: 'id', before: '', after: 'r2' },
          { column: 'mpnId', before: '', after: '2000' },
          { column: 'name', before: '', after: 'Southwind, Inc.' },
          { column: 'origin', before: '', after: 'entered' },
        ],
      },
      {
        id: 'm1',
        change: 'changed',
        line: 2,
        fields: [
          { column: 'value', before: '0.1', after: '0.2' },
          { column: 'guards', before: '', after: 'markupLimit discountLimit' },
        ],
      },
    ]);
    expect(known).toEqual(before);
  });

  it('empty a field where its cell is empty', () => {
    const { catalogue } = importCatalogue(known, [file('customers', 'id,name', 'contoso,')]);
    expect(catalogue?.customers).toEqual([{ id: 'contoso', resellerId: 'r1', origin: 'entered' }]);
  });

  it('do not undo that a person entered a record', () => {
    const line = 'r1,1000,Northwind,,discovered';
    const { changes, catalogue } = importCatalogue(known, [file('resellers', 'id,mpnId,name,internalId,origin', line)]);
    expect(changes.map(({ change }) => change)).toEqual(['same']);
    expect(catalogue?.resellers[0]?.origin).toBe('entered');
  });

  it('name every bad line, and take none of the good ones', () => {
    const { changes, catalogue, problems } = importCatalogue(known, [
      file('resellers', 'id,mpnId', 'good,3000', 'r/2,2000', 'r3,0', 'r4', 'r5,x,y', 'good,4000'),
      file(
        'margins',
        marginHeader,
        'a,customer,default,,,markup,"0,15",,2026-01-01,',
        'b,nobody,default,,,rebate,0.1,never,2026-02-30,',
        ',customer,default,,,markup,0.1,,2026-01-01,',
      ),
      file('subscriptions', 'id,customerId,resellerMarginKind,resellerMarginValue', 's1,contoso,markup,', 's2,,,'),
    ]);
    expect(changes).toEqual([]);
    expect(catalogue).toBeUndefined();
    expect(problems.map(({ file: name, line, column, value, code }) => [name, line, column, value, code])).toEqual([
      ['resellers.csv', 3, 'id', 'r/2', 'badValue'],
      ['resellers.csv', 4, 'mpnId', '0', 'badValue'],
      ['resellers.csv', 5, '', '', 'raggedRow'],
      ['resellers.csv', 6, '', '', 'raggedRow'],
      ['resellers.csv', 7, 'id', 'good', 'doubleId'],
      ['margins.csv', 2, 'value', '0,15', 'badValue'],
      ['margins.csv', 3, 'buyer', 'nobody', 'badValue'],
      ['margins.csv', 3, 'kind', 'rebate', 'badValue'],
      ['margins.csv', 3, 'guards', 'never', 'badValue'],
      ['margins.csv', 3, 'from', '2026-02-30', 'badValue'],
      ['margins.csv', 4, 'id', '', 'missingValue'],
      ['subscriptions.csv', 2, 'resellerMarginValue', '', 'missingValue'],
      ['subscriptions.csv', 3, 'customerId', '', 'missingValue'],
    ]);
    expect(problems[5]?.message).toBe(
      "margins.csv, line 2, column value: '0,15' is wrong; expected a decimal with a point, a fraction of one: 0.1 is 10 %",
    );
  });

  it('name the lines of what is wrong between records', () => {
    const { problems } = importCatalogue(known, [
      file('subscriptions', 'id,customerId', 'lost,nobody'),
      file(
        'margins',
        marginHeader,
        'm2,customer,default,,,markup,15,,2025-01-01,2025-02-01',
        'm3,customer,default,,,markup,0.2,,2026-06-01,',
        'm4,reseller,default,,,markup,-0.1,markupLimit,2026-06-01,',
      ),
    ]);
    expect(problems.map(({ line, column, code, message }) => [line, column, code, message.split(':')[0]])).toEqual([
      [2, 'customerId', 'unknownCustomer', 'subscriptions.csv, line 2, column customerId'],
      [2, 'value', 'badMargin', 'margins.csv, line 2, column value'],
      [3, 'from', 'overlap', 'margins.csv, line 3, column from'],
      [4, 'guards', 'badMargin', 'margins.csv, line 4, column guards'],
      [undefined, 'from', 'overlap', 'margins, not in the import'],
    ]);
    expect(problems[2]?.message).toContain("'m1' and 'm3' both hold on 2026-06-01");
  });

  it.each([
    ['an unknown column', 'id,mpnIdd', 'unknownColumn', 'mpnIdd', 'expected mpnId'],
    ['a doubled column', 'id,mpnId,mpnId', 'doubleColumn', 'mpnId', 'twice'],
    ['no id', 'mpnId', 'missingColumn', 'id', 'missing'],
    ['semicolons', 'id;mpnId', 'wrongDelimiter', '', 'divided by a semicolon; expected a comma'],
    ['tabs', 'id\tmpnId', 'wrongDelimiter', '', 'divided by a tab; expected a comma'],
    ['nothing', '', 'emptyFile', '', 'empty'],
  ])('refuse a file with %s', (_, header, code, column, words) => {
    const { problems } = importCatalogue(known, [file('resellers', header)]);
    expect(problems[0]).toMatchObject({ code, line: 1, column });
    expect(problems[0]?.message).toContain(words);
  });

  it('refuse a lost quote with its line, and count lines across quoted breaks', () => {
    const lost = importCatalogue(known, [file('resellers', 'id,mpnId', 'r2,2000', 'r3,"3000')]);
    expect(lost.problems).toMatchObject([{ code: 'badCsv', line: 3 }]);
    const broken = importCatalogue(known, [file('resellers', 'id,mpnId,name', 'r2,2000,"two\r\nlines"', 'r3,x,')]);
    expect(broken.problems).toMatchObject([
      { line: 2, column: 'name', code: 'badValue' },
      { line: 4, column: 'mpnId', code: 'badValue' },
    ]);
  });

  it('keep a spreadsheet from running a name', () => {
    const names = ['=cmd()', '"=x', "'=x", '+1', '-2', '@a', '＝b', "it's"];
    const resellers = names.map((name, index) => ({
      id: `r${index}`,
      mpnId: `${index + 1}`,
      name,
      origin: 'entered' as const,
    }));
    const text = exportCatalogue({ ...emptyCatalogue, resellers }, 'resellers');
    const cells = text
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(',')[2]);
    expect(cells).toEqual(["'=cmd()", '"\'""=x"', "''=x", "'+1", "'-2", "'@a", "'＝b", "it's"]);
    expect(importCatalogue(emptyCatalogue, [{ kind: 'resellers', name: 'a', text }]).catalogue?.resellers).toEqual(
      resellers,
    );
    const negative = { ...emptyCatalogue, margins: known.margins.map((one) => ({ ...one, value: '-0.1' })) };
    expect(exportCatalogue(negative, 'margins')).toContain(',markup,-0.1,');
  });
});

describe('catalogueDocument', () => {
  const version = { version: 1 } as const;
  it.each([
    ['an unknown key', { resellers: [{ ...version, id: 'r', mpnId: '1', origin: 'entered', phone: '1' }] }],
    ['another version', { resellers: [{ version: 2, id: 'r', mpnId: '1', origin: 'entered' }] }],
    ['an id in capitals', { customers: [{ ...version, id: 'CONTOSO', origin: 'entered' }] }],
    ['a markup of 15', { margins: [{ ...version, ...known.margins[0], value: '15' }] }],
    ['a number that is no text', { margins: [{ ...version, ...known.margins[0], value: 0.1 }] }],
    ['a decimal in another spelling', { margins: [{ ...version, ...known.margins[0], value: '0.10' }] }],
    ['a target at level default', { margins: [{ ...version, ...known.margins[0], targetId: 'x' }] }],
    ['a period of no day', { margins: [{ ...version, ...known.margins[0], to: '2025-01-01' }] }],
    ['an impossible day', { margins: [{ ...version, ...known.margins[0], from: '2026-02-29' }] }],
  ])('refuses %s', (_, part) => {
    const document = { version: 1, ...withVersions(emptyCatalogue), ...part };
    expect(catalogueDocument.safeParse(document).success).toBe(false);
  });

  it('takes a catalogue', () => {
    expect(catalogueDocument.safeParse({ version: 1, ...withVersions(known) }).error).toBeUndefined();
  });
});

function withVersions(catalogue: Catalogue): Readonly<Record<CatalogueKind, readonly unknown[]>> {
  const versioned = (kind: CatalogueKind) => catalogue[kind].map((record) => ({ version: 1, ...record }));
  return {
    resellers: versioned('resellers'),
    customers: versioned('customers'),
    subscriptions: versioned('subscriptions'),
    margins: versioned('margins'),
  };
}
