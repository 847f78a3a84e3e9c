import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import type { Catalogue } from '../../shared/domain/catalogue.ts';
import { type FileScope, isLineOf } from '../../shared/domain/catalogue-directory.ts';
import { type CultureName, cultureNames } from '../../shared/domain/culture-names.ts';
import { type WrittenColumn, writtenColumns } from '../../shared/domain/file-columns.ts';
import type { FileKind } from '../../shared/domain/file-kinds.ts';
import { type FileLine, FileRowMaker } from '../../shared/domain/file-lines.ts';
import { reconciliationFile } from '../../shared/formats/reconciliation-file.ts';
import { sourceLines } from '../../shared/formats/source-lines.ts';
import { rule } from '../domain/sold-lines.ts';
import { bytesOf } from './bytes-of.ts';

/*
 * A file for each regional format, made from a generated month: kinds and audiences in turn, of each file a few rows that
 * have something to show. Small enough to be read.
 */

export type MonthFile = {
  readonly name: string;
  readonly culture: CultureName;
  readonly columns: readonly WrittenColumn[];
  /** Cells before they are written: decimals with a point, days as `YYYY-MM-DD`. */
  readonly rows: readonly (readonly string[])[];
  readonly bytes: Buffer;
};

/** A customer of the month who changed reseller in mid-month, and one of the resellers. */
const movedId = '0f3ef6dd-d990-4ae7-a82f-20ce8db885b3';
const mpnId = '4649221';

const turns: readonly { readonly kind: FileKind; readonly scope: FileScope; readonly title: string }[] = [
  { kind: 'onetime', scope: { audience: 'customer', customerId: movedId }, title: 'onetime-customer' },
  { kind: 'dailyratedusage', scope: { audience: 'reseller', mpnId }, title: 'dailyratedusage-reseller' },
  { kind: 'license', scope: { audience: 'csp' }, title: 'license-csp' },
  { kind: 'usage', scope: { audience: 'csp' }, title: 'usage-csp' },
  { kind: 'onetime', scope: { audience: 'csp' }, title: 'onetime-csp' },
  {
    kind: 'onetime',
    scope: { audience: 'customer', customerId: movedId, mpnId },
    title: 'onetime-customer-through-reseller',
  },
  { kind: 'onetime', scope: { audience: 'reseller', mpnId }, title: 'onetime-reseller' },
  { kind: 'dailyratedusage', scope: { audience: 'csp' }, title: 'dailyratedusage-csp' },
];

const catalogue: Catalogue = {
  resellers: [{ id: 'northwind', mpnId, name: 'Northwind; "Süd"', internalId: '0007', origin: 'entered' }],
  customers: [{ id: movedId, internalId: '=C-1', origin: 'entered' }],
  subscriptions: [],
  margins: [
    rule('to resellers', { buyer: 'reseller', value: '0.0731' }),
    rule('to customers', { buyer: 'customer', value: '0.1117', guards: ['discountLimit'] }),
  ],
};

export async function monthFiles(): Promise<readonly MonthFile[]> {
  const folder = await mkdtemp(join(tmpdir(), 'month-'));
  try {
    const key = await writeSampleMonth(folder, { seed: 1, cycle: '2026-10', scale: 0.02 });
    const exports = join(folder, 'partner-center', 'exports', key.invoiceId);
    const legacy = join(folder, 'partner-center', 'legacy', key.legacyInvoiceId);
    const pathsOf = async (inFolder: string) => (await readdir(inFolder)).sort().map((name) => join(inFolder, name));
    const lines = {
      onetime: await linesOf('onetime', await pathsOf(join(exports, 'onetime'))),
      dailyratedusage: await linesOf('dailyratedusage', await pathsOf(join(exports, 'dailyratedusage'))),
      license: await linesOf('license', [join(legacy, 'office-billinglineitems.json')]),
      usage: await linesOf('usage', [
        join(legacy, 'azure-billinglineitems.json'),
        join(legacy, 'azure-usagelineitems.json'),
      ]),
    };
    const files: MonthFile[] = [];
    for (const [index, culture] of cultureNames.entries()) {
      const turn = turns[index % turns.length];
      if (turn !== undefined) files.push(await fileOf(turn, culture, lines[turn.kind]));
    }
    return files;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function linesOf(kind: FileKind, paths: readonly string[]): Promise<readonly FileLine[]> {
  const lines: FileLine[] = [];
  for (const [part, path] of paths.entries()) {
    for await (const line of sourceLines(kind, { name: path, bytes: createReadStream(path) }, part)) lines.push(line);
  }
  return lines;
}

async function fileOf(
  { kind, scope, title }: (typeof turns)[number],
  culture: CultureName,
  all: readonly FileLine[],
): Promise<MonthFile> {
  const maker = new FileRowMaker({ kind, scope, invoiceId: 'G019900346', catalogue, undatedDay: '2026-10-01' });
  const shown = worthShowing(all.filter(({ line }) => isLineOf(scope, line)));
  const rows = shown.flatMap((line) => {
    const cells = maker.cellsOf(line);
    return cells === undefined ? [] : [cells];
  });
  const bytes = await bytesOf(
    reconciliationFile({ columns: maker.columns, rows, format: 'csv', culture, title: kind }),
  );
  return { name: `${culture}.${title}.csv`, culture, columns: writtenColumns(maker.columns), rows, bytes };
}

/** The first lines, the first that gives money back, the first with a reseller and without, and the last. */
function worthShowing(lines: readonly FileLine[]): readonly FileLine[] {
  const found = [
    ...lines.slice(0, 2),
    lines.find(({ line }) => JSON.stringify(line).includes('"-')),
    lines.find(({ line }) => Number(line.resellerMpnId) > 0),
    lines.find(({ line }) => !(Number(line.resellerMpnId) > 0)),
    lines.at(-1),
  ];
  const wanted = new Set(found.filter((line) => line !== undefined));
  return lines.filter((line) => wanted.has(line));
}
