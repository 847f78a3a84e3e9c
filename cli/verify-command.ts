import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { wrongLines } from '../shared/domain/invoice-arithmetic.ts';
import { exitCodes } from './exit-codes.ts';
import { jsonPieces } from './json-pieces.ts';
import { type Verification, verify } from './verify.ts';
import { formatVerification, verificationCsv } from './verify-table.ts';

const help = `
Each line is recomputed from what stands on it: seats by list price, charge cycle and days; every amount by its own
price, quantity and exchange rate; every total by amount and tax. A line may be off by 0.01 per unit and 0.01 more, as
Microsoft's own examples are. Lines that cannot be recomputed are told with the reason.

Exit codes: 0 done, 1 a file or a row was refused, 2 wrong lines with --fail-on mismatch, 64 wrong usage.`;

/** Adds `verify` to the program. */
export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('checks the arithmetic of an invoice: proration, refunds and charges, amounts, totals')
    .requiredOption(
      '--invoice <file...>',
      'line items of a new-commerce invoice: .csv, .json (lines, or a page of the API), each also .gz, or .parquet',
    )
    .addOption(new Option('--format <format>', 'table, json or csv').choices(['table', 'json', 'csv']).default('table'))
    .addOption(
      new Option('--fail-on <what>', 'mismatch: exit 2 when a line is charged too much or too little').choices([
        'mismatch',
      ]),
    )
    .addHelpText('after', help)
    .action(async (options: { invoice: string[]; format: string; failOn?: string }) => {
      const result = await verify(options.invoice, (line) => process.stderr.write(`${line}\n`));
      for (const piece of outputOf(result, options.format)) {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      }
      for (const problem of result.refused) process.stderr.write(`${problem.message}\n`);
      if (result.refused.length > 0) process.exitCode = exitCodes.refused;
      else if (options.failOn === 'mismatch' && wrongLines(result.totals) > 0) process.exitCode = exitCodes.mismatch;
    });
}

function* outputOf(result: Verification, format: string): Generator<string> {
  switch (format) {
    case 'json':
      yield* jsonPieces(result);
      yield '\n';
      return;
    case 'csv':
      yield* verificationCsv(result);
      return;
    default:
      yield `${formatVerification(result).join('\n')}\n`;
  }
}
