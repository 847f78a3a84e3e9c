import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBillingCycle } from '../shared/domain/calendar.ts';
import type { TolerancePolicy } from '../shared/domain/tolerance.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { exitCodes } from './exit-codes.ts';
import { checkOut, type Output, writeToStdout, writeWhole } from './out-file.ts';
import { isAllMatched, type Reconciliation, reconcile } from './reconcile.ts';
import { reconciliationCsv } from './reconcile-csv.ts';
import { reconciliationJson } from './reconcile-json.ts';
import { formatReconciliation } from './reconcile-table.ts';
import { reconciliationXlsx } from './reconcile-xlsx.ts';
import { type Paint, paintFor, unpainted } from './terminal-text.ts';
import { UsageError } from './usage-error.ts';

const help = `
With --cost the usage is compared with the cost export, subscription by subscription and meter by meter; with --invoice
with the line items of the invoice, plan by plan; with both, both are told. Every variance comes with its causes, which
add up to it. The month is the one that most usage is of, or --cycle; usage of other months is late usage.

Examples:
  csp-reconcile reconcile --usage usage-*.json.gz --cost 20261001-20261031/
  csp-reconcile reconcile --usage usage.csv --cost part_0.csv part_1.csv --format xlsx --out october.xlsx
  csp-reconcile reconcile --usage usage.csv --invoice lineitems.csv --cycle 2026-10
  csp-reconcile reconcile --usage usage.csv --cost cost.csv --policy policy.json --format json --fail-on mismatch

Exit codes: 0 done, 1 a file or a row was refused, 2 mismatches with --fail-on mismatch, 64 wrong usage.`;

const formats = ['table', 'json', 'csv', 'xlsx'] as const;

type Options = {
  readonly usage: string[];
  readonly cost?: string[];
  readonly invoice?: string[];
  readonly policy?: string;
  readonly cycle?: string;
  readonly format: (typeof formats)[number];
  readonly out?: string;
  readonly failOn?: 'mismatch';
};

/** Adds `reconcile` to the program. */
export function reconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('compares the daily rated usage of an invoice with a cost export, and with the invoice’s line items')
    .requiredOption(
      '--usage <file...>',
      'daily rated usage: .csv or .json (lines, or a page of the API), each also .gz',
    )
    .option(
      '--cost <file...>',
      'cost export at a billing scope, actual cost or FOCUS: .csv, .csv.gz, .parquet, all parts of one run, or a folder with its manifest',
    )
    .option('--invoice <file...>', 'line items of the invoice: .csv or .json, each also .gz, or .parquet')
    .option('--policy <file>', 'a tolerance policy as JSON; without it, the default one')
    .addOption(new Option('--cycle <month>', 'the month that is billed, YYYY-MM').argParser(cycleOf))
    .addOption(new Option('--format <format>', 'how to tell it').choices(formats).default('table'))
    .option('--out <file>', 'where to write it, whole or not at all; without it, to stdout')
    .addOption(
      new Option('--fail-on <what>', 'mismatch: exit 2 when a meter line does not match').choices(['mismatch']),
    )
    .addHelpText('after', help)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { usage, cost = [], invoice = [], format, out } = options;
  const inputs = [...usage, ...cost, ...invoice, ...(options.policy === undefined ? [] : [options.policy])];
  await checkOptions(options, inputs);
  const policy = options.policy === undefined ? undefined : await readPolicy(options.policy);
  const result = await reconcile(
    {
      ...{ usage, cost, invoice },
      ...(policy === undefined ? {} : { policy }),
      ...(options.cycle === undefined ? {} : { cycle: options.cycle }),
    },
    say,
  );
  try {
    if (invoice.length > 0) say('invoicetotal is not compared: the header of the invoice is not among the files given');
    const isRefused = result.comparisons.some((comparison) => comparison.isRefused);
    // A refused month is told as JSON, which has a place for it; other files are better not there than empty.
    if (!isRefused || format === 'json' || (format === 'table' && out === undefined)) {
      const output = outputOf(result, format, out === undefined ? paintFor(process.stdout) : unpainted);
      await (out === undefined ? writeToStdout(output) : writeWhole(out, output));
    }
    for (const { message } of result.refused) say(message);
    for (const { gate } of result.comparisons) if (gate.kind !== 'open') say(`Not comparable: ${gate.message}`);
    if (isRefused) process.exitCode = exitCodes.refused;
    else if (options.failOn === 'mismatch' && !isAllMatched(result)) process.exitCode = exitCodes.mismatch;
  } finally {
    result.close();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** @throws UsageError when the options do not go together */
async function checkOptions({ cost, invoice, format, out }: Options, inputs: readonly string[]): Promise<void> {
  if (cost === undefined && invoice === undefined) {
    throw new UsageError('There is nothing to compare the usage with: give --cost or --invoice, or both');
  }
  if (format === 'xlsx' && out === undefined && process.stdout.isTTY) {
    throw new UsageError('A workbook is nothing for a terminal: give --out FILE');
  }
  if (out !== undefined) await checkOut(out, inputs);
}

function cycleOf(text: string): string {
  const cycle = parseBillingCycle(text);
  if (cycle === undefined) throw new InvalidArgumentError('Expected a month, YYYY-MM.');
  return cycle;
}

/** @throws FileRefusedError when the file is no policy; every wrong key is named with its path */
async function readPolicy(path: string): Promise<TolerancePolicy> {
  const { parsePolicy } = await import('../shared/contracts/policies.ts');
  const parsed = parsePolicy(jsonOf(path, await readFile(path, 'utf8')));
  if (parsed.kind === 'policy') return parsed.policy;
  const found = parsed.problems.map((problem) => `${problem.path || 'the document'}: ${problem.message}`).join('; ');
  throw new FileRefusedError({ code: 'wrongPolicy', file: path, message: `${path}: ${found}` });
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FileRefusedError({ code: 'notJson', file: path, message: `${path}: not JSON` }, { cause });
  }
}

function outputOf(result: Reconciliation, format: Options['format'], paint: Paint): Output {
  switch (format) {
    case 'json':
      return reconciliationJson(result);
    case 'csv':
      return reconciliationCsv(result);
    case 'xlsx':
      return reconciliationXlsx(result);
    default:
      return [`${formatReconciliation(result, paint).join('\n')}\n`];
  }
}
