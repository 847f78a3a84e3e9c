import { type Comparing, compareMeters, type MeterLine } from '../shared/domain/comparison.ts';
import { identityOf } from '../shared/domain/content-hash.ts';
import { engineVersion } from '../shared/domain/engine-version.ts';
import { type Gate, gateOf } from '../shared/domain/gates.ts';
import { type ArithmeticTotals, verifyInvoiceLines } from '../shared/domain/invoice-arithmetic.ts';
import { type MeterTotal, mainMonth, moneyOf, totalsForInvoices } from '../shared/domain/meter-totals.ts';
import { totalsOfLines, totalsOfPlans } from '../shared/domain/plan-lines.ts';
import type { Problem } from '../shared/domain/problem.ts';
import {
  addSummaries,
  type ComparisonSummary,
  coverageGap,
  emptySummary,
  isMatched,
  summarise,
} from '../shared/domain/summary.ts';
import { type ComparedWith, defaultPolicy, type TolerancePolicy } from '../shared/domain/tolerance.ts';
import { type InvoiceSide, readInvoiceLines } from './read-invoice-lines.ts';
import { type FileOfSide, readSide, type Side } from './read-side.ts';
import { ResultStore } from './result-store.ts';
import { rowsAtOnceMax, SecondLook, type SubscriptionTotals } from './second-look.ts';

/** What is compared: the usage of an invoice with costs, with the invoice's line items, or with both. */
export type Inputs = {
  readonly usage: readonly string[];
  readonly cost: readonly string[];
  readonly invoice: readonly string[];
  readonly policy?: TolerancePolicy;
  /** The month that is billed, `YYYY-MM`; where nobody says, the month that most usage is of. */
  readonly cycle?: string;
};

/** The rows of one subscription that is compared, in one currency. Amounts are exact decimal text. */
export type SubscriptionResult = {
  readonly subscriptionId: string;
  readonly name: string;
  readonly status: 'Matched' | 'Mismatched';
  readonly currency: string;
  readonly invoice: string;
  readonly other: string;
  readonly variance: string;
  readonly lines: readonly MeterLine[];
};

/** One comparison, told without its lines. */
export type Comparison = {
  readonly comparedWith: Exclude<ComparedWith, 'invoicetotal'>;
  readonly runId: string;
  readonly engineVersion: string;
  readonly policyVersion: string;
  readonly billingCycle: string;
  readonly files: { readonly invoice: readonly FileOfSide[]; readonly other: readonly FileOfSide[] };
  readonly summary: ComparisonSummary;
  /** Rows that were read, refused ones among them. */
  readonly rows: { readonly invoice: number; readonly other: number };
  readonly refusedRows: number;
  readonly gate: Gate;
  /** Nothing was compared: a file, or more rows than the policy allows, were refused. */
  readonly isRefused: boolean;
  /** Read again whenever it is asked for: by id, then by currency. */
  readonly subscriptions: () => Iterable<SubscriptionResult>;
};

/** The outcome of `reconcile`; to be closed when it has been told. */
export type Reconciliation = {
  /** At least one: with costs, with line items, in this order. */
  readonly comparisons: readonly Comparison[];
  readonly refused: readonly Problem[];
  /** The invoice's own arithmetic, where line items were given. */
  readonly arithmetic?: readonly ArithmeticTotals[];
  readonly close: () => void;
};

type Told = { readonly policy: TolerancePolicy; readonly cycle: string; readonly say: (line: string) => void };

/** Compares files on disk. A refused file is told, and then nothing is compared: half a month is no month. */
export async function reconcile(inputs: Inputs, say: (line: string) => void): Promise<Reconciliation> {
  const { policy = defaultPolicy } = inputs;
  const { refusedRowsMax } = policy;
  const [usage, costs, lines] = await Promise.all([
    readSide(inputs.usage, { dataset: 'dailyratedusage', refusedRowsMax, say }),
    inputs.cost.length === 0 ? undefined : readSide(inputs.cost, { dataset: 'costexport', refusedRowsMax, say }),
    inputs.invoice.length === 0 ? undefined : readInvoiceLines(inputs.invoice, { refusedRowsMax, say }),
  ]);
  const cycle = inputs.cycle ?? mainMonth(usage.totals) ?? mainMonth(costs?.totals ?? []) ?? '';
  const told = { policy, cycle, say };
  const stores: ResultStore[] = [];
  const newStore = (): ResultStore => {
    const store = new ResultStore();
    stores.push(store);
    return store;
  };
  try {
    const isRefused = [usage, costs, lines].some((side) => side?.isRefused === true);
    const comparisons = [
      ...(costs === undefined
        ? []
        : [compareCosts({ usage, costs, isRefused, isMonthGiven: inputs.cycle !== undefined }, told, newStore())]),
      ...(lines === undefined ? [] : [compareLines({ usage, lines, isRefused }, told, newStore())]),
    ];
    const refused = [usage, costs, lines].flatMap((side) => side?.refused ?? []);
    const close = (): void => stores.forEach((store) => void store.close());
    if (lines === undefined) return { comparisons, refused, close };
    const { totals } = verifyInvoiceLines(isRefused ? [] : lines.lines);
    return { comparisons, refused, arithmetic: totals, close };
  } catch (error) {
    for (const store of stores) store.close();
    throw error;
  } finally {
    usage.close();
    costs?.close();
  }
}

