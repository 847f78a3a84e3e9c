import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apiVersion, type InvoiceItem, type RunItem } from '../../shared/contracts/http.ts';
import { apiClient } from './api-client.ts';
import { formatSummary, type MonthSummary, monthSummary } from './month-summary.ts';
import { progressPrinter } from './progress.ts';
import { defaultSampleMonth, writeSampleMonth } from './sample-month/write-sample-month.ts';
import { type Stack, startStack } from './stack.ts';

const usage = `npm start [-- OPTIONS]      the whole system on this machine, with a sample month; serves until ctrl-c
npm run demo [-- OPTIONS]   the same month once: prints the summary and ends

  --fresh           begin anew; without it, a start goes on from what the last one had
  --json            print the summary as one JSON object on stdout, progress on stderr
  --folder FOLDER   where everything is kept (default .local in the checkout)
  --sample FOLDER   a sample month that is there already, instead of a generated one
  --scale NUMBER    size of the generated month; 1 is about 30,000 rows of usage
  --port PORT       port of the HTTP API; 0 is any free one (default 7071 with npm start, 0 with the demo)
  --stuck-after S   seconds after which unfinished work is started again (default 20)
`;

type Options = {
  readonly demo: boolean;
  readonly fresh: boolean;
  readonly json: boolean;
  readonly folder: string;
  readonly sample: string | undefined;
  readonly scale: number;
  readonly port: number | undefined;
  readonly stuckAfterSeconds: number;
};

/** The month takes some seconds; beyond this something is wrong, and a person should see what. */
const monthTimeoutMs = 30 * 60_000;
const pollMs = 500;

async function main(): Promise<void> {
  const options = readOptions();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  await mkdir(options.folder, { recursive: true });
  const unlock = await lock(options.folder);
  if (options.fresh) await removeLastMonth(options.folder);
  const sampleFolder = options.sample ?? (await sampleMonth(options, say));
  say('Starting Azurite, the Service Bus and Partner Center stand-ins and the functions …');
  const stack = await startStack({
    folder: options.folder,
    sampleFolder,
    stuckAfterSeconds: options.stuckAfterSeconds,
    ...(options.port === undefined ? {} : { port: options.port }),
    onLog: progressPrinter(say),
  });
  const stop = stopOnce(stack, unlock);
  process.once('SIGINT', () => void stop(130));
  process.once('SIGTERM', () => void stop(143));
  try {
    await stack.host.runTimer('downloadInvoices');
    const summary = await untilSettled(stack);
    process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : `\n${formatSummary(summary)}\n`);
    if (options.demo) await stop(0);
    else say(addresses(stack));
  } catch (error) {
    say(`The month did not come to an end: ${error instanceof Error ? error.message : String(error)}`);
    await stop(1);
  }
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      demo: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      folder: { type: 'string', default: fileURLToPath(new URL('../../.local', import.meta.url)) },
      sample: { type: 'string' },
      scale: { type: 'string', default: String(defaultSampleMonth.scale) },
      port: { type: 'string' },
      'stuck-after': { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  return {
    demo: values.demo,
    fresh: values.fresh,
    json: values.json,
    folder: resolve(values.folder),
    sample: values.sample === undefined ? undefined : resolve(values.sample),
    scale: positive('--scale', values.scale),
    port: readPort(values.port, values.demo),
    stuckAfterSeconds: positive('--stuck-after', values['stuck-after']),
  };
}

