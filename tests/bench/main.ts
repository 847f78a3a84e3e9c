import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { costExportForm, type RowForm, usageCsvForm, usageJsonForm } from './generated-rows.ts';
import { type LoadLine, loadLines } from './load-lines.ts';
import type { WorkName } from './work-items.ts';
import { writeRows } from './write-rows.ts';

/*
 * Speed and memory on generated data with a fixed seed. Absolute times move with the machine; ratios of runs in turn
 * are what to look at. Every run is a process of its own.
 */

const help = `npm run bench -- [options]

Speed and memory on generated files of daily rated usage and cost exports, with a fixed seed, against DuckDB,
csv-parse with decimal.js, csv-stringify, and gunzip. Each run is a process of its own; a ratio is the median of the ratios of runs
in turn; memory is the peak of a run's own process. The lines of 'load' are about the HTTP API on the local
stack, whose machine readers share. The table goes to stdout, progress to stderr.

  --quick        100,000 rows and 3 runs instead of 1,000,000 and 5: shows that everything runs, start-up weighs in
  --only TEXT    only the lines of the table that have TEXT in their name, in any letter case
  --json         lines as JSON: name, value, unit, most (what is allowed), measured (what the value is made of)
  --help         this text
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
const rows = values.quick ? 100_000 : 1_000_000;
const runs = values.quick ? 3 : 5;
const growth = { few: rows / 4, many: rows * 4 };

type Run = {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly rows: number;
  readonly bytesRead?: number;
  readonly partBytes?: number;
  readonly rowsOfReseller?: number;
};
type Measured = { readonly value: number; readonly measured: string };
type Line = {
  readonly name: string;
  readonly unit: 'ratio' | 'exponent' | 'MB' | LoadLine['unit'];
  /** The most that it may be; undefined where it is there to be looked at. */
  readonly most?: number;
  readonly measure: () => Promise<Measured>;
};

const usageLine = 'daily rated usage,';
const filesLine = 'files,';
const workbook = { rows: values.quick ? 30_000 : 300_000, columns: 40 } as const;
const whole = 'whole comparison, CSV, gzip';

/** A measurement that several lines of the table come from is made once. */
const lines: readonly Line[] = [
  ratioTo(`${usageLine} CSV: sums ÷ DuckDB reading, 1 thread`, ['readPart', 'usage.csv'], ['duckdbRead'], 1.2),
  ratioTo(`${usageLine} CSV: sums ÷ DuckDB summing, 1 thread`, ['readPart', 'usage.csv'], ['duckdbSum']),
  ratioTo(`${usageLine} CSV: sums ÷ csv-parse and decimal.js`, ['readPart', 'usage.csv'], ['csvParse'], 0.1),
  ratioTo(`${usageLine} CSV, gzip: sums ÷ DuckDB reading, 1 thread`, ['readPart', 'usage.csv.gz'], ['duckdbRead'], 0.7),
  ratioTo(
    `${usageLine} JSON lines, gzip: sums ÷ DuckDB read_json, 1 thread`,
    ['readPart', 'usage.json.gz'],
    ['duckdbRead'],
    1,
  ),
  ratioTo(`${usageLine} CSV, gzip: sums ÷ gunzip alone`, ['readPart', 'usage.csv.gz'], ['gunzip']),
  ratioTo(`${whole}: ÷ DuckDB, 2 threads`, ['reconcile', 'usage.csv.gz', 'cost.csv.gz'], ['duckdbCompare'], 0.5),
  ratioTo(`${whole}: ÷ gunzip of both alone`, ['reconcile', 'usage.csv.gz', 'cost.csv.gz'], ['gunzip']),
  {
    name: `${whole}: growth from ${growth.few} to ${growth.many} rows a side`,
    unit: 'exponent',
    most: 1.05,
    measure: async () => {
      const [few, many] = [await grown(growth.few), await grown(growth.many)];
      const value = Math.log(many.ms / few.ms) / Math.log(growth.many / growth.few);
      return { value, measured: `${few.ms} ms, ${many.ms} ms` };
    },
  },
  {
    name: `${whole}: peak memory at ${rows} rows a side`,
    unit: 'MB',
    most: 220,
    measure: async () => ({ value: (await grown(rows)).peakMb, measured: 'median of runs' }),
  },
  {
    name: `${whole}: peak memory at ${growth.many} rows a side ÷ at ${rows}`,
    unit: 'ratio',
    most: 1.6,
    measure: async () => {
      const [one, many] = [await grown(rows), await grown(growth.many)];
      return { value: many.peakMb / one.peakMb, measured: `${many.peakMb} MB ÷ ${one.peakMb} MB` };
    },
  },
  {
    name: `${filesLine} CSV with margins: ÷ csv-stringify of the same columns without margins`,
    unit: 'ratio',
    most: 1,
    measure: async () => {
      const { made, written } = await usageFiles();
      const value = median(made.map(({ cpuMs }, index) => cpuMs / (written[index]?.cpuMs ?? 1)));
      const told = (all: readonly Run[]) => `${median(all.map(({ cpuMs }) => cpuMs))} ms`;
      return { value, measured: `${told(made)} ÷ ${told(written)} of processor time` };
    },
  },
  {
    name: `${filesLine} CSV with margins: peak memory of ${rows} rows`,
    unit: 'MB',
    most: 220,
    measure: async () => {
      const { made } = await usageFiles();
      return { value: median(made.map(({ peakMb }) => peakMb)), measured: 'median of runs' };
    },
  },
  {
    name: `${filesLine} workbook of ${workbook.rows} rows of ${workbook.columns} cells: peak memory`,
    unit: 'MB',
    most: 150,
    measure: async () => {
      const run = await fileRun('xlsx', [String(workbook.rows), String(workbook.columns), join(folder, 'out.xlsx')]);
      return { value: run.peakMb, measured: `${run.ms} ms` };
    },
  },
  {
    name: `${filesLine} a reseller of a hundredth of the rows: bytes read ÷ bytes of the month`,
    unit: 'ratio',
    most: 0.05,
    measure: async () => {
      const run = await fileRun('resellerRows', [await pathOf('usage.csv.gz', rows), join(folder, 'kept.gz')]);
      const { bytesRead = 0, partBytes = 1, rowsOfReseller = 0 } = run;
      return {
        value: bytesRead / partBytes,
        measured: `${bytesRead} ÷ ${partBytes} bytes, for ${rowsOfReseller} of ${run.rows} rows`,
      };
    },
  },
  ...loadLines(values.quick ? 10 : 30),
];

const folder = await mkdtemp(join(tmpdir(), 'bench-'));

async function bench(wanted: readonly Line[]): Promise<void> {
  if (wanted.length === 0) throw new Error(`No line of the table has '${values.only}' in its name`);
  const done: unknown[] = [];
  for (const [index, { measure, ...line }] of wanted.entries()) {
    say(`${index + 1} of ${wanted.length}: ${line.name}`);
    const { value, measured } = await measure();
    done.push({ ...line, value, measured });
    if (!values.json) process.stdout.write(toTableLine(line, { value, measured }));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(done)}\n`);
}

