import { createHash } from 'node:crypto';
import type { DatasetDefinition, DatasetPart, ShardHeader } from '../contracts/datasets.ts';
import type { IngestPartMessage } from '../contracts/messages.ts';
import { assertNever } from '../domain/assert-never.ts';
import { isMeterKind } from '../domain/datasets.ts';
import { rowsByInvoice } from '../domain/meter-totals.ts';
import { shownProblemsMax } from '../domain/problem.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { isParquetName } from '../formats/detected-file.ts';
import { FileRefusedError } from '../formats/file-refused-error.ts';
import { type PartContents, type PartFile, readPart } from '../formats/part-reader.ts';
import type { FileArchive, RawArchive } from './ports.ts';
import { type SealDatasetPorts, sealDataset } from './seal-dataset.ts';
import { splitWhile } from './split-rows.ts';

export type IngestPartPorts = SealDatasetPorts & {
  readonly archive: RawArchive;
  readonly costExports: FileArchive;
  readonly inbox: FileArchive;
};

/**
 * Reads one part of a dataset to its last byte and writes its shard: what it adds up to, or why it is refused. Whoever
 * finds that all shards are there seals the dataset. Nothing of a part is visible before that.
 */
export async function ingestPart(ports: IngestPartPorts, message: IngestPartMessage): Promise<void> {
  const { datasetId, part } = message;
  const definition = await ports.datasets.readDefinition(datasetId);
  if (definition === undefined) throw new TerminalError(`There is no dataset ${datasetId}`);
  const promised = definition.parts[part];
  if (promised === undefined)
    throw new TerminalError(`Dataset ${datasetId} has ${definition.parts.length} parts and no part ${part}`);
  let shards = await ports.datasets.listShards(datasetId);
  if (!shards.has(part)) {
    await writeShard(ports, definition, part, promised);
    shards = await ports.datasets.listShards(datasetId);
  }
  if (shards.size < definition.parts.length) return;
  await sealDataset(ports, definition);
}

async function writeShard(
  ports: IngestPartPorts,
  definition: DatasetDefinition,
  part: number,
  promised: DatasetPart,
): Promise<void> {
  const archive = archiveOf(ports, definition.container);
  const bytes = await archive.open(promised.blobName);
  if (bytes === undefined) throw new Error(`${promised.blobName} has gone since its manifest was checked`);
  const counted = new CountedBytes(bytes);
  const source = await sourceOf(archive, promised.blobName, counted);
  const contents = await readOrRefuse(ports, source, counted, { definition, part });
  const file = { name: promised.blobName, sizeBytes: counted.sizeBytes, sha256: counted.sha256(), rows: contents.rows };
  const { rows: _, totals, plans, lines, detection, ...facts } = contents;
  const problems = [...contents.problems, ...brokenPromises(file, promised)];
  const header: ShardHeader = {
    version: 1,
    datasetId: definition.datasetId,
    part,
    file,
    ...facts,
    problems,
    ...(detection?.advice === undefined ? {} : { advice: detection.advice }),
    rowsByInvoice: rowsByInvoice(totals),
    records: totals.length + lines.length,
  };
  await ports.datasets.createShard(header, { totals, plans, lines });
  ports.log.info('part read', {
    datasetId: definition.datasetId,
    part,
    rows: contents.rows,
    refusedRows: contents.refusedRows,
  });
}

/** Where the files of a dataset stand. */
export function archiveOf(
  ports: Pick<IngestPartPorts, 'archive' | 'costExports' | 'inbox'>,
  container: DatasetDefinition['container'],
): FileArchive {
  switch (container) {
    case 'invoices':
      return ports.archive;
    case 'costExports':
      return ports.costExports;
    case 'inbox':
      return ports.inbox;
    default:
      return assertNever(container);
  }
}

/** Text is read as it comes. Parquet is read by its pieces, after its bytes have gone by once to be hashed. */
async function sourceOf(archive: FileArchive, name: string, counted: CountedBytes): Promise<PartFile> {
  if (!isParquetName(name)) return { name, bytes: counted.read() };
  await counted.drain();
  const file = await archive.openRandomAccess(name);
  if (file === undefined) throw new Error(`${name} has gone since its manifest was checked`);
  return file;
}

/** A file that is refused as a whole leaves a shard without contents that says why. */
async function readOrRefuse(
  { datasets }: Pick<IngestPartPorts, 'datasets'>,
  source: PartFile,
  counted: CountedBytes,
  { definition: { datasetId, kind }, part }: { readonly definition: DatasetDefinition; readonly part: number },
): Promise<PartContents> {
  const options = { kind, part, problemsMax: shownProblemsMax };
  try {
    if (!isMeterKind(kind)) return await readPart(source, options);
    return await splitWhile(datasets, { datasetId, part }, (chargeRows) =>
      readPart(source, { ...options, chargeRows }),
    );
  } catch (error) {
    if (!(error instanceof FileRefusedError)) throw error;
    await counted.drain();
    return {
      rows: 0,
      refusedRows: 0,
      problems: [error.problem],
      tenantIds: [],
      invoiceIds: [],
      subscriptions: [],
      subscriptionsOfReseller: {},
      totals: [],
      plans: [],
      lines: [],
      costView: 'unknown',
    };
  }
}

function brokenPromises(file: ShardHeader['file'], promised: DatasetPart) {
  const problems = [];
  if (promised.sha256 !== undefined && promised.sha256 !== '' && promised.sha256 !== file.sha256) {
    problems.push({
      code: 'changedFile',
      file: file.name,
      message: `${file.name}: its bytes are not those that were downloaded (SHA-256 differs)`,
    });
  }
  if (promised.sizeBytes !== file.sizeBytes) {
    problems.push({
      code: 'wrongSize',
      file: file.name,
      message: `${file.name}: the manifest says ${promised.sizeBytes} bytes, ${file.sizeBytes} were read`,
    });
  }
  if (promised.rows !== undefined && promised.rows !== file.rows) {
    problems.push({
      code: 'wrongRowCount',
      file: file.name,
      message: `${file.name}: the manifest says ${promised.rows} rows, the file has ${file.rows}`,
    });
  }
  return problems;
}

/** Hashes and counts bytes as they go by. After a refusal `drain` takes the rest, so that the hash is of the whole file. */
class CountedBytes {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #hash = createHash('sha256');
  sizeBytes = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      this.#hash.update(next.value);
      this.sizeBytes += next.value.length;
      yield next.value;
    }
  }

  async drain(): Promise<void> {
    for await (const _ of this.read());
  }

  sha256(): string {
    return this.#hash.digest('hex');
  }
}
