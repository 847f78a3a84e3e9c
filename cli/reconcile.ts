import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { compareMeters, type MeterLine } from '../shared/domain/comparison.ts';
import { identityOf } from '../shared/domain/content-hash.ts';
import type { DatasetKind } from '../shared/domain/datasets.ts';
import { engineVersion } from '../shared/domain/engine-version.ts';
import {
  addTotals,
  type MeterTotal,
  mainMonth,
  meterTotalKey,
  moneyOf,
  totalsForInvoices,
} from '../shared/domain/meter-totals.ts';
import type { Problem } from '../shared/domain/problem.ts';
import { type ComparisonSummary, type CurrencyTotals, coverageGap, summarise } from '../shared/domain/summary.ts';
import { defaultPolicy } from '../shared/domain/tolerance.ts';
import { isParquetName } from '../shared/formats/detected-file.ts';
import { FileRefusedError } from '../shared/formats/file-refused-error.ts';
import { type PartContents, type PartOptions, readPart } from '../shared/formats/part-reader.ts';
import { fileBytesInTurns } from './file-bytes.ts';
import { isFolder, readExportFolder, withPieces } from './part-files.ts';

type ReadFile = {
  readonly name: string;
  readonly sha256: string;
  readonly dataset: DatasetKind;
  readonly rows: number;
};

/** The result of `reconcile`, as `--format json` prints it. Amounts are exact decimal text. */
export type Reconciliation = {
  readonly runId: string;
  readonly engineVersion: string;
  readonly policyVersion: string;
  readonly sides: {
    readonly invoice: { readonly files: readonly ReadFile[] };
    readonly other: { readonly files: readonly ReadFile[] };
  };
  readonly totals: readonly CurrencyTotals[];
  readonly lines: ComparisonSummary['lines'];
  readonly coverage: {
    readonly invoiceRows: ComparisonSummary['invoiceRows'];
    readonly otherRows: ComparisonSummary['otherRows'];
  };
  readonly subscriptions: readonly {
    readonly subscriptionId: string;
    readonly name: string;
    readonly totals: readonly CurrencyTotals[];
    readonly meters: readonly MeterLine[];
  }[];
  readonly refused: readonly Problem[];
};

type Side = {
  readonly files: readonly ReadFile[];
  readonly totals: readonly MeterTotal[];
  readonly names: ReadonlyMap<string, string>;
  readonly invoiceIds: ReadonlySet<string>;
  readonly refused: readonly Problem[];
};

/** How many refused rows of one file are shown. */
const problemsMax = 100;

/** Compares files on disk. A refused file or row is listed, and then nothing is compared: half a month is no month. */
export async function reconcile(
  usage: readonly string[],
  cost: readonly string[],
  say: (line: string) => void,
): Promise<Reconciliation> {
  const [invoice, allCosts] = await Promise.all([
    readSide(usage, 'dailyratedusage', say),
    readSide(cost, 'costexport', say),
  ]);
  const other = costsOfInvoices(allCosts, invoice, say);
  const refused = [...invoice.refused, ...other.refused];
  const bySubscription = refused.length > 0 ? [] : compareSubscriptions(invoice, other);
  const all = summarise(bySubscription.flatMap((subscription) => subscription.meters));
  const read = {
    invoiceRows: sumRows(invoice),
    otherRows: sumRows(other),
    invoiceMoney: moneyOf(invoice.totals),
    otherMoney: moneyOf(other.totals),
  };
  const gap = refused.length > 0 ? undefined : coverageGap(all, read);
  if (gap !== undefined) throw new Error(`The result does not account for every row: ${gap}`);
  return {
    runId: runIdOf(invoice, other),
    engineVersion,
    policyVersion: defaultPolicy.version,
    sides: { invoice: { files: invoice.files }, other: { files: other.files } },
    totals: all.totals,
    lines: all.lines,
    coverage: { invoiceRows: all.invoiceRows, otherRows: all.otherRows },
    subscriptions: bySubscription,
    refused,
  };
}

/** An export may hold the rows of several invoices; those that name another one than the usage does are left out. */
function costsOfInvoices(costs: Side, invoice: Side, say: (line: string) => void): Side {
  const invoiceIds = invoice.invoiceIds.size > 0 ? invoice.invoiceIds : costs.invoiceIds;
  const totals = totalsForInvoices(costs.totals, [...invoiceIds]);
  const leftOut = sumRows(costs) - sumRows({ totals });
  if (leftOut > 0) say(`${leftOut} rows of the cost export are of other invoices, and are left out`);
  return { ...costs, totals };
}

