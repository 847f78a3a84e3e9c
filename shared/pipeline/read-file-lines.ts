import type { DatasetDefinition } from '../contracts/datasets.ts';
import type { FileRecord } from '../contracts/files.ts';
import { type FileLine, fileLineOf } from '../domain/file-lines.ts';
import { foldId } from '../domain/ids.ts';
import type { LineItem } from '../domain/line-item.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { isParquetName } from '../formats/detected-file.ts';
import type { UsageSource } from '../formats/rated-usage-csv.ts';
import { ratedUsageLines } from '../formats/rated-usage-lines.ts';
import { openSubscriptionRows, rowsAsFile } from '../formats/subscription-row-reader.ts';
import type { VerbatimRow } from '../formats/subscription-rows.ts';
import { archiveOf } from './ingest-part.ts';
import type { DatasetStore, FileArchive, LineStore, RawArchive } from './ports.ts';

export type ReadFileLinesPorts = {
  readonly datasets: DatasetStore;
  readonly lines: LineStore;
  readonly archive: RawArchive;
  readonly costExports: FileArchive;
  readonly inbox: FileArchive;
};

/**
 * The lines that a file is made of, in an order of their own that is always the same, and maybe others' beside them. A
 * customer's are read from its partition; a reseller's rows of daily rated usage from what was kept of the
 * subscriptions with rows that name it; everything else from the whole dataset, as a stream.
 */
export function readFileLines(ports: ReadFileLinesPorts, record: FileRecord): AsyncGenerator<FileLine> {
  if (record.kind === 'dailyratedusage') return usageLines(ports, record);
  return lineItems(ports, record);
}

/** `subscriptionId`: of daily rated usage, where it is known: only its rows are read then. */
export type WantedLine = { readonly part: number; readonly line: number; readonly subscriptionId?: string };

/** One line of the dataset that a file is made of, whoever it is of; undefined where there is none. */
export async function readFileLine(
  ports: ReadFileLinesPorts,
  { kind, datasetId }: FileRecord,
  wanted: WantedLine,
): Promise<FileLine | undefined> {
  const definition = await definitionOf(ports.datasets, datasetId);
  const { part, line } = wanted;
  if (part >= definition.parts.length) return undefined;
  const place = placeOf(part, line);
  const lines =
    kind === 'dailyratedusage'
      ? usageLinesAround(ports, definition, wanted)
      : itemsOf(ports.datasets.readShardLines(datasetId, part));
  for await (const of of lines) if (of.place === place) return of;
  return undefined;
}

async function* usageLinesAround(
  ports: ReadFileLinesPorts,
  definition: DatasetDefinition,
  { part, line, subscriptionId }: WantedLine,
): AsyncGenerator<FileLine> {
  const kept = subscriptionId === undefined ? undefined : await ports.datasets.openRows(definition.datasetId, part);
  const sources =
    kept === undefined || subscriptionId === undefined
      ? wholePart(ports, definition, part)
      : keptRows(await openSubscriptionRows(kept), {
          definition,
          part,
          subscriptionIds: [foldId(subscriptionId)],
          line,
        });
  for await (const source of sources) yield* linesOfSource(source);
}

async function* itemsOf(items: AsyncIterable<LineItem>): AsyncGenerator<FileLine> {
  for await (const item of items) yield fileLineOf(item);
}

async function* lineItems(ports: ReadFileLinesPorts, record: FileRecord): AsyncGenerator<FileLine> {
  const { datasetId, audience, customerId } = record;
  if (audience === 'customer') {
    if (customerId === undefined) throw new TerminalError(`File ${record.fileId} is of no customer`);
    yield* itemsOf(ports.lines.read(datasetId, customerId));
    return;
  }
  const { parts } = await definitionOf(ports.datasets, datasetId);
  for (const part of parts.keys()) {
    yield* itemsOf(ports.datasets.readShardLines(datasetId, part));
  }
}

