import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { costExportForm, usageCsvForm, usageJsonForm } from './generated-rows.ts';
import type { WorkName } from './work-items.ts';
import { writeRows } from './write-rows.ts';

/*
 * Speed and memory on generated data with a fixed seed. Absolute times move with the machine; ratios of runs in turn
 * are what to look at. Every run is a process of its own.
 */

type Run = { readonly ms: number; readonly peakMb: number };
type Line = {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ratio' | 'exponent' | 'MB' | 'ms';
  /** The most that it may be; undefined where it is there to be looked at. */
  readonly most?: number;
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
/** `--quick` shows that everything runs; start-up weighs in its ratios. */
const rows = values.quick ? 100_000 : 1_000_000;
const runs = values.quick ? 3 : 5;
const growth = { few: rows / 4, many: rows * 4 };

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const lines = await bench();
  process.stdout.write(values.json ? `${JSON.stringify(lines)}\n` : lines.map(toTableLine).join(''));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function bench(): Promise<readonly Line[]> {
  say('generating');
  const at = (name: string) => join(folder, name);
  const out = at('out.json');
  await writeRows(rows, usageCsvForm, [at('usage.csv'), at('usage.csv.gz')]);
  await writeRows(rows, usageJsonForm, [at('usage.json.gz')]);
  await writeRows(rows, costExportForm, [at('cost.csv.gz')]);
  const both = [at('usage.csv.gz'), at('cost.csv.gz')];
  const csv = await pair(['readPart', at('usage.csv')], ['duckdbRead', at('usage.csv')]);
  const csvSums = await pair(['readPart', at('usage.csv')], ['duckdbSum', at('usage.csv')]);
  const parsed = await pair(['readPart', at('usage.csv')], ['csvParse', at('usage.csv')], 1);
  const gzip = await pair(['readPart', at('usage.csv.gz')], ['duckdbRead', at('usage.csv.gz')]);
  const json = await pair(['readPart', at('usage.json.gz')], ['duckdbRead', at('usage.json.gz')]);
  const inflated = await pair(['readPart', at('usage.csv.gz')], ['gunzip', at('usage.csv.gz')]);
  const whole = await pair(['reconcile', ...both, out], ['duckdbCompare', ...both, out]);
  const wholeInflated = await pair(['reconcile', ...both, out], ['gunzip', ...both]);
  const few = await grown(growth.few);
  const many = await grown(growth.many);
  const exponent = Math.log(many.ms / few.ms) / Math.log(growth.many / growth.few);
  return [
    ratioLine('daily rated usage, CSV: sums ÷ DuckDB reading, 1 thread', csv.ratio, 1.2),
    ratioLine('daily rated usage, CSV: sums ÷ DuckDB summing, 1 thread', csvSums.ratio),
    ratioLine('daily rated usage, CSV: sums ÷ csv-parse and decimal.js', parsed.ratio, 0.1),
    ratioLine('daily rated usage, CSV, gzip: sums ÷ DuckDB reading, 1 thread', gzip.ratio, 0.7),
    ratioLine('daily rated usage, JSON lines, gzip: sums ÷ DuckDB read_json, 1 thread', json.ratio, 1),
    ratioLine('daily rated usage, CSV, gzip: sums ÷ gunzip alone', inflated.ratio),
    ratioLine('whole comparison, CSV, gzip ÷ DuckDB, 2 threads', whole.ratio, 0.5),
    ratioLine('whole comparison, CSV, gzip ÷ gunzip of both alone', wholeInflated.ratio),
    {
      name: `whole comparison, growth from ${growth.few} to ${growth.many} rows a side`,
      value: exponent,
      unit: 'exponent',
      most: 1.05,
    },
    { name: `whole comparison, peak memory at ${rows} rows a side`, value: whole.left.peakMb, unit: 'MB', most: 220 },
    ratioLine(`the same at ${growth.many} rows a side ÷ at ${rows}`, many.peakMb / whole.left.peakMb, 1.6),
    { name: 'DuckDB, whole comparison, peak memory', value: whole.right.peakMb, unit: 'MB' },
    { name: 'daily rated usage, CSV: sums', value: csv.left.ms, unit: 'ms' },
    { name: 'daily rated usage, JSON lines, gzip: sums', value: json.left.ms, unit: 'ms' },
    { name: 'whole comparison', value: whole.left.ms, unit: 'ms' },
  ];
}

function ratioLine(name: string, value: number, most?: number): Line {
  return { name, value, unit: 'ratio', ...(most === undefined ? {} : { most }) };
}

type Work = readonly [name: WorkName, ...paths: string[]];

/** Runs two works in turn; the ratio is the median of the ratios of neighbours. */
async function pair(left: Work, right: Work, times = runs) {
  const pairs: { readonly left: Run; readonly right: Run }[] = [];
  for (let count = 0; count < times; count += 1) pairs.push({ left: await runOnce(left), right: await runOnce(right) });
  const medianOf = (side: 'left' | 'right'): Run => ({
    ms: median(pairs.map((both) => both[side].ms)),
    peakMb: median(pairs.map((both) => both[side].peakMb)),
  });
  const ratio = median(pairs.map((both) => both.left.ms / both.right.ms));
  say(`${left[0]} ÷ ${right[0]}: ${ratio.toFixed(2)}`);
  return { left: medianOf('left'), right: medianOf('right'), ratio };
}

async function grown(count: number): Promise<Run> {
  const paths = [join(folder, 'grown-usage.csv.gz'), join(folder, 'grown-cost.csv.gz')] as const;
  await writeRows(count, usageCsvForm, [paths[0]]);
  await writeRows(count, costExportForm, [paths[1]]);
  const measured: Run[] = [];
  for (let time = 0; time < Math.min(3, runs); time += 1) {
    measured.push(await runOnce(['reconcile', ...paths, join(folder, 'out.json')]));
  }
  say(`${count} rows a side: ${measured.map(({ ms }) => ms).join(', ')} ms`);
  return { ms: median(measured.map(({ ms }) => ms)), peakMb: median(measured.map(({ peakMb }) => peakMb)) };
}

async function runOnce([name, ...paths]: Work): Promise<Run> {
  const script = fileURLToPath(new URL('work-items.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', script, name, ...paths]);
  return JSON.parse(stdout) as Run;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
}

function toTableLine({ name, value, unit, most }: Line): string {
  const shown = unit === 'MB' || unit === 'ms' ? value.toFixed(0) : value.toFixed(2);
  const target = most === undefined ? '' : `  at most ${most}${value <= most ? '' : '  MISSED'}`;
  return `${name.padEnd(78)} ${shown.padStart(7)} ${unit.padEnd(8)}${target}\n`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