function runIdOf(invoice: Side, other: Side): string {
  const hashes = [invoice, other].map((side) =>
    side.files
      .map((file) => file.sha256)
      .sort()
      .join(' '),
  );
  return identityOf(['costexport', ...hashes, defaultPolicy.version, engineVersion]);
}

function compareSubscriptions(invoice: Side, other: Side): Reconciliation['subscriptions'] {
  const invoiceById = Map.groupBy(invoice.totals, (total) => total.subscriptionId);
  const otherById = Map.groupBy(other.totals, (total) => total.subscriptionId);
  const cycle = mainMonth(invoice.totals) ?? mainMonth(other.totals) ?? '';
  const how = { comparedWith: 'costexport', policy: defaultPolicy, cycle } as const;
  return [...new Set([...invoiceById.keys(), ...otherById.keys()])].sort().map((subscriptionId) => {
    const meters = compareMeters(invoiceById.get(subscriptionId) ?? [], otherById.get(subscriptionId) ?? [], how);
    const name = invoice.names.get(subscriptionId) || other.names.get(subscriptionId) || '';
    return { subscriptionId, name, totals: summarise(meters).totals, meters };
  });
}

async function readSide(paths: readonly string[], kind: DatasetKind, say: (line: string) => void): Promise<Side> {
  const files: ReadFile[] = [];
  const totals = new Map<string, MeterTotal>();
  const names = new Map<string, string>();
  const invoiceIds = new Set<string>();
  const refused: Problem[] = [];
  for (const [part, path] of (await filesOf(paths, refused)).entries()) {
    const hash = createHash('sha256');
    try {
      const contents = await readFilePart(path, hash, { kind, part, problemsMax });
      refused.push(...otherPrices(path, contents));
      for (const total of contents.totals) {
        const key = meterTotalKey(total);
        const known = totals.get(key);
        totals.set(key, known === undefined ? total : addTotals(known, total));
      }
      for (const { subscriptionId, name } of contents.subscriptions) {
        const known = names.get(subscriptionId);
        if (known === undefined || name < known) names.set(subscriptionId, name);
      }
      for (const invoiceId of contents.invoiceIds) invoiceIds.add(invoiceId);
      refused.push(...contents.problems);
      const sha256 = hash.digest('hex');
      const same = files.find((file) => file.sha256 === sha256 && contents.rows > 0);
      if (same !== undefined) refused.push(givenTwice(path, same.name));
      files.push({ name: basename(path), sha256, dataset: kind, rows: contents.rows });
      say(`${path}: ${contents.rows} rows, ${contents.refusedRows} refused`);
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      refused.push(error.problem);
    }
  }
  return { files, totals: [...totals.values()], names, invoiceIds, refused };
}

/** Folders with a manifest stand for the files that it names; what is wrong with one is a refusal. */
async function filesOf(paths: readonly string[], refused: Problem[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      files.push(path);
      continue;
    }
    try {
      files.push(...(await readExportFolder(path)).files.map((file) => file.path));
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      refused.push(error.problem);
    }
  }
  return files;
}

async function readFilePart(
  path: string,
  hash: ReturnType<typeof createHash>,
  options: PartOptions,
): Promise<PartContents> {
  const name = basename(path);
  if (!isParquetName(path)) return readPart({ name, bytes: hashed(path, hash) }, options);
  for await (const _ of hashed(path, hash));
  return withPieces({ path, name }, (file) => readPart(file, options));
}

/** Costs that no invoice has: at other prices, or spread over the time that a purchase is for. */
function otherPrices(path: string, { detection, costView }: PartContents): readonly Problem[] {
  const advice = detection?.advice;
  if (advice !== undefined) return [{ code: 'retailScope', file: path, message: `${path}: ${advice}` }];
  if (costView !== 'amortized') return [];
  const message = `${path}: its rows are of amortized cost; invoices are compared with actual cost or FOCUS`;
  return [{ code: 'otherCosts', file: path, message }];
}

async function* hashed(path: string, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of fileBytesInTurns(path)) {
    hash.update(chunk);
    yield chunk;
  }
}

function givenTwice(path: string, other: string): Problem {
  return {
    code: 'duplicateFile',
    file: path,
    message: `${path}: the same bytes as ${other}; its rows would count twice`,
  };
}

function sumRows(side: Pick<Side, 'totals'>): number {
  return side.totals.reduce((sum, total) => sum + total.rows, 0);
}
