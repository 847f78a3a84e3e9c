import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Catalogue, catalogueKinds, emptyCatalogue } from '../shared/domain/catalogue.ts';
import { type FileScope, isLineOf } from '../shared/domain/catalogue-directory.ts';
import { Discovery, withDiscovered } from '../shared/domain/catalogue-discovery.ts';
import type { CultureName } from '../shared/domain/culture-names.ts';
import { fromInvoiceLine, fromLegacyUsageLine, fromLicenseLine } from '../shared/domain/discovery-lines.ts';
import type { Audience } from '../shared/domain/file-columns.ts';
import type { FileFormat, FileKind } from '../shared/domain/file-kinds.ts';
import { type FileMaking, FileRowMaker } from '../shared/domain/file-lines.ts';
import { foldId } from '../shared/domain/ids.ts';
import { explainedLine, type LineExplanation } from '../shared/domain/line-explanation.ts';
import { pricingBy } from '../shared/domain/line-prices.ts';
import { foldMpnId, lineReseller } from '../shared/domain/line-reseller.ts';
import type { Problem } from '../shared/domain/problem.ts';
import { type CatalogueFile, importCatalogue } from '../shared/formats/catalogue-csv.ts';
import { explanationCsv } from '../shared/formats/explanation-csv.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { RatedUsageCsv, type UsageSource } from '../shared/formats/rated-usage-csv.ts';
import { reconciliationFile } from '../shared/formats/reconciliation-file.ts';
import { linesOf, usageFilesOf } from './line-files.ts';
import { RowProgress } from './row-progress.ts';

export type Conversion = {
  readonly path: string;
  readonly kind: FileKind;
  readonly audience: Audience;
  /** Whose file: needed where the lines are of several. */
  readonly customerId?: string | undefined;
  readonly resellerMpnId?: string | undefined;
  readonly catalogueFolder?: string | undefined;
  readonly culture: CultureName;
  readonly format: FileFormat;
  readonly out: string;
  /** Where to say how each line came to its prices; customers are told no cost, so not of their files. */
  readonly explainOut?: string | undefined;
};

/** `refused`: nothing was written, and why. */
export type ConversionOutcome =
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'refused'; readonly problems: readonly Pick<Problem, 'message'>[] };

/**
 * Makes a reconciliation file from one of Microsoft's, as the pipeline makes it. A file of line items is read twice:
 * once for whose lines it has, once for the lines. It appears under its name when it is whole.
 * @throws FileRefusedError when the file cannot be used
 * @throws UnpricedLineError when the catalogue has no price for a line
 */
export async function convert(conversion: Conversion, say: (line: string) => void): Promise<ConversionOutcome> {
  const { path, kind, out } = conversion;
  const imported = await readCatalogue(conversion.catalogueFolder);
  if (imported.kind === 'refused') return imported;
  const met = needsLook(conversion) ? await lookThrough(path, kind) : unseen;
  const scope = scopeOf(conversion, met);
  if (typeof scope === 'string') return { kind: 'refused', problems: [{ message: `${path}: ${scope}` }] };
  const { catalogue } = withDiscovered(imported.catalogue, met.discovery.found());
  const making = { kind, scope, catalogue, invoiceId: met.invoiceId, undatedDay: met.firstDay };
  const counted = { rows: 0 };
  const content = await contentOf(conversion, making, { counted, progress: new RowProgress(path, say) });
  if (!(await writeWhole(out, content, () => counted.rows > 0))) {
    return { kind: 'refused', problems: [{ message: `${path}: no line is of this ${conversion.audience}` }] };
  }
  if (conversion.explainOut !== undefined) await writeExplanations(conversion, { scope, catalogue, met });
  return { kind: 'written', rows: counted.rows };
}

/** Reads the file once more: the lines of the file that was written, in its order. */
async function writeExplanations(
  { path, kind, culture, explainOut = '' }: Conversion,
  { scope, catalogue, met }: { readonly scope: FileScope; readonly catalogue: Catalogue; readonly met: Met },
): Promise<void> {
  const pricing = pricingBy(catalogue, met.firstDay);
  const audience = scope.audience === 'csp' ? 'csp' : 'reseller';
  async function* explanations(): AsyncGenerator<LineExplanation> {
    for await (const line of linesOf(path, kind)) {
      if (isLineOf(scope, line.line)) yield explainedLine(pricing, line, audience);
    }
  }
  await writeWhole(explainOut, explanationCsv(explanations(), culture), () => true);
}

/** A file appears under its name when it is whole, and when `isWanted` says so then. */
async function writeWhole(out: string, content: AsyncIterable<Uint8Array>, isWanted: () => boolean): Promise<boolean> {
  const unfinished = `${out}.part-${process.pid}`;
  try {
    await writeAll(unfinished, content);
    if (isWanted()) await rename(unfinished, out);
  } finally {
    await rm(unfinished, { force: true });
  }
  return isWanted();
}