/** Only what a start has made: the folder may be somebody's and hold other things. */
async function removeLastMonth(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOurs =
      name === 'azurite' || name === 'partner-center.port' || /^sample-month-[\d.]+(\.unfinished)?$/.test(name);
    if (isOurs) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${name} is '${text}'; expected a number above 0`);
}

/** 0 stands for any free port. */
function readPort(text: string | undefined, demo: boolean): number | undefined {
  if (text === undefined) return demo ? undefined : 7071;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text === '0' ? undefined : Number(text);
  throw new UsageError(`--port is '${text}'; expected a port number, or 0 for any free one`);
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The generated month, made once: written beside its place and moved there when it is whole. */
async function sampleMonth(options: Options, say: (line: string) => void): Promise<string> {
  const folder = join(options.folder, `sample-month-${options.scale}`);
  if (await exists(join(folder, 'answer-key.json'))) return folder;
  say('Generating the sample month …');
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await writeSampleMonth(unfinished, { ...defaultSampleMonth, scale: options.scale });
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return folder;
}

async function exists(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}

/** Two starts on one folder would write over each other. A lock whose process is gone counts for nothing. */
async function lock(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'running.pid');
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (pid > 0 && isAlive(pid))
    throw new UsageError(`Already running on ${folder}, as process ${pid}; end that one, or give --folder another`);
  await rm(file, { force: true });
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (!isErrorWith(error, 'EEXIST')) throw error;
    throw new UsageError(`Another start on ${folder} has just begun`);
  }
  return () => rm(file, { force: true });
}

function isErrorWith(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // No such process: this is how the question is asked.
  }
}

function stopOnce(stack: Stack, unlock: () => Promise<void>): (code: number) => Promise<void> {
  let stopping: Promise<void> | undefined;
  return (code) => {
    stopping ??= stack
      .close()
      .then(unlock)
      .then(() => process.exit(code));
    return stopping;
  };
}

/** Waits until every new-commerce invoice is reconciled or blocked, and tells what came of the month. */
async function untilSettled(stack: Stack): Promise<MonthSummary> {
  const api = apiClient(stack.apiUrl);
  const deadline = Date.now() + monthTimeoutMs;
  while (Date.now() < deadline) {
    const [invoices, runs] = [await api.invoices(), await api.runs()];
    if (invoices.length > 0 && invoices.every((invoice) => isSettled(invoice, runs))) {
      return monthSummary(invoices, await api.reconciliations(), runs);
    }
    await delay(pollMs);
  }
  throw new Error(
    `not all invoices were reconciled within ${monthTimeoutMs / 60_000} minutes; GET /api/runs tells why`,
  );
}

function isSettled({ tenantId, invoiceId, downloads, reconciliation }: InvoiceItem, runs: readonly RunItem[]): boolean {
  const datasets = runs.filter((run) => run.kind === 'dataset');
  const isRead = downloads.every(({ kind, state }) => {
    const source = `${tenantId}/${invoiceId}/${kind}/`;
    return (
      state === 'failed' || (state === 'downloaded' && datasets.some((dataset) => dataset.source.startsWith(source)))
    );
  });
  const isReading = datasets.some((dataset) => dataset.state === 'ingesting');
  return isRead && !isReading && ['reconciled', 'blocked', 'notReconciled'].includes(reconciliation.state);
}

function addresses(stack: Stack): string {
  const query = `?api-version=${apiVersion}`;
  return [
    '',
    'A token for an hour, as csp.operator, csp.reader, reseller or customer (docs/security.md):',
    `  TOKEN=$(curl -s ${stack.apiUrl}/local-sign-in -H 'content-type: application/json' -d '{"role":"csp.operator"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `  curl -H "Authorization: Bearer $TOKEN" '${stack.apiUrl}/me${query}'`,
    '',
    'Serving until ctrl-c:',
    `  invoices          ${stack.apiUrl}/invoices${query}`,
    `  reconciliations   ${stack.apiUrl}/reconciliations${query}`,
    `  runs              ${stack.apiUrl}/runs${query}`,
    `  health            ${stack.apiUrl}/health`,
    `  Azurite           ${stack.azurite.blobEndpoint}`,
  ].join('\n');
}

main().catch((error: unknown) => {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  const isWorlds = isErrorWith(error, 'EADDRINUSE') || isErrorWith(error, 'ENOENT');
  const text =
    error instanceof Error ? (isUsage || isWorlds ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n${isUsage ? 'npm start -- --help tells the options.\n' : ''}`);
  process.exit(isUsage ? 64 : 1);
});
