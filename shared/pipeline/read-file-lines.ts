import type { DatasetDefinition } from '../contracts/datasets.ts';
import type { FileRecord } from '../contracts/files.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import { type FileLine, fileLineOf } from '../domain/file-lines.ts';
import { lineReseller } from '../domain/line-reseller.ts';
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
 * customer's are read from its partition; a reseller's rows of daily rated usage from what was kept of its customers'
 * subscriptions; everything else from the whole dataset, as a stream.
 */
export function readFileLines(
  ports: ReadFileLinesPorts,
  record: FileRecord,
  catalogue: Catalogue,
): AsyncGenerator<FileLine> {
  if (record.kind === 'dailyratedusage') return usageLines(ports, record, catalogue);
  return lineItems(ports, record);
}

async function* lineItems(ports: ReadFileLinesPorts, record: FileRecord): AsyncGenerator<FileLine> {
  const { datasetId, audience, customerId } = record;
  if (audience === 'customer') {
    if (customerId === undefined) throw new TerminalError(`File ${record.fileId} is of no customer`);
    for await (const item of ports.lines.read(datasetId, customerId)) yield fileLineOf(item);
    return;
  }
  const { parts } = await definitionOf(ports.datasets, datasetId);
  for (const part of parts.keys()) {
    for await (const item of ports.datasets.readShardLines(datasetId, part)) yield fileLineOf(item);
  }
}

async function* usageLines(
  ports: ReadFileLinesPorts,
  record: FileRecord,
  catalogue: Catalogue,
): AsyncGenerator<FileLine> {
  for await (const { file, placeOf } of usageSources(ports, record, catalogue)) {
    for await (const { line, lineNumber } of ratedUsageLines(file)) {
      yield { kind: 'dailyratedusage', line, place: placeOf(lineNumber) };
    }
  }
}

/** What a file of daily rated usage is made of: whole parts, or the rows of some subscriptions as files of their own. */
export async function* usageSources(
  ports: ReadFileLinesPorts,
  record: FileRecord,
  catalogue: Catalogue,
): AsyncGenerator<UsageSource> {
  const definition = await definitionOf(ports.datasets, record.datasetId);
  const subscriptionIds =
    record.audience === 'reseller' ? await subscriptionsOfReseller(ports.datasets, record, catalogue) : undefined;
  for (const part of definition.parts.keys()) {
    const kept = subscriptionIds === undefined ? undefined : await ports.datasets.openRows(record.datasetId, part);
    if (kept === undefined || subscriptionIds === undefined) yield* wholePart(ports, definition, part);
    else yield* keptRows(await openSubscriptionRows(kept), { definition, part, subscriptionIds });
  }
}

async function* keptRows(
  rows: Awaited<ReturnType<typeof openSubscriptionRows>>,
  of: { readonly definition: DatasetDefinition; readonly part: number; readonly subscriptionIds: readonly string[] },
): AsyncGenerator<UsageSource> {
  async function* wanted(): AsyncGenerator<VerbatimRow> {
    for (const subscriptionId of of.subscriptionIds) yield* rows.readRows(subscriptionId);
  }
  const own = wanted();
  const first = await own.next();
  if (first.done === true) return; // A file of no rows cannot be told from a file of something else.
  async function* all(): AsyncGenerator<VerbatimRow> {
    yield first.value as VerbatimRow;
    yield* own;
  }
  const { file, lineOf } = rowsAsFile(nameOf(of.definition, of.part), rows.layout, all());
  yield { file, placeOf: (lineNumber) => `Part ${of.part}, line ${lineOf(lineNumber)}` };
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
  yield { file, placeOf: (lineNumber) => `Part ${part}, line ${lineNumber}` };
}

async function opened(archive: FileArchive, name: string) {
  const bytes = await archive.open(name);
  return bytes === undefined ? undefined : { name, bytes };
}

/**
 * The subscriptions that may have rows of a reseller: those of customers for whom a line of the invoice names it, or whom
 * the catalogue gives to it. Undefined, so all of them, where the line items of the invoice are not there to tell: a
 * customer who changed reseller in mid-month belongs to both. Each row is looked at all the same.
 */
async function subscriptionsOfReseller(
  datasets: DatasetStore,
  { datasetId, ownersDatasetId, resellerMpnId }: FileRecord,
  catalogue: Catalogue,
): Promise<readonly string[] | undefined> {
  if (ownersDatasetId === undefined) return undefined;
  const resellerIds = catalogue.resellers.filter(({ mpnId }) => mpnId === resellerMpnId).map(({ id }) => id);
  const customerIds = new Set(
    catalogue.customers.filter(({ resellerId }) => resellerIds.includes(resellerId ?? '')).map(({ id }) => id),
  );
  const { parts } = await definitionOf(datasets, ownersDatasetId);
  for (const part of parts.keys()) {
    for await (const line of datasets.readShardLines(ownersDatasetId, part)) {
      const reseller = lineReseller(line.resellerMpnId);
      if (reseller.kind === 'reseller' && reseller.mpnId === resellerMpnId) customerIds.add(line.customerId);
    }
  }
  const seal = await datasets.readSeal(datasetId);
  if (seal === undefined) throw new Error(`Dataset ${datasetId} is not sealed`);
  return seal.subscriptions
    .filter(
      ({ customerId, subscriptionId }) => customerIds.has(customerId) || customerId === '' || subscriptionId === '',
    )
    .map(({ subscriptionId }) => subscriptionId);
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