/** Whether all that was compared agrees, is close enough or is set aside by a rule. */
export function isAllMatched({ comparisons }: Reconciliation): boolean {
  return comparisons.every(({ summary }) => isMatched(summary));
}

type Sides<T> = { readonly usage: Side; readonly isRefused: boolean } & T;

function compareCosts(
  { usage, costs, isRefused, isMonthGiven }: Sides<{ costs: Side; isMonthGiven: boolean }>,
  told: Told,
  store: ResultStore,
): Comparison {
  const invoiceIds = usage.invoiceIds.size > 0 ? usage.invoiceIds : costs.invoiceIds;
  const totals = isRefused
    ? { invoice: [], other: [] }
    : { invoice: usage.totals, other: totalsForInvoices(costs.totals, [...invoiceIds]) };
  const otherRows = sumRows(totals.other);
  const leftOut = isRefused ? 0 : sumRows(costs.totals) - otherRows;
  if (leftOut > 0) told.say(`${leftOut} rows of the cost export are of other invoices, and are left out`);
  const gate = gateOfTotals(totals, { ...told, isMonthGiven });
  const how = { comparedWith: 'costexport', ...told, ...closedBy(gate) } as const;
  const isOfInvoices = (invoiceId?: string) => invoiceId === undefined || invoiceIds.has(invoiceId);
  const nameOf = (id: string) => usage.names.get(id) || costs.names.get(id) || '';
  const sides = { invoice: usage, other: costs };
  const summary = compareSubscriptions({ totals, how, nameOf, store }, (look) => look.read(sides, isOfInvoices));
  const refusedRows = isRefused ? sumFiles(usage) + sumFiles(costs) : usage.refusedRows + costs.refusedRows;
  const rows = isRefused
    ? { invoice: sumFiles(usage), other: sumFiles(costs) }
    : { invoice: sumFiles(usage), other: otherRows + costs.refusedRows };
  assertCovered(summary, totals);
  return {
    ...identityOfRun('costexport', [usage.files, costs.files], told),
    files: { invoice: usage.files, other: costs.files },
    summary,
    rows,
    refusedRows,
    gate,
    isRefused,
    subscriptions: () => resultsOf(store),
  };
}

function compareLines(
  { usage, lines, isRefused }: Sides<{ lines: InvoiceSide }>,
  told: Told,
  store: ResultStore,
): Comparison {
  const { cycle, policy } = told;
  const plans = isRefused ? [] : usage.plans;
  const totals = {
    invoice: totalsOfPlans(plans, cycle),
    other: isRefused ? [] : totalsOfLines(lines.lines, plans, cycle),
  };
  const summary = compareSubscriptions({
    totals,
    how: { comparedWith: 'invoicelines', policy, cycle },
    nameOf: (id) => lines.names.get(id) ?? '',
    store,
  });
  const invoiceRows = isRefused ? sumFiles(usage) : sumRows(totals.invoice) + usage.refusedRows;
  const withoutPlan = sumFiles(usage) - invoiceRows;
  if (withoutPlan > 0) told.say(`${withoutPlan} rows of usage name no plan, and stand against no line item`);
  assertCovered(summary, totals);
  return {
    ...identityOfRun('invoicelines', [usage.files, lines.files], told),
    files: { invoice: usage.files, other: lines.files },
    summary,
    rows: { invoice: invoiceRows, other: sumFiles(lines) },
    refusedRows: isRefused ? invoiceRows + sumFiles(lines) : usage.refusedRows + lines.refusedRows,
    gate: { kind: 'open' },
    isRefused,
    subscriptions: () => resultsOf(store),
  };
}

function identityOfRun(
  comparedWith: Comparison['comparedWith'],
  sides: readonly (readonly FileOfSide[])[],
  { policy, cycle }: Told,
) {
  const hashes = sides.map((files) =>
    files
      .map((file) => file.sha256)
      .sort()
      .join(' '),
  );
  const runId = identityOf([comparedWith, ...hashes, JSON.stringify(policy), cycle, engineVersion]);
  return { comparedWith, runId, engineVersion, policyVersion: policy.version, billingCycle: cycle };
}

