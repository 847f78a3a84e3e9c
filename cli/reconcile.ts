import { access } from 'node:fs/promises';
import { type Comparing, compareMeters, type MeterLine } from '../shared/domain/comparison.ts';
import { identityOf } from '../shared/domain/content-hash.ts';
import { engineVersion } from '../shared/domain/engine-version.ts';
import { type Gate, gateOf } from '../shared/domain/gates.ts';
import { type ArithmeticTotals, verifyInvoiceLines } from '../shared/domain/invoice-arithmetic.ts';
import { totalsForInvoices } from '../shared/domain/meter-totals.ts';
import { totalsOfLines, totalsOfPlans } from '../shared/domain/plan-lines.ts';
import { type PlanTotal, unplannedTotals } from '../shared/domain/plan-totals.ts';
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
import { type FileOfSide, readSide, type Side, type TotalsBySubscription } from './read-side.ts';
import { ResultStore } from './result-store.ts';
import { rowsAtOnceMax, SecondLook, type SubscriptionTotals } from './second-look.ts';
import { bySubscription, noTotals, type SideTotals, sideTotals } from './side-totals.ts';

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

type Told = { readonly policy: TolerancePolicy; readonly say: (line: string) => void };

/** Compares files on disk. A refused file is told, and then nothing is compared: half a month is no month. */
export async function reconcile(inputs: Inputs, say: (line: string) => void): Promise<Reconciliation> {
  // A file that is missing is told before others have been read for minutes.
  for (const path of [...inputs.usage, ...inputs.cost, ...inputs.invoice]) await access(path);
  const { policy = defaultPolicy } = inputs;
  const { refusedRowsMax } = policy;
  const [usage, costs, lines] = await Promise.all([
    readSide(inputs.usage, { dataset: 'dailyratedusage', refusedRowsMax, say }),
    inputs.cost.length === 0 ? undefined : readSide(inputs.cost, { dataset: 'costexport', refusedRowsMax, say }),
    inputs.invoice.length === 0 ? undefined : readInvoiceLines(inputs.invoice, { refusedRowsMax, say }),
  ]);
  const stores: ResultStore[] = [];
  const close = (): void => {
    for (const store of stores) store.close();
  };
  try {
    return { ...compareSides({ usage, costs, lines }, inputs, { policy, say }, stores), close };
  } catch (error) {
    close();
    throw error;
  } finally {
    usage.close();
    costs?.close();
  }
}

type SidesRead = {
  readonly usage: Side;
  readonly costs: Side | undefined;
  readonly lines: InvoiceSide | undefined;
};

function compareSides(
  { usage, costs, lines }: SidesRead,
  { cycle }: Pick<Inputs, 'cycle'>,
  told: Told,
  stores: ResultStore[],
): Omit<Reconciliation, 'close'> {
  const isRefused = [usage, costs, lines].some((side) => side?.isRefused === true);
  const invoice = sideTotals(isRefused ? noTotals : usage.totals);
  const month = cycle ?? invoice.mainMonth;
  const newStore = (): ResultStore => {
    const store = new ResultStore();
    stores.push(store);
    return store;
  };
  const comparisons: Comparison[] = [];
  const refused = [usage, costs, lines].flatMap((side) => side?.refused ?? []);
  if (costs !== undefined) {
    const sides = { usage, costs, invoice, isRefused, isMonthGiven: cycle !== undefined, month };
    comparisons.push(compareCosts(sides, told, newStore()));
  }
  if (lines === undefined) return { comparisons, refused };
  comparisons.push(compareLines({ usage, lines, isRefused, cycle: month ?? '' }, told, newStore()));
  return { comparisons, refused, arithmetic: verifyInvoiceLines(isRefused ? [] : lines.lines).totals };
}

/** Whether all that was compared agrees, is close enough or is set aside by a rule. */
export function isAllMatched({ comparisons }: Reconciliation): boolean {
  return comparisons.every(({ summary }) => isMatched(summary));
}

type CostSides = {
  readonly usage: Side;
  readonly costs: Side;
  readonly invoice: SideTotals;
  readonly isRefused: boolean;
  readonly isMonthGiven: boolean;
  readonly month: string | undefined;
};

function compareCosts(
  { usage, costs, invoice, isRefused, isMonthGiven, month }: CostSides,
  told: Told,
  store: ResultStore,
): Comparison {
  const invoiceIds = usage.invoiceIds.size > 0 ? usage.invoiceIds : costs.invoiceIds;
  const other = sideTotals(isRefused ? noTotals : ofInvoices(costs.totals, [...invoiceIds]));
  const leftOut = isRefused ? 0 : sumFiles(costs) - costs.refusedRows - other.rows;
  if (leftOut > 0) told.say(`${leftOut} rows of the cost export are of other invoices, and are left out`);
  const cycle = month ?? other.mainMonth ?? '';
  const gate = gateOfTotals(invoice, other, { cycle, isMonthGiven });
  const how = { comparedWith: 'costexport', policy: told.policy, cycle, ...closedBy(gate) } as const;
  const nameOf = (id: string) => usage.names.get(id) || costs.names.get(id) || '';
  const readRows = (look: SecondLook) =>
    look.read({ invoice: usage, other: costs }, (id) => id === undefined || invoiceIds.has(id));
  const summary = compareSubscriptions({ invoice, other, how, nameOf, store }, readRows);
  const refusedRows = isRefused ? sumFiles(usage) + sumFiles(costs) : usage.refusedRows + costs.refusedRows;
  return {
    ...identityOfRun('costexport', [usage.files, costs.files], { ...told, cycle }),
    files: { invoice: usage.files, other: costs.files },
    summary,
    rows: { invoice: sumFiles(usage), other: isRefused ? sumFiles(costs) : other.rows + costs.refusedRows },
    refusedRows,
    gate,
    isRefused,
    subscriptions: () => resultsOf(store),
  };
}