/** Writes chunk by chunk: the next one is asked for when the one before has been written. */
async function writeAll(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    for await (const bytes of content) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

type Counting = { readonly counted: { rows: number }; readonly progress: RowProgress };

/** The bytes of the file: daily rated usage becomes CSV by its bytes, everything else row by row. */
async function contentOf(
  conversion: Conversion,
  making: FileMaking,
  counting: Counting,
): Promise<AsyncGenerator<Uint8Array>> {
  const { path, kind, format, culture } = conversion;
  if (kind === 'dailyratedusage' && format === 'csv') {
    const sources = await usageFilesOf(path);
    if (sources !== undefined) return usageCsv(sources, new RatedUsageCsv(making, culture), counting);
  }
  const maker = new FileRowMaker(making);
  const rows = cellsOf(maker, path, { kind, ...counting });
  return reconciliationFile({ columns: maker.columns, rows, format, culture, title: kind });
}

async function* usageCsv(
  sources: readonly UsageSource[],
  csv: RatedUsageCsv,
  { counted, progress }: Counting,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of csv.bytesOf(sources)) {
    progress.at(csv.rowsRead);
    yield bytes;
    // `writeAll` is done with it. The collector would come late: 40 MB later at the peak of a million rows.
    if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
  }
  counted.rows = csv.rows;
  progress.end(csv.rowsRead);
}

async function* cellsOf(
  maker: FileRowMaker,
  path: string,
  of: Counting & { readonly kind: FileKind },
): AsyncGenerator<readonly string[]> {
  let read = 0;
  for await (const line of linesOf(path, of.kind)) {
    read += 1;
    of.progress.at(read);
    const cells = maker.cellsOf(line);
    if (cells === undefined) continue;
    of.counted.rows += 1;
    yield cells;
  }
  of.progress.end(read);
}

/** Rows of daily rated usage name their day, and add nothing to a catalogue that a file shows: whose file it is, is all. */
function needsLook({ kind, audience, resellerMpnId }: Conversion): boolean {
  return kind !== 'dailyratedusage' || (audience === 'reseller' && resellerMpnId === undefined);
}

type Met = {
  readonly customerIds: ReadonlySet<string>;
  readonly mpnIds: ReadonlySet<string>;
  readonly discovery: Discovery;
  readonly invoiceId: string;
  readonly firstDay: string | undefined;
};

const unseen: Met = {
  customerIds: new Set(),
  mpnIds: new Set(),
  discovery: new Discovery(),
  invoiceId: '',
  firstDay: undefined,
};

/** What a file is of, before it is made: its customers and resellers, and who comes into the catalogue by it. */
async function lookThrough(path: string, kind: FileKind): Promise<Met> {
  const customerIds = new Set<string>();
  const mpnIds = new Set<string>();
  const discovery = new Discovery();
  let invoiceId = '';
  let firstDay: string | undefined;
  for await (const of of linesOf(path, kind)) {
    const { customerId, resellerMpnId, chargeStartDate } = of.line;
    customerIds.add(foldId(customerId));
    const reseller = lineReseller(resellerMpnId);
    if (reseller.kind === 'reseller') mpnIds.add(reseller.mpnId);
    if (invoiceId === '' && 'invoiceId' in of.line) invoiceId = of.line.invoiceId.toUpperCase();
    if (chargeStartDate !== '' && (firstDay === undefined || chargeStartDate < firstDay)) firstDay = chargeStartDate;
    if (of.kind === 'onetime') discovery.take(fromInvoiceLine(of.line));
    else if (of.kind === 'license') discovery.take(fromLicenseLine(of.line));
    else if (of.kind === 'usage') discovery.take(fromLegacyUsageLine(of.line));
  }
  return { customerIds, mpnIds, discovery, invoiceId, firstDay };
}

/** Whose file it is; or, as a text, why that cannot be told. */
function scopeOf({ audience, customerId, resellerMpnId }: Conversion, met: Met): FileScope | string {
  switch (audience) {
    case 'csp':
      return { audience };
    case 'customer': {
      const [only, ...others] = customerId === undefined ? met.customerIds : [foldId(customerId)];
      const through = resellerMpnId === undefined ? {} : { mpnId: foldMpnId(resellerMpnId) };
      if (only !== undefined && others.length === 0) return { audience, customerId: only, ...through };
      return `its lines are of ${met.customerIds.size} customers; expected --customer with the tenant of one`;
    }
    case 'reseller': {
      const [only, ...others] = resellerMpnId === undefined ? met.mpnIds : [foldMpnId(resellerMpnId)];
      if (only !== undefined && others.length === 0) return { audience, mpnId: only };
      return `its lines name ${met.mpnIds.size} resellers; expected --reseller with the MPN id of one`;
    }
  }
}

async function readCatalogue(
  folder: string | undefined,
): Promise<{ readonly kind: 'read'; readonly catalogue: Catalogue } | Extract<ConversionOutcome, { kind: 'refused' }>> {
  if (folder === undefined) return { kind: 'read', catalogue: emptyCatalogue };
  const names = await readdir(folder);
  const files: CatalogueFile[] = [];
  for (const kind of catalogueKinds) {
    const name = `${kind}.csv`;
    if (names.includes(name)) files.push({ kind, name, text: await readFile(join(folder, name), 'utf8') });
  }
  if (files.length === 0) {
    const expected = catalogueKinds.map((kind) => `${kind}.csv`).join(', ');
    const message = `${folder}: the folder has no file of a catalogue; expected some of ${expected}`;
    throw new FileRefusedError({ code: 'missingCatalogue', file: folder, message });
  }
  const { catalogue, problems } = importCatalogue(emptyCatalogue, files);
  return catalogue === undefined ? { kind: 'refused', problems } : { kind: 'read', catalogue };
}
