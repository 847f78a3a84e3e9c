import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { defaultSampleMonth, writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';
import type { DatasetKind } from '../../shared/domain/datasets.ts';
import { readPart } from '../../shared/formats/part-reader.ts';

/*
 * Speed of reading, on generated data with a fixed seed. Absolute times move with the machine; ratios within one run
 * are what to look at.
 */

type Work = { readonly name: string; readonly run: () => Promise<number> };
type Measured = {
  readonly name: string;
  readonly rows: number;
  readonly medianMs: number;
  readonly rowsPerSecond: number;
  readonly peakMb: number;
};

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '2' },
    runs: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  process.stderr.write('Generating …\n');
  const key = await writeSampleMonth(folder, { ...defaultSampleMonth, scale: Number(values.scale) });
  const usage = await filesUnder(join(folder, 'partner-center', 'exports', key.invoiceId, 'dailyratedusage'), '.gz');
  const costs = await filesUnder(join(folder, 'cost-exports'), '.csv.gz');
  const measured: Measured[] = [];
  for (const work of [
    { name: 'gunzip cost export', run: () => gunzip(costs) },
    { name: 'csv-parse cost export, rows only', run: () => csvParse(costs) },
    { name: 'cost export, CSV, gzip: meter totals', run: () => totals(costs, 'costexport') },
    { name: 'gunzip daily rated usage', run: () => gunzip(usage) },
    { name: 'daily rated usage, JSON lines, gzip: meter totals', run: () => totals(usage, 'dailyratedusage') },
  ]) {
    measured.push(await measure(work, Number(values.runs)));
  }
  process.stdout.write(values.json ? `${JSON.stringify(measured)}\n` : toTable(measured));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function filesUnder(path: string, ending: string): Promise<readonly string[]> {
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => name.endsWith(ending)).map((name) => join(path, name));
}

async function measure({ name, run }: Work, runs: number): Promise<Measured> {
  const times: number[] = [];
  let rows = 0;
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 20);
  for (let count = 0; count < runs; count += 1) {
    globalThis.gc?.();
    const startedAt = performance.now();
    rows = await run();
    times.push(performance.now() - startedAt);
  }
  clearInterval(sampler);
  const medianMs = times.toSorted((left, right) => left - right)[Math.floor(runs / 2)] ?? 0;
  return {
    name,
    rows,
    medianMs: Math.round(medianMs),
    rowsPerSecond: Math.round((rows / medianMs) * 1000),
    peakMb: Math.round(peakBytes / 1e6),
  };
}

async function gunzip(files: readonly string[]): Promise<number> {
  for (const file of files) for await (const _ of createReadStream(file).pipe(createGunzip({ chunkSize: 256 * 1024 })));
  return 0;
}

async function csvParse(files: readonly string[]): Promise<number> {
  let rows = 0;
  for (const file of files)
    for await (const _ of createReadStream(file)
      .pipe(createGunzip())
      .pipe(parse({ from_line: 2 })))
      rows += 1;
  return rows;
}

async function totals(files: readonly string[], kind: DatasetKind): Promise<number> {
  let rows = 0;
  for (const [part, file] of files.entries()) {
    rows += (
      await readPart(
        { name: file, bytes: createReadStream(file, { highWaterMark: 1024 * 1024 }) },
        { kind, part, problemsMax: 1 },
      )
    ).rows;
  }
  return rows;
}

function toTable(measured: readonly Measured[]): string {
  return measured
    .map(
      ({ name, medianMs, rowsPerSecond, peakMb }) =>
        `${name.padEnd(52)} ${String(medianMs).padStart(7)} ms ${String(rowsPerSecond).padStart(9)} rows/s ${String(peakMb).padStart(5)} MB\n`,
    )
    .join('');
}
