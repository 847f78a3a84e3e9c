import type { FileColumn, FileRow } from '../../shared/formats/file-columns.ts';

/* A small table with everything that regional formats and spreadsheets get wrong. */

export const sampleColumns = [
  { name: 'CustomerName', type: 'text' },
  { name: 'OrderId', type: 'id' },
  { name: 'SkuId', type: 'id' },
  { name: 'Subtotal', type: 'decimal', places: 2 },
  { name: 'UnitPrice', type: 'decimal' },
  { name: 'ChargeStartDate', type: 'day' },
  { name: 'Note', type: 'text' },
] as const satisfies readonly FileColumn[];

export const sampleRows: readonly FileRow[] = [
  ['Müller & Söhne', '123456789012345678', '0001', '1234.50', '0.000012', '2026-02-01', 'plain'],
  ['Ångström, Łódź; São', '000000000000000042', '0002', '-66.66', '-1.5', '2026-12-31', 'says "yes"'],
  ['=1+1', '900719925474099301', '0010', '0.00', '12345.6789012345', '2026-10-03', 'two\r\nlines\nand a half'],
  ['+49 30 1', '1', '00', '-0.01', '7', '2028-02-29', ' @leading blank'],
  ['-5', '1-2', '1e5', '1000000.00', '0.5', '2026-03-04', '＝１＋１'],
  ['', '', '', '', '', '', '\t"-cmd'],
];
