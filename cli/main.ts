import { once } from 'node:events';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { isMatched, summarise } from '../shared/domain/summary.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { convertCommand } from './convert-command.ts';
import { exitCodes } from './exit-codes.ts';
import { isFileError } from './file-error.ts';
import { inspect } from './inspect.ts';
import { formatInspected } from './inspect-table.ts';
import { jsonPieces } from './json-pieces.ts';
import { type Reconciliation, reconcile } from './reconcile.ts';
import { keepHeapSmall } from './small-heap.ts';
import { formatSubscriptions, formatTotals } from './table.ts';
import { verifyCommand } from './verify-command.ts';

keepHeapSmall();

const program = new Command('csp-reconcile')
  .description(
    'Invoice reconciliation for Microsoft CSP partners, on files. stdout is data, stderr is progress and messages.',
  )
  .exitOverride();

program
  .command('reconcile')
  .description('compares daily rated usage of an invoice with a cost export, per subscription and meter')
  .requiredOption('--usage <file...>', 'daily rated usage: .csv or .json (lines, or a page of the API), each also .gz')
  .requiredOption(
    '--cost <file...>',
    'cost export at a billing scope, actual cost or FOCUS: .csv, .csv.gz, .parquet, all parts of one run, or a folder with its manifest',
  )
  .option('--format <format>', 'table or json', oneOf('table', 'json'), 'table')
  .option('--fail-on <what>', 'mismatch: exit 2 when a meter line does not match', oneOf('mismatch'))
  .action(async (options: { usage: string[]; cost: string[]; format: string; failOn?: string }) => {
    const result = await reconcile(options.usage, options.cost, (line) => process.stderr.write(`${line}\n`));
    const output = options.format === 'json' ? jsonPieces(result) : [formatTable(result)];
    for (const piece of output) if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
    process.stdout.write('\n');
    if (result.refused.length > 0) {
      for (const problem of result.refused) process.stderr.write(`${problem.message}\n`);
      process.exitCode = exitCodes.refused;
      return;
    }
    const { mismatched, invoiceOnly, otherOnly } = result.lines;
    if (options.failOn === 'mismatch' && mismatched + invoiceOnly + otherOnly > 0)
      process.exitCode = exitCodes.mismatch;
  });

program
  .command('inspect')
  .description('tells what files are and hold: dataset, schema version, scope, rows, period, totals, problems')
  .argument(
    '<file...>',
    'any of Microsoft’s files: .csv, .json (lines, or a page of the API), each also .gz, .parquet, or a folder with a manifest',
  )
  .option('--format <format>', 'table or json', oneOf('table', 'json'), 'table')
  .action(async (paths: string[], options: { format: string }) => {
    const files = await inspect(paths, (line) => process.stderr.write(`${line}\n`));
    const text = options.format === 'json' ? JSON.stringify({ files }) : files.flatMap(formatInspected).join('\n');
    process.stdout.write(`${text}\n`);
    for (const problem of files.flatMap((file) => file.problems)) process.stderr.write(`${problem.message}\n`);
    if (files.some((file) => file.problemCount > 0)) process.exitCode = exitCodes.refused;
  });

verifyCommand(program);
convertCommand(program);

function formatTable(result: Reconciliation): string {
  if (result.refused.length > 0) return 'Nothing was compared: a file or a row was refused.';
  const rows = result.subscriptions.flatMap(({ subscriptionId, name, totals, meters }) =>
    totals.map(({ invoice, other, variance }) => {
      const status = isMatched(summarise(meters)) ? 'Matched' : 'Mismatched';
      return { subscriptionId, name, invoice, other, variance, status };
    }),
  );
  return [...formatSubscriptions(rows), ...formatTotals('Total', result)].join('\n');
}

function oneOf(...allowed: readonly string[]): (value: string) => string {
  return (value) => {
    if (!allowed.includes(value)) throw new InvalidArgumentError(`Expected ${allowed.join(' or ')}.`);
    return value;
  };
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
  } else {
    process.stderr.write(
      `${error instanceof FileRefusedError || isFileError(error) ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    process.exitCode = exitCodes.refused;
  }
}