function ofInvoices(totals: TotalsBySubscription, invoiceIds: readonly string[]): TotalsBySubscription {
  return new Map([...totals].map(([id, totalsOf]) => [id, () => totalsForInvoices(totalsOf(), invoiceIds)]));
}

type LineSides = {
  readonly usage: Side;
  readonly lines: InvoiceSide;
  readonly isRefused: boolean;
  readonly cycle: string;
};

function compareLines({ usage, lines, isRefused, cycle }: LineSides, told: Told, store: ResultStore): Comparison {
  const plans = isRefused ? [] : withUnplanned(usage);
  const invoice = sideTotals(bySubscription(totalsOfPlans(plans, cycle)));
  const other = sideTotals(bySubscription(isRefused ? [] : totalsOfLines(lines.lines, plans, cycle)));
  const how = { comparedWith: 'invoicelines', policy: told.policy, cycle } as const;
  const nameOf = (id: string) => lines.names.get(id) ?? '';
  const summary = compareSubscriptions({ invoice, other, how, nameOf, store });
  const withoutPlan = plans.find(({ planId }) => planId === '')?.rows ?? 0;
  if (withoutPlan > 0) told.say(`${withoutPlan} rows of usage name no plan, and stand against no line item`);
  return {
    ...identityOfRun('invoicelines', [usage.files, lines.files], { ...told, cycle }),
    files: { invoice: usage.files, other: lines.files },
    summary,
    rows: { invoice: sumFiles(usage), other: sumFiles(lines) },
    refusedRows: isRefused ? sumFiles(usage) + sumFiles(lines) : usage.refusedRows + lines.refusedRows,
    gate: { kind: 'open' },
    isRefused,
    subscriptions: () => resultsOf(store),
  };
}

/** The plans, and what names none: every row of usage is accounted for. */
function withUnplanned({ plans, totals }: Side): readonly PlanTotal[] {
  const own = plans();
  const all = [...totals.values()].flatMap((totalsOf) => totalsOf());
  return [...unplannedTotals(all, own), ...own];
}

function identityOfRun(
  comparedWith: Comparison['comparedWith'],
  sides: readonly (readonly FileOfSide[])[],
  { policy, cycle }: { readonly policy: TolerancePolicy; readonly cycle: string },
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
  invoice: SideTotals,
  other: SideTotals,
  { cycle, isMonthGiven }: { readonly cycle: string; readonly isMonthGiven: boolean },
): Gate {
  const sideOf = (side: SideTotals, against: SideTotals) => {
    const isEmpty = side.months.size === 0 || against.months.size === 0;
    const isOther = !isEmpty && !isMonthGiven && ![...side.months].some((month) => against.months.has(month));
    return {
      state: 'sealed',
      billingCycle: isOther ? (side.mainMonth ?? cycle) : cycle,
      currencies: [...side.currencies],
    } as const;
  };
  return gateOf({ invoice: sideOf(invoice, other), other: sideOf(other, invoice), billingCycle: cycle });
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
  readonly invoice: SideTotals;
  readonly other: SideTotals;
  readonly how: Comparing;
  readonly nameOf: (subscriptionId: string) => string;
  readonly store: ResultStore;
};

/**
 * Compares one subscription after the other into the store. Those with lines that need their rows are compared again
 * when their rows have been read, as many of them at a time as may be held.
 */
function compareSubscriptions(
  { invoice, other, how, nameOf, store }: Work,
  readRows?: (look: SecondLook) => void,
): ComparisonSummary {
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
  for (const subscriptionId of new Set([...invoice.bySubscription.keys(), ...other.bySubscription.keys()])) {
    const totalsOf = (side: SideTotals) => side.bySubscription.get(subscriptionId)?.() ?? [];
    const own = { invoice: totalsOf(invoice), other: totalsOf(other) };
    if (own.invoice.length + own.other.length === 0) continue;
    const lines = compareMeters(own.invoice, own.other, how);
    if (readRows === undefined || lines.every((line) => line.needsRows !== true)) {
      take(subscriptionId, lines);
      continue;
    }
    look.want(own, lines);
    waiting.push({ subscriptionId, own });
    if (look.rows > rowsAtOnceMax) lookAgain();
  }
  lookAgain();
  assertCovered(summary, invoice, other);
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
function assertCovered(summary: ComparisonSummary, invoice: SideTotals, other: SideTotals): void {
  const gap = coverageGap(summary, {
    invoiceRows: invoice.rows,
    otherRows: other.rows,
    invoiceMoney: invoice.money,
    otherMoney: other.money,
  });
  if (gap !== undefined) throw new Error(`The result does not account for every row: ${gap}`);
}

function sumFiles({ files }: { readonly files: readonly FileOfSide[] }): number {
  return files.reduce((sum, file) => sum + file.rows, 0);
}
