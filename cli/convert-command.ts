import { join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import { type CultureName, cultureNames } from '../shared/domain/culture-names.ts';
import type { Audience } from '../shared/domain/file-columns.ts';
import {
  audiences,
  type FileFormat,
  type FileKind,
  fileFormats,
  fileKinds,
  isCustomerFileKind,
} from '../shared/domain/file-kinds.ts';
import { UnpricedLineError } from '../shared/domain/unpriced-line-error.ts';
import { convert } from './convert.ts';
import { exitCodes } from './exit-codes.ts';
import { checkOut } from './out-file.ts';

const help = `
The catalogue is a folder with any of resellers.csv, customers.csv, subscriptions.csv and margins.csv; without one every
line is passed on at what it costs. A customer's or reseller's file has its own lines alone; where the lines are of
several, --customer or --reseller says whose file it is. Lower audiences never see what a higher one pays.

--explain writes a second file beside the first (file.csv: file.explain.csv), as CSV in the same regional format: for
each line and each sale of it the cost, the list price, the rule (id, level, kind, value), the guards, the price of a unit
and the amounts. The CSP's has every sale, a reseller's its own; customers are told no cost, so theirs has none.

Exit codes: 0 done, 1 the file, a row or the catalogue was refused, or a line has no price, 64 wrong usage.`;

type Options = {
  readonly kind: FileKind;
  readonly audience: Audience;
  readonly catalogue?: string;
  readonly customer?: string;
  readonly reseller?: string;
  readonly culture: CultureName;
  readonly format: FileFormat;
  readonly out: string;
  readonly explain?: true;
};

/** Adds `convert` to the program. */
export function convertCommand(program: Command): void {
  program
    .command('convert')
    .description('makes a reconciliation file for CSP, reseller or customer, with margins and in a regional format')
    .argument(
      '<file>',
      'one of Microsoft’s files of that kind: .csv, .json (lines, or a page), each also .gz, .parquet; or a folder with a manifest.json and its parts',
    )
    .addOption(new Option('--kind <kind>', 'what the file is').choices(fileKinds).makeOptionMandatory())
    .addOption(new Option('--audience <audience>', 'for whom').choices(audiences).makeOptionMandatory())
    .option('--customer <tenant>', 'whose file, for a customer')
    .option('--reseller <mpnId>', 'whose file, for a reseller; for a customer: the lines alone that this reseller sold')
    .option('--catalogue <folder>', 'resellers, customers, subscriptions and margins, as CSV')
    .addOption(new Option('--culture <culture>', 'regional format').choices(cultureNames).default('invariant'))
    .addOption(new Option('--format <format>', 'of the file to write').choices(fileFormats).default('csv'))
    .requiredOption('--out <file>', 'where to write it')
    .option('--explain', 'also write how each price came about, beside the file')
    .addHelpText('after', help)
    .action(async (path: string, options: Options, command: Command) => {
      const { catalogue: catalogueFolder, customer: customerId, reseller: resellerMpnId, explain, ...asked } = options;
      if (options.audience === 'customer' && !isCustomerFileKind(options.kind)) {
        command.error(`error: customers get no ${options.kind} file; expected --kind onetime or license`);
      }
      if (options.audience === 'customer' && explain === true) {
        command.error('error: customers are told no cost; expected --explain with --audience csp or reseller');
      }
      const explainOut = explain === true ? besideOf(options.out) : undefined;
      const inputs = [path, ...(catalogueFolder === undefined ? [] : [catalogueFolder])];
      for (const out of explainOut === undefined ? [options.out] : [options.out, explainOut])
        await checkOut(out, inputs);
      const say = (line: string) => process.stderr.write(`${line}\n`);
      try {
        const outcome = await convert({ path, catalogueFolder, customerId, resellerMpnId, explainOut, ...asked }, say);
        if (outcome.kind === 'written') {
          say(`${options.out}: ${outcome.rows} rows`);
          if (explainOut !== undefined) say(`${explainOut}: how each price came about`);
          return;
        }
        for (const { message } of outcome.problems) say(message);
      } catch (error) {
        if (!(error instanceof UnpricedLineError)) throw error;
        say(error.message);
      }
      process.exitCode = exitCodes.refused;
    });
}

/** `file.csv` → `file.explain.csv`, whatever the format of the file is. */
function besideOf(out: string): string {
  const { dir, name } = parse(out);
  return join(dir, `${name}.explain.csv`);
}
