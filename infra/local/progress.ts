import type { LogEntry } from './functions-host/function-app.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A line for the terminal for each step of the pipeline that a person waits for; other entries have none. */
const lines: Readonly<Record<string, (fields: Fields) => string>> = {
  'invoices listed': (fields) =>
    `${fields['invoices']} invoices listed, ${fields['downloadsStarted']} downloads started`,
  'export ready': (fields) => `${fields['invoiceId']} ${fields['kind']}: export ready, ${fields['files']} files`,
  'download complete': (fields) => `${fields['invoiceId']} ${fields['kind']}: downloaded, ${fields['files']} files`,
  'dataset arrived': (fields) => `${fields['datasetId']}: arrived, ${fields['parts']} parts`,
  'dataset waits for files': (fields) => `${fields['datasetId']}: waits for ${fields['missing']} missing files`,
  'part read': (fields) =>
    `${fields['datasetId']}: part ${fields['part']} read, ${fields['rows']} rows, ${fields['refusedRows']} refused`,
  'dataset sealed': (fields) =>
    `${fields['datasetId']}: sealed, ${fields['rows']} rows, ${fields['subscriptions']} subscriptions`,
  'dataset refused': (fields) => `${fields['datasetId']}: REFUSED, ${fields['problems']} problems. ${fields['first']}`,
  'comparison planned': (fields) =>
    `${fields['invoiceId']}, ${fields['comparedWith']}: comparing ${unitsText(Number(fields['units']), fields['comparedWith'])}`,
  'run published': (fields) => `${fields['invoiceId']}, ${fields['comparedWith']}: result published`,
  'run failed': (fields) => `comparison failed: ${fields['problem']}`,
  'export failed': (fields) => `${fields['invoiceId']} ${fields['kind']}: ${fields['problem']}`,
  'work given up': (fields) => `${fields['step']} gave up: ${fields['reason']}`,
};

/** Compared units (subscriptions, plans) are counted, and shown every so many. */
const comparedPerLine = 10;

/** Turns the functions' log into progress lines; warnings and errors that have no line of their own are shown whole. */
export function progressPrinter(write: (line: string) => void): (entry: LogEntry) => void {
  // Names and reasons come from files and callers, and a terminal obeys control characters.
  const print = (line: string) => write(line.replace(/[^\P{Cc}\n\t]/gu, '\ufffd'));
  const compared = new Set<string>();
  // By run: several are compared at once, and a step that is repeated plans the same run again.
  const unitsOfRun = new Map<unknown, number>();
  return (entry) => {
    const fields = fieldsOf(entry);
    const { message } = fields;
    if (message === 'comparison planned' && fields['comparedWith'] !== 'invoicetotal')
      unitsOfRun.set(fields['runId'], Number(fields['units']));
    if (message === 'subscription compared') {
      if (!unitsOfRun.has(fields['runId'])) return;
      const before = compared.size;
      compared.add(`${fields['runId']} ${fields['subscriptionId']}`);
      const expected = [...unitsOfRun.values()].reduce((sum, units) => sum + units, 0);
      if (compared.size > before && (compared.size % comparedPerLine === 0 || compared.size === expected))
        print(`${compared.size} of ${expected} subscriptions and plans compared`);
      return;
    }
    const toLine = typeof message === 'string' ? lines[message] : undefined;
    if (toLine !== undefined) print(toLine(fields));
    else if (entry.level === 'error' || entry.level === 'warning')
      print(`${entry.functionName ?? 'host'}: ${entry.message}${errorText(entry)}`);
  };
}

/** A comparison goes subscription by subscription, plan by plan, or looks at the invoice as one. */
function unitsText(units: number, comparedWith: unknown): string {
  if (comparedWith === 'invoicetotal') return 'its lines with its total';
  const unit = comparedWith === 'invoicelines' ? 'plan' : 'subscription';
  return `${units} ${unit}${units === 1 ? '' : 's'}`;
}

/** The functions log JSON objects; the host logs sentences. */
function fieldsOf(entry: LogEntry): Fields {
  if (!entry.message.startsWith('{')) return {};
  try {
    return JSON.parse(entry.message);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function errorText(entry: LogEntry): string {
  const error = entry.args.find((arg) => arg instanceof Error);
  return error instanceof Error ? ` (${error.message})` : '';
}