/** What both sides are of: a month and currencies in common. Without a common month, an export of another one was given. */
function gateOfTotals(
  { invoice, other }: SubscriptionTotals,
  { cycle, isMonthGiven }: { readonly cycle: string; readonly isMonthGiven: boolean },
): Gate {
  const compared = other.filter((total) => total.excludedBy === undefined);
  const sideOf = (totals: readonly MeterTotal[], against: readonly MeterTotal[]) => {
    const months = new Set(against.map((total) => total.usageMonth));
    const isOther = totals.length > 0 && against.length > 0 && !totals.some((total) => months.has(total.usageMonth));
    return {
      state: 'sealed',
      billingCycle: isOther && !isMonthGiven ? (mainMonth(totals) ?? cycle) : cycle,
      currencies: moneyOf(totals).map(({ currency }) => currency),
    } as const;
  };
  return gateOf({ invoice: sideOf(invoice, compared), other: sideOf(compared, invoice), billingCycle: cycle });
}

function closedBy(gate: Gate): Pick<Comparing, 'notComparable'> {
  switch (gate.kind) {
    case 'open':
      return {};
    case 'partly':
      return { notComparable: new Set(gate.currencies) };
    default:
      return { notComparable: 'all' };
  }
}

type Work = {
  readonly totals: SubscriptionTotals;
  readonly how: Comparing;
  readonly nameOf: (subscriptionId: string) => string;
  readonly store: ResultStore;
};

/**
 * Compares one subscription after the other into the store. Those with lines that need their rows are compared again
 * when their rows have been read, as many of them at a time as may be held.
 */
function compareSubscriptions(
  { totals, how, nameOf, store }: Work,
  readRows?: (look: SecondLook) => void,
): ComparisonSummary {
  const invoiceById = Map.groupBy(totals.invoice, (total) => total.subscriptionId);
  const otherById = Map.groupBy(totals.other, (total) => total.subscriptionId);
  let summary = emptySummary;
  let look = new SecondLook();
  let waiting: { readonly subscriptionId: string; readonly own: SubscriptionTotals }[] = [];
  const take = (subscriptionId: string, lines: readonly MeterLine[]): void => {
    summary = addSummaries(summary, summarise(lines));
    store.put({ subscriptionId, name: nameOf(subscriptionId), lines });
  };
  const lookAgain = (): void => {
    if (look.rows > 0) readRows?.(look);
    const rowsOf = look.rowsOf.bind(look);
    for (const { subscriptionId, own } of waiting) {
      take(subscriptionId, compareMeters(own.invoice, own.other, { ...how, rowsOf }));
    }
    waiting = [];
    look = new SecondLook();
  };
  for (const subscriptionId of new Set([...invoiceById.keys(), ...otherById.keys()])) {
    const own = { invoice: invoiceById.get(subscriptionId) ?? [], other: otherById.get(subscriptionId) ?? [] };
    const lines = compareMeters(own.invoice, own.other, how);
    invoiceById.delete(subscriptionId);
    otherById.delete(subscriptionId);
    if (readRows === undefined || lines.every((line) => line.needsRows !== true)) {
      take(subscriptionId, lines);
      continue;
    }
    look.want(own, lines);
    waiting.push({ subscriptionId, own });
    if (look.rows > rowsAtOnceMax) lookAgain();
  }
  lookAgain();
  return summary;
}

function* resultsOf(store: ResultStore): Generator<SubscriptionResult> {
  for (const { subscriptionId, name, lines } of store.read()) {
    const byCurrency = Map.groupBy(lines, (line) => line.currency);
    for (const currency of [...byCurrency.keys()].sort()) {
      const own = byCurrency.get(currency) ?? [];
      const summary = summarise(own);
      const { invoice = '0', other = '0', variance = '0' } = summary.totals[0] ?? {};
      const status = isMatched(summary) ? 'Matched' : 'Mismatched';
      yield { subscriptionId, name, status, currency, invoice, other, variance, lines: own };
    }
  }
}

/** A result that misses a row or a cent of what was read is our own mistake, and is not told. */
function assertCovered(summary: ComparisonSummary, { invoice, other }: SubscriptionTotals): void {
  const gap = coverageGap(summary, {
    invoiceRows: sumRows(invoice),
    otherRows: sumRows(other),
    invoiceMoney: moneyOf(invoice),
    otherMoney: moneyOf(other),
  });
  if (gap !== undefined) throw new Error(`The result does not account for every row: ${gap}`);
}

function sumRows(totals: readonly MeterTotal[]): number {
  return totals.reduce((sum, total) => sum + total.rows, 0);
}

function sumFiles({ files }: { readonly files: readonly FileOfSide[] }): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}
