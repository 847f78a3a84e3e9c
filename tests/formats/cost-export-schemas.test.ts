import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { costExportSchemas, focusSchemas } from '../../shared/formats/cost-export-schemas.ts';

const fingerprint = (names: readonly string[]) =>
  createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 12);

/* Agreement, version, number of columns and the hash of Microsoft's own list, taken from its pages. */
const details = [
  ['mpa', '2023-12-01-preview', 70, '99473920bc48'],
  ['mpa', '2021-10-01', 70, '99473920bc48'],
  ['mpa', '2021-01-01', 67, '5a4bd813a648'],
  ['mpa', '2019-11-01', 66, '400ac70256cd'],
  ['cspSubscription', '2023-12-01-preview', 56, 'a82f0bc13872'],
  ['cspSubscription', '2021-10-01', 56, 'a82f0bc13872'],
  ['cspSubscription', '2021-01-01', 53, 'e2a299317962'],
  ['cspSubscription', '2019-11-01', 52, '473982ad1993'],
  ['mca', '2023-12-01-preview', 65, 'd298d4118bfc'],
  ['mca', '2021-10-01', 65, '5c8851f924f9'],
  ['mca', '2021-01-01', 62, '84cd1a0d4c21'],
  ['mca', '2019-11-01', 60, '6e4bc780c752'],
  ['mca', '2019-10-01', 60, '3bf280ede5e5'],
  ['ea', '2024-08-01', 57, 'ef327440da17'],
  ['ea', '2023-12-01-preview', 55, 'cd90befd85be'],
  ['ea', '2021-10-01', 55, 'e2dbcd8fdc0e'],
  ['ea', '2021-01-01', 53, 'fb8139216a9b'],
  ['ea', '2020-01-01', 52, '4a5d491a29f9'],
  ['ea', '2019-10-01', 27, '59841769bd89'],
  ['payAsYouGo', '2019-11-01', 24, 'f4519d936c97'],
] as const;

/* The hashes of FOCUS are over the sorted names: its columns come in any order. */
const focus = [
  ['1.2', 104, '51f9e200fcb4'],
  ['1.2-preview', 105, '9edb6215ea62'],
  ['1.2-preview', 105, '4425f22cb172'],
  ['1.0r2', 96, 'e377c0694d6e'],
  ['1.0', 96, 'e377c0694d6e'],
  ['1.0-preview(v1)', 94, '8944fdefbde7'],
] as const;

describe('the schemas of cost exports', () => {
  it('are Microsoft’s lists, column by column and in their order', () => {
    expect(
      costExportSchemas.map(({ agreement, version, columns }) => [
        agreement,
        version,
        columns.length,
        fingerprint(columns),
      ]),
    ).toEqual(details);
  });

  it('of FOCUS are Microsoft’s lists too', () => {
    expect(
      focusSchemas.map(({ version, columns }) => [version, columns.length, fingerprint([...columns].sort())]),
    ).toEqual(focus);
  });

  it('have no two columns that differ in letter case only, so that names may be folded', () => {
    for (const { columns } of [...costExportSchemas, ...focusSchemas]) {
      expect(new Set(columns.map((name) => name.toLowerCase())).size).toBe(columns.length);
    }
  });
});
