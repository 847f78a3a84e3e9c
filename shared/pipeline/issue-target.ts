import type { DatasetSeal } from '../contracts/datasets.ts';
import { type IssueAmount, type IssueSubject, type IssueTarget, issueLimits } from '../contracts/issues.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { breakIdOf } from '../domain/breaks.ts';
import { type MeterLine, meterKeyOf } from '../domain/comparison.ts';
import { newestSealed } from '../domain/datasets.ts';
import { absolute, compareDecimals, decimal } from '../domain/decimal.ts';
import { chargedAgainstExpected } from '../domain/evidence.ts';
import { foldId } from '../domain/ids.ts';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import type { LineItem } from '../domain/line-item.ts';
import { type LineVerdict, verifyInvoiceLine } from '../domain/line-verdict.ts';
import { severityOf } from '../domain/severity.ts';
import { defaultPolicy } from '../domain/tolerance.ts';
import { toSealed } from './plan-comparisons.ts';
import type { DatasetStore, RunStore } from './ports.ts';

export type IssueTargetPorts = {
  readonly runs: Pick<RunStore, 'get' | 'readPlan' | 'readLines' | 'listSubscriptions'>;
  readonly datasets: Pick<DatasetStore, 'list' | 'readSeal' | 'readShardLines'>;
};

/** A target that there is: what makes it itself, what it says, and which breaks it is about. */
export type FoundTarget = {
  /** In its one spelling. */
  readonly target: IssueTarget;
  readonly identity: readonly string[];
  readonly subject: IssueSubject;
  readonly breakIds: readonly string[];
};

/** @returns undefined when there is no such thing in a published run or sealed data */
export function findTarget(ports: IssueTargetPorts, target: IssueTarget): Promise<FoundTarget | undefined> {
  return target.kind === 'lineItem' ? findLineItem(ports, target) : findInRun(ports, target);
}

type RunTarget = Exclude<IssueTarget, { kind: 'lineItem' }>;

async function findInRun(ports: IssueTargetPorts, target: RunTarget): Promise<FoundTarget | undefined> {
  const run = await ports.runs.get(target.runId);
  if (run?.state !== 'published' || run.isTryOut === true || run.summary === undefined) return undefined;
  if (target.kind === 'run') return wholeRun(run, target);
  const subscriptionId = foldId(target.subscriptionId);
  const plan = await ports.runs.readPlan(run.runId);
  const planned = plan.subscriptions.find((each) => each.subscriptionId === subscriptionId);
  if (planned === undefined) return undefined;
  const lines = await ports.runs.readLines(run.runId, subscriptionId);
  const unit = { run, ...planned, lines };
  return target.kind === 'subscription' ? subscriptionOfRun(ports, unit) : meterOfRun(unit, target.meterKey);
}

function wholeRun(run: RunRecord, target: Extract<RunTarget, { kind: 'run' }>): FoundTarget {
  const { runId, invoiceId, billingCycle, comparedWith } = run;
  const title = `Invoice ${invoiceId}, ${billingCycle}, compared with ${comparedWith}`;
  const amounts = (run.summary?.totals ?? []).map((totals) => amountOf(run, totals));
  return { target, identity: ['run', runId], subject: { ...subjectOf(run, title), amounts }, breakIds: [] };
}

type Unit = {
  readonly run: RunRecord;
  readonly subscriptionId: string;
  readonly name: string;
  readonly customerId: string;
  readonly lines: readonly MeterLine[];
};

async function subscriptionOfRun({ runs }: IssueTargetPorts, unit: Unit): Promise<FoundTarget | undefined> {
  const { run, subscriptionId, lines } = unit;
  const { runId } = run;
  const found = (await runs.listSubscriptions(runId)).find((each) => each.subscriptionId === subscriptionId);
  if (found === undefined) return undefined;
  const amounts = found.summary.totals.map((totals) => amountOf(run, totals));
  return {
    target: { kind: 'subscription', runId, subscriptionId },
    identity: ['subscription', runId, subscriptionId],
    subject: { ...unitSubject(unit, titleOf(unit)), amounts },
    breakIds: breakIdsOf(run, lines),
  };
}

function meterOfRun(unit: Unit, meterKey: string): FoundTarget | undefined {
  const { run, subscriptionId } = unit;
  const { runId } = run;
  const line = unit.lines.find((candidate) => meterKeyOf(candidate) === meterKey);
  if (line === undefined) return undefined;
  const { currency, severity } = line;
  const amount = amountOf(run, { currency, invoice: line.invoice?.cost ?? '0', other: line.other?.cost ?? '0' });
  const title = `${line.meterName || line.meterId || 'Meter'}, ${titleOf(unit)}`;
  return {
    target: { kind: 'meter', runId, subscriptionId, meterKey },
    identity: ['meter', runId, subscriptionId, meterKey],
    subject: { ...unitSubject(unit, title), amounts: [amount], ...(severity === undefined ? {} : { severity }) },
    breakIds: breakIdsOf(run, [line]),
  };
}

function titleOf({ run, subscriptionId, name }: Unit): string {
  return `${name || subscriptionId || 'rows without subscription'}, invoice ${run.invoiceId}, ${run.billingCycle}`;
}

