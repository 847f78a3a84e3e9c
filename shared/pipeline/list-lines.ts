import { z } from 'zod';
import type { DatasetDefinition, DatasetSeal } from '../contracts/datasets.ts';
import { isInView, type LineView } from '../domain/caller-scope.ts';
import { checkCatalogue } from '../domain/catalogue-check.ts';
import { newestSealed } from '../domain/datasets.ts';
import type { AudienceTable } from '../domain/file-columns.ts';
import type { FileKind } from '../domain/file-kinds.ts';
import { type FileLine, fileLineOf, LineRowMaker, type MadeRow, subscriptionIdsOf } from '../domain/file-lines.ts';
import { foldId } from '../domain/ids.ts';
import { ratedUsageLines } from '../formats/rated-usage-lines.ts';
import { openSubscriptionRows, rowsAsFile, type SubscriptionRows } from '../formats/subscription-row-reader.ts';
import { customersIn, hasLinesIn, subscriptionsIn, versionsOf } from './invoice-datasets.ts';
import type { CatalogueStore, DatasetStore, InvoiceStore, LineStore } from './ports.ts';
import { undatedDayOf } from './request-file.ts';
import { sealOf } from './seal-of.ts';

export type ListLinesPorts = {
  readonly invoices: InvoiceStore;
  readonly datasets: DatasetStore;
  readonly lines: LineStore;
  readonly catalogue: CatalogueStore;
};

/** Lines that are looked at for one page: where few of them are wanted, a page is short and the next goes on behind it. */
export const linesLookedAtMax = 2_500;
/** Subscriptions of parts that are opened for one page of usage, each with some reads of its own. */
const piecesMax = 200;

export type WantedLines = {
  readonly invoiceId: string;
  readonly kind: FileKind;
  /** What the caller may see of them; where it has none at all, there is no such invoice for it. */
  readonly all: LineView;
  /** What of that is asked for. */
  readonly view: LineView;
  /** As a line names its subscription: the Azure subscription of daily rated usage, the plan of the others. */
  readonly subscriptionId?: string | undefined;
};

/** A line as it is served; `source`: where it stands in the invoice's files. */
export type ListedLine = MadeRow & { readonly source: { readonly part: number; readonly line: number } };

export type LinePage =
  | {
      readonly kind: 'page';
      readonly columns: AudienceTable;
      readonly lines: readonly ListedLine[];
      readonly next: string | undefined;
    }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'badPosition' }
  /** A part was read before its rows were kept by subscription. */
  | { readonly kind: 'rowsNotKept' }
  | { readonly kind: 'badCatalogue'; readonly message: string };

/**
 * A page of the lines of an invoice, priced with the present catalogue. Ordered by customer, part and line; daily rated
 * usage by subscription, part and row. The position tells the version of the lines that the first page was of, so that
 * pages fit together while a newer version comes in. Only what the page shows, and little beside it, is read.
 */
export async function listLines(
  ports: ListLinesPorts,
  wanted: WantedLines,
  page: { readonly top: number; readonly position: string | undefined },
): Promise<LinePage> {
  const from = page.position === undefined ? undefined : parsePosition(page.position);
  if (from === 'bad') return { kind: 'badPosition' };
  const versions = await versionsOf(ports.datasets, wanted);
  const dataset =
    from === undefined ? newestSealed(versions) : versions.find(({ datasetId }) => datasetId === from.datasetId);
  if (dataset === undefined) return { kind: versions.length === 0 ? 'notFound' : 'badPosition' };
  const seal = await sealOf(ports.datasets, dataset.datasetId);
  if (!hasLinesIn(seal, wanted.all)) return { kind: 'notFound' };
  const { catalogue } = await ports.catalogue.read();
  const [fault] = checkCatalogue(catalogue);
  if (fault !== undefined) return { kind: 'badCatalogue', message: fault.message };
  const found = await gather(ports, { seal, wanted, from, top: page.top });
  if (found === 'rowsNotKept') return { kind: 'rowsNotKept' };
  const { invoiceId, kind, view } = wanted;
  const undatedDay = await undatedDayOf(ports, invoiceId, dataset);
  const maker = new LineRowMaker({ kind, audience: view.audience, invoiceId, catalogue, undatedDay });
  const lines = found.lines.map(({ line, part, lineNumber }) => ({
    ...maker.rowOf(line),
    source: { part, line: lineNumber },
  }));
  return { kind: 'page', columns: maker.columns, lines, next: found.next };
}

/** Where a page ended: behind `at`, the line, or of usage the row of the subscription's own in this part. */
type Position = { readonly datasetId: string; readonly group: string; readonly part: number; readonly at: number };

const position = z.tuple([z.string(), z.string(), z.int().nonnegative(), z.int().nonnegative()]);

function parsePosition(text: string): Position | 'bad' {
  const parsed = position.safeParse(jsonOf(text));
  if (!parsed.success) return 'bad';
  const [datasetId, group, part, at] = parsed.data;
  return { datasetId, group, part, at };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No position of ours; the schema says so.
  }
}

type PlacedLine = {
  readonly line: FileLine;
  readonly group: string;
  readonly part: number;
  readonly at: number;
  readonly lineNumber: number;
};

type Gathering = {
  readonly seal: DatasetSeal;
  readonly wanted: WantedLines;
  readonly from: Position | undefined;
  readonly top: number;
};