async function* usageLines(ports: ReadFileLinesPorts, record: FileRecord): AsyncGenerator<FileLine> {
  for await (const source of usageSources(ports, record)) yield* linesOfSource(source);
}

async function* linesOfSource({ file, placeOf: named }: UsageSource): AsyncGenerator<FileLine> {
  for await (const { line, lineNumber } of ratedUsageLines(file)) {
    yield { kind: 'dailyratedusage', line, place: named(lineNumber) };
  }
}

/** What a file of daily rated usage is made of: whole parts, or the rows of some subscriptions as files of their own. */
export async function* usageSources(ports: ReadFileLinesPorts, record: FileRecord): AsyncGenerator<UsageSource> {
  const definition = await definitionOf(ports.datasets, record.datasetId);
  const { resellerMpnId } = record;
  if (resellerMpnId === undefined) {
    for (const part of definition.parts.keys()) yield* wholePart(ports, definition, part);
    return;
  }
  const seal = await ports.datasets.readSeal(record.datasetId);
  if (seal === undefined) throw new Error(`Dataset ${record.datasetId} is not sealed`);
  const all = seal.subscriptionsOfReseller[resellerMpnId] ?? [];
  for (const part of definition.parts.keys()) {
    const subscriptionIds = all.filter((id) => seal.partsOf[id]?.includes(part));
    if (subscriptionIds.length === 0) continue;
    const kept = await ports.datasets.openRows(record.datasetId, part);
    if (kept === undefined) yield* wholePart(ports, definition, part);
    else yield* keptRows(await openSubscriptionRows(kept), { definition, part, subscriptionIds });
  }
}

async function* keptRows(
  rows: Awaited<ReturnType<typeof openSubscriptionRows>>,
  of: {
    readonly definition: DatasetDefinition;
    readonly part: number;
    readonly subscriptionIds: readonly string[];
    /** One line alone. */
    readonly line?: number;
  },
): AsyncGenerator<UsageSource> {
  async function* wanted(): AsyncGenerator<VerbatimRow> {
    for (const subscriptionId of of.subscriptionIds) {
      for await (const row of rows.readRows(subscriptionId)) {
        if (of.line === undefined || row.line === of.line) yield row;
      }
    }
  }
  const own = wanted();
  const first = await own.next();
  if (first.done === true) return; // A file of no rows cannot be told from a file of something else.
  async function* all(): AsyncGenerator<VerbatimRow> {
    yield first.value as VerbatimRow;
    yield* own;
  }
  const { file, lineOf } = rowsAsFile(nameOf(of.definition, of.part), rows.layout, all());
  yield { file, placeOf: (lineNumber) => placeOf(of.part, lineOf(lineNumber)) };
}

async function* wholePart(
  ports: ReadFileLinesPorts,
  definition: DatasetDefinition,
  part: number,
): AsyncGenerator<UsageSource> {
  const name = nameOf(definition, part);
  const archive = archiveOf(ports, definition.container);
  const file = isParquetName(name) ? await archive.openRandomAccess(name) : await opened(archive, name);
  if (file === undefined) throw new TerminalError(`${name} has gone since its dataset was sealed`);
  yield { file, placeOf: (lineNumber) => placeOf(part, lineNumber) };
}

async function opened(archive: FileArchive, name: string) {
  const bytes = await archive.open(name);
  return bytes === undefined ? undefined : { name, bytes };
}

/** As `fileLineOf` names the places of line items. */
function placeOf(part: number, line: number): string {
  return `Part ${part}, line ${line}`;
}

async function definitionOf(datasets: DatasetStore, datasetId: string): Promise<DatasetDefinition> {
  const definition = await datasets.readDefinition(datasetId);
  if (definition === undefined) throw new TerminalError(`There is no dataset ${datasetId}`);
  return definition;
}

function nameOf({ parts, datasetId }: DatasetDefinition, part: number): string {
  const name = parts[part]?.blobName;
  if (name === undefined) throw new TerminalError(`Dataset ${datasetId} has no part ${part}`);
  return name;
}