function unitSubject(unit: Unit, title: string): Omit<IssueSubject, 'amounts'> {
  const { run, subscriptionId, customerId } = unit;
  return { ...subjectOf(run, title), subscriptionId, ...(customerId === '' ? {} : { customerId }) };
}

/** Names come from Microsoft's files and may be long. */
const titleCharactersMax = 300;

function subjectOf({ tenantId, billingCycle, invoiceId, comparedWith }: RunRecord, title: string) {
  return { title: title.slice(0, titleCharactersMax).toWellFormed(), tenantId, billingCycle, invoiceId, comparedWith };
}

function amountOf(
  { comparedWith }: RunRecord,
  { currency, invoice, other }: { readonly currency: string; readonly invoice: string; readonly other: string },
): IssueAmount {
  return { currency, ...chargedAgainstExpected(comparedWith, { invoice, other }) };
}

/** The breaks of lines that are out of tolerance, the largest first. Those of the whole invoice are not followed. */
function breakIdsOf({ comparedWith }: RunRecord, lines: readonly MeterLine[]): readonly string[] {
  if (comparedWith === 'invoicetotal') return [];
  return brokenLines(lines)
    .slice(0, issueLimits.breaks)
    .map((line) => breakIdOf({ ...line, comparedWith }));
}

/** Lines that are out of tolerance, by the size of their variance. */
export function brokenLines(lines: readonly MeterLine[]): readonly MeterLine[] {
  const size = ({ variance }: MeterLine) => absolute(decimal(variance.cost));
  return lines
    .filter(({ status }) => status === 'mismatched' || status === 'invoiceOnly' || status === 'otherOnly')
    .sort((left, right) => compareDecimals(size(right), size(left)));
}

type LineItemTarget = Extract<IssueTarget, { kind: 'lineItem' }>;

async function findLineItem(ports: IssueTargetPorts, target: LineItemTarget): Promise<FoundTarget | undefined> {
  const { lineKind, part, line } = target;
  const invoiceId = target.invoiceId.toUpperCase();
  const sealed = (await ports.datasets.list()).flatMap(toSealed);
  const dataset = newestSealed(sealed.filter((each) => each.kind === lineKind && each.invoiceIds.includes(invoiceId)));
  const seal = dataset === undefined ? undefined : await ports.datasets.readSeal(dataset.datasetId);
  const item = seal === undefined ? undefined : await readLineItem(ports.datasets, seal, { part, line });
  if (seal === undefined || item === undefined) return undefined;
  const { datasetId, billingCycle } = seal;
  const verdict = verdictOf(item);
  const title = `Line ${line} of part ${part}, ${lineKind} line items of invoice ${invoiceId}, ${billingCycle}`;
  const severity = verdict === undefined ? undefined : severityOfVerdict(verdict);
  return {
    target: { kind: 'lineItem', invoiceId, lineKind, part, line },
    identity: ['lineItem', datasetId, String(part), String(line)],
    subject: {
      title,
      tenantId: item.tenantId,
      billingCycle,
      invoiceId,
      datasetId,
      subscriptionId: foldId(item.subscriptionId),
      customerId: item.customerId,
      amounts: [amountOfItem(item, verdict)],
      ...(severity === undefined ? {} : { severity }),
    },
    breakIds: [],
  };
}

/** @returns undefined where the dataset has no such line */
export async function readLineItem(
  datasets: Pick<DatasetStore, 'readShardLines'>,
  seal: Pick<DatasetSeal, 'datasetId' | 'files'>,
  place: { readonly part: number; readonly line: number },
): Promise<LineItem | undefined> {
  if (place.part >= seal.files.length) return undefined;
  for await (const item of datasets.readShardLines(seal.datasetId, place.part)) {
    if (item.line === place.line) return item;
  }
  return undefined;
}

/** Only line items of new commerce say what their amounts are made of. */
export function verdictOf(item: LineItem): LineVerdict | undefined {
  return isInvoiceLine(item) ? verifyInvoiceLine(item) : undefined;
}

export function isInvoiceLine(item: LineItem): item is InvoiceLine {
  return 'billableQuantity' in item;
}

function amountOfItem(item: LineItem, verdict: LineVerdict | undefined): IssueAmount {
  const { currency } = item;
  if (verdict === undefined) return { currency, charged: 'subtotal' in item ? item.subtotal : chargesOf(item) };
  const { charged, expected, difference } = verdict;
  return {
    currency,
    charged,
    ...(expected === undefined ? {} : { expected }),
    ...(difference === undefined ? {} : { difference }),
  };
}

/** Rows of legacy usage that carry no money say so by an empty text. */
function chargesOf({ pretaxCharges }: Extract<LineItem, { pretaxCharges: string }>): string {
  return pretaxCharges === '' ? '0' : pretaxCharges;
}

function severityOfVerdict({ verdict, charged, difference }: LineVerdict) {
  if (difference === undefined || (verdict !== 'overcharged' && verdict !== 'undercharged')) return undefined;
  const amounts = { variance: decimal(difference), invoiceCost: decimal(charged), isOneSided: false };
  return severityOf(defaultPolicy, amounts);
}
