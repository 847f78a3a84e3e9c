import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compactDay } from './billing-calendar.ts';
import type { Catalogue } from './catalogue.ts';
import { costExportHeader } from './cost-export.ts';
import type { ExportRun, ManifestBlob } from './cost-export-manifest.ts';
import { type GzipPart, openGzipPart } from './gzip-parts.ts';
import { createRandom } from './random.ts';

/** Rows dealt over the parts of one data set: a part is a share of the rows, not a day or a subscription. */
export type PartWriters = {
  readonly write: (line: string) => Promise<void> | undefined;
  readonly close: () => Promise<readonly ManifestBlob[]>;
};

/** Parts of a billing export of Partner Center: JSON lines under Spark's file names. */
export async function openBillingExport(
  folder: string,
  { seed, label, partCount }: { readonly seed: number; readonly label: string; readonly partCount: number },
): Promise<PartWriters> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(seed, `${label} parts`);
  const jobId = random.guid();
  const names = Array.from(
    { length: partCount },
    (_, index) => `part-${String(index + 1).padStart(5, '0')}-${jobId}.c000.json.gz`,
  );
  const parts = names.map((name) => ({ name, part: openGzipPart(join(folder, name), '') }));
  return dealOver(parts, (count) => random.integer(0, count - 1));
}

/** Parts of a cost export run: CSV, each with the header. */
export async function openCostExport(
  container: string,
  { seed, partCount, run, catalogue }: CostExportPlace,
): Promise<PartWriters> {
  const prefix = runFolder(catalogue, run);
  await mkdir(join(container, prefix), { recursive: true });
  const random = createRandom(seed, 'cost export parts');
  const names = Array.from(
    { length: partCount },
    (_, index) => `${prefix}/part_${index}_${String(index + 1).padStart(4, '0')}.csv.gz`,
  );
  const parts = names.map((name) => ({ name, part: openGzipPart(join(container, name), costExportHeader) }));
  return dealOver(parts, (count) => random.integer(0, count - 1));
}

export type CostExportPlace = {
  readonly seed: number;
  readonly partCount: number;
  readonly run: ExportRun;
  readonly catalogue: Catalogue;
};

/** `directory/exportName/YYYYMMDD-YYYYMMDD/runId`: the range is the whole month. */
export function runFolder({ month }: Catalogue, run: ExportRun): string {
  const range = `${compactDay(month.firstDay)}-${compactDay(month.lastDay)}`;
  return `${run.directory}/${run.exportName}/${range}/${run.runId}`;
}

type NamedPart = { readonly name: string; readonly part: GzipPart };

/** The first rows go one to each part, so that no part is empty however small the scale. */
function dealOver(parts: readonly NamedPart[], draw: (count: number) => number): PartWriters {
  let dealt = 0;
  return {
    write(line) {
      const index = dealt < parts.length ? dealt : draw(parts.length);
      dealt += 1;
      return parts[index]?.part.write(line);
    },
    async close() {
      const blobs: ManifestBlob[] = [];
      for (const { name, part } of parts) {
        const { byteCount, rows } = await part.close();
        blobs.push({ blobName: name, byteCount, dataRowCount: rows });
      }
      return blobs;
    },
  };
}