/** As many lines of the view as a page has, or as are found among those that may be looked at. */
async function gather(
  ports: ListLinesPorts,
  { seal, wanted, from, top }: Gathering,
): Promise<{ readonly lines: readonly PlacedLine[]; readonly next: string | undefined } | 'rowsNotKept'> {
  const isUsage = seal.kind === 'dailyratedusage';
  const all = isUsage ? usageFrom(ports, seal, wanted, from) : lineItemsFrom(ports, seal, wanted, { from, top });
  const lines: PlacedLine[] = [];
  const pieces = new Set<string>();
  let last: PlacedLine | undefined;
  let lookedAt = 0;
  for await (const placed of all) {
    if (placed === 'rowsNotKept') return placed;
    const isOwn = isWanted(placed.line, wanted);
    // Only a line that is wanted makes a next page: one that turned out empty would tell that others have lines there.
    const isFull = isOwn && lines.length === top;
    if (last !== undefined && (isFull || lookedAt === linesLookedAtMax || pieces.size > piecesMax))
      return { lines, next: positionText(seal, last) };
    last = placed;
    lookedAt += 1;
    if (isUsage) pieces.add(`${placed.part} ${placed.group}`);
    if (isOwn) lines.push(placed);
  }
  return { lines, next: undefined };
}

function positionText({ datasetId }: DatasetSeal, { group, part, at }: PlacedLine): string {
  return JSON.stringify([datasetId, group, part, at] satisfies z.infer<typeof position>);
}

function isWanted(of: FileLine, { view, subscriptionId }: WantedLines): boolean {
  if (!isInView(view, of.line)) return false;
  if (subscriptionId === undefined) return true;
  const [own, plan] = subscriptionIdsOf(of.line).map(foldId);
  const wanted = foldId(subscriptionId);
  return own === wanted || (of.kind !== 'dailyratedusage' && plan === wanted);
}

async function* lineItemsFrom(
  { lines }: ListLinesPorts,
  seal: DatasetSeal,
  { view, subscriptionId }: WantedLines,
  { from, top }: Pick<Gathering, 'from' | 'top'>,
): AsyncGenerator<PlacedLine> {
  const isFiltered = view.mpnIds !== undefined || subscriptionId !== undefined;
  const linesAtOnce = isFiltered ? undefined : top + 1;
  for (const customerId of customersIn(seal, view)) {
    if (from !== undefined && customerId < from.group) continue;
    const after = from?.group === customerId ? { part: from.part, line: from.at } : undefined;
    for await (const item of lines.read(seal.datasetId, customerId, { after, linesAtOnce })) {
      const { part, line } = item;
      yield { line: fileLineOf(item), group: customerId, part, at: line, lineNumber: line };
    }
  }
}

async function* usageFrom(
  { datasets }: ListLinesPorts,
  seal: DatasetSeal,
  { view, subscriptionId: only }: WantedLines,
  from: Position | undefined,
): AsyncGenerator<PlacedLine | 'rowsNotKept'> {
  const definition = await datasets.readDefinition(seal.datasetId);
  if (definition === undefined) throw new Error(`There is no dataset ${seal.datasetId}`);
  const opened = new Map<number, SubscriptionRows>();
  for (const subscriptionId of subscriptionsIn(seal, view)) {
    if (only !== undefined && subscriptionId !== foldId(only)) continue;
    if (from !== undefined && subscriptionId < from.group) continue;
    for (const part of seal.partsOf[subscriptionId] ?? []) {
      const isThere = from?.group === subscriptionId;
      if (isThere && part < from.part) continue;
      const rows = opened.get(part) ?? (await openPart(datasets, seal, part));
      if (rows === undefined) {
        yield 'rowsNotKept';
        return;
      }
      opened.set(part, rows);
      const skipRows = isThere && part === from.part ? from.at + 1 : 0;
      yield* rowsOf(rows, definition, { subscriptionId, part, skipRows });
    }
  }
}

async function openPart(
  datasets: DatasetStore,
  { datasetId }: DatasetSeal,
  part: number,
): Promise<SubscriptionRows | undefined> {
  const file = await datasets.openRows(datasetId, part);
  return file === undefined ? undefined : openSubscriptionRows(file);
}

async function* rowsOf(
  rows: SubscriptionRows,
  { parts }: DatasetDefinition,
  {
    subscriptionId,
    part,
    skipRows,
  }: { readonly subscriptionId: string; readonly part: number; readonly skipRows: number },
): AsyncGenerator<PlacedLine> {
  const own = rows.readRows(subscriptionId, skipRows);
  const first = await own.next();
  if (first.done === true) return; // A file of no rows cannot be told from a file of something else.
  async function* all() {
    if (first.done !== true) yield first.value;
    yield* own;
  }
  const { file, lineOf } = rowsAsFile(parts[part]?.blobName ?? '', rows.layout, all());
  let at = skipRows;
  for await (const { line, lineNumber } of ratedUsageLines(file)) {
    const ofPart = lineOf(lineNumber);
    const place = `Part ${part}, line ${ofPart}`;
    yield { line: { kind: 'dailyratedusage', line, place }, group: subscriptionId, part, at, lineNumber: ofPart };
    at += 1;
  }
}