type Work = readonly [name: WorkName, ...files: FileName[]];

/** Runs a work and another one on the same files in turn; the ratio is the median of the ratios of neighbours. */
function ratioTo(name: string, left: Work, [right]: readonly [WorkName], most?: number): Line {
  const measure = async (): Promise<Measured> => {
    const files = left.slice(1) as FileName[];
    const pairs: { readonly left: Run; readonly right: Run }[] = [];
    // csv-parse takes minutes, and is a hundred times away from its mark.
    for (let count = 0; count < (right === 'csvParse' ? 1 : runs); count += 1) {
      pairs.push({ left: await runOnce(left, rows), right: await runOnce([right, ...files], rows) });
    }
    const told = (side: 'left' | 'right') => {
      const all = pairs.map((pair) => pair[side]);
      return `${median(all.map(({ ms }) => ms))} ms, ${median(all.map(({ peakMb }) => peakMb))} MB`;
    };
    const value = median(pairs.map((pair) => pair.left.ms / pair.right.ms));
    return { value, measured: `${left[0]} ${told('left')} ÷ ${right} ${told('right')}` };
  };
  return { name, unit: 'ratio', measure, ...(most === undefined ? {} : { most }) };
}

const grownRuns = new Map<number, Run>();

/** The whole comparison of `count` rows a side. */
async function grown(count: number): Promise<Run> {
  const known = grownRuns.get(count);
  if (known !== undefined) return known;
  const measured: Run[] = [];
  for (let time = 0; time < Math.min(3, runs); time += 1) {
    measured.push(await runOnce(['reconcile', 'usage.csv.gz', 'cost.csv.gz'], count));
  }
  const medianOf = (key: 'ms' | 'cpuMs' | 'peakMb' | 'rows') => median(measured.map((run) => run[key]));
  const run = { ms: medianOf('ms'), cpuMs: medianOf('cpuMs'), peakMb: medianOf('peakMb'), rows: medianOf('rows') };
  grownRuns.set(count, run);
  return run;
}

