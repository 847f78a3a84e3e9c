import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { convertCommand } from './convert-command.ts';
import { exitCodes } from './exit-codes.ts';
import { fileErrorText, isFileError } from './file-error.ts';
import { inspect } from './inspect.ts';
import { formatInspected } from './inspect-table.ts';
import { reconcileCommand } from './reconcile-command.ts';
import { UsageError } from './usage-error.ts';
import { verifyCommand } from './verify-command.ts';

/** Does what `args` ask for, and leaves how it went in `process.exitCode`. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await programOf().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
    } else if (error instanceof UsageError) {
      process.stderr.write(`error: ${error.message}\n`);
      process.exitCode = exitCodes.usage;
    } else {
      process.stderr.write(`${textOf(error)}\n`);
      process.exitCode = exitCodes.refused;
    }
  }
}

/** What is the user's to mend is one line; a mistake of ours is shown with where it was made. */
function textOf(error: unknown): string {
  if (error instanceof FileRefusedError) return error.message;
  if (isFileError(error)) return fileErrorText(error);
  return String(error instanceof Error ? error.stack : error);
}

function programOf(): Command {
  const program = new Command('csp-reconcile')
    .description(
      'Invoice reconciliation for Microsoft CSP partners, on files. stdout is data, stderr is progress and messages.',
    )
    .exitOverride();

  reconcileCommand(program);

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
  return program;
}

function oneOf(...allowed: readonly string[]): (value: string) => string {
  return (value) => {
    if (!allowed.includes(value)) throw new InvalidArgumentError(`Expected ${allowed.join(' or ')}.`);
    return value;
  };
}