let madeUsage: Promise<{ readonly made: readonly Run[]; readonly written: readonly Run[] }> | undefined;

/** Daily rated usage as a file with margins, and what csv-stringify takes to write as much, in turn. */
function usageFiles() {
  madeUsage ??= (async () => {
    const made: Run[] = [];
    const written: Run[] = [];
    const path = await pathOf('usage.csv', rows);
    for (let count = 0; count < Math.min(3, runs); count += 1) {
      made.push(await fileRun('convertUsage', [path, join(folder, 'made.csv')]));
      written.push(await fileRun('stringifyUsage', [path, String(rows), join(folder, 'written.csv')]));
    }
    return { made, written };
  })();
  return madeUsage;
}

/** One piece of work of file-work.ts. */
async function fileRun(name: string, args: readonly string[]): Promise<Run> {
  const run = await runScript('file-work.ts', [name, ...args]);
  say(`  ${name} of ${run.rows} rows: ${run.ms} ms (processor ${run.cpuMs} ms), ${run.peakMb} MB`);
  return run;
}

async function runScript(script: string, args: readonly string[]): Promise<Run> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', path, ...args]);
  return JSON.parse(stdout) as Run;
}

const forms = {
  'usage.csv': usageCsvForm,
  'usage.csv.gz': usageCsvForm,
  'usage.json.gz': usageJsonForm,
  'cost.csv.gz': costExportForm,
} as const satisfies Record<string, RowForm>;
type FileName = keyof typeof forms;

const generated = new Set<string>();

/** The path of a file, which is generated when it is wanted first. */
async function pathOf(file: FileName, count: number): Promise<string> {
  const path = join(folder, `${count}-${file}`);
  if (generated.has(path)) return path;
  say(`  generating ${count} rows of ${file}`);
  await writeRows(count, forms[file], [path]);
  generated.add(path);
  return path;
}

async function runOnce([name, ...files]: Work, count: number): Promise<Run> {
  const paths: string[] = [];
  for (const file of files) paths.push(await pathOf(file, count));
  if (name === 'reconcile' || name === 'duckdbCompare') paths.push(join(folder, 'out.json'));
  const run = await runScript('work-items.ts', [name, ...paths]);
  if (run.rows !== -1 && run.rows !== count * files.length) {
    throw new Error(`${name} read ${run.rows} rows of ${count * files.length}`);
  }
  say(`  ${name} of ${count} rows: ${run.ms} ms (processor ${run.cpuMs} ms), ${run.peakMb} MB`);
  return run;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
}

function toTableLine({ name, unit, most }: Omit<Line, 'measure'>, { value, measured }: Measured): string {
  const shown = unit !== 'ratio' && unit !== 'exponent' ? value.toFixed(0) : value.toFixed(2);
  const target = most === undefined ? '' : `at most ${most}${value <= most ? '' : '  MISSED'}`;
  return `${name.padEnd(90)} ${shown.padStart(6)} ${unit.padEnd(10)} ${target.padEnd(20)} ${measured}\n`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  if (values.help) process.stdout.write(help);
  else await bench(lines.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase())));
} finally {
  await rm(folder, { recursive: true, force: true });
}
