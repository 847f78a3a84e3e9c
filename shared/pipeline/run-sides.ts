import type { DatasetSeal, SubscriptionName } from '../contracts/datasets.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { assertNever } from '../domain/assert-never.ts';
import { type Gate, gateOf } from '../domain/gates.ts';
import { type InvoiceHeader, isVoided } from '../domain/invoice-documents.ts';
import { type LineSums, LineTally } from '../domain/line-sums.ts';
import { type Money, moneyOf } from '../domain/meter-totals.ts';
import type { ComparedWith } from '../domain/tolerance.ts';

/** The two sides of a run as their seals tell them. */
export type SealedSides = {
  readonly comparedWith: ComparedWith;
  readonly invoiceId: string;
  readonly billingCycle: string;
  readonly invoice: readonly DatasetSeal[];
  readonly others: readonly DatasetSeal[];
  readonly documents: readonly InvoiceHeader[];
};

/** What a run will compare, what was read for it, and whether a gate is closed. */
export type RunSides = Pick<RunRecord, 'invoiceRows' | 'otherRows' | 'invoiceMoney' | 'otherMoney' | 'gate'> & {
  /** The units that are compared one by one: subscriptions, plans, or the whole invoice. */
  readonly units: readonly SubscriptionName[];
};

export function runSidesOf(sides: SealedSides): RunSides {
  switch (sides.comparedWith) {
    case 'costexport':
      return withGate(sides, costExportSides(sides));
    case 'invoicelines':
      return withGate(sides, invoiceLineSides(sides));
    case 'invoicetotal':
      return invoiceTotalSides(sides);
    default:
      return assertNever(sides.comparedWith);
  }
}

function costExportSides({ invoiceId, invoice, others }: SealedSides): RunSides {
  const ids = ['', invoiceId];
  const all = [...invoice, ...others];
  return {
    units: mergeNames(all.flatMap((seal) => seal.subscriptions)),
    invoiceRows: invoice.reduce((sum, seal) => sum + seal.rows, 0),
    otherRows: others.reduce((sum, { rowsByInvoice }) => sum + rowsOf(rowsByInvoice, ids), 0),
    invoiceMoney: addMoney(invoice.flatMap((seal) => Object.values(seal.moneyByInvoice).flat())),
    otherMoney: addMoney(others.flatMap((seal) => ids.flatMap((id) => seal.moneyByInvoice[id] ?? []))),
  };
}

/** The rows of a cost export that stand against an invoice: those that name it, and those that name none. */
function rowsOf(rowsByInvoice: DatasetSeal['rowsByInvoice'], ids: readonly string[]): number {
  return ids.reduce((sum, id) => sum + (rowsByInvoice[id] ?? 0), 0);
}

function invoiceLineSides({ invoice, others }: SealedSides): RunSides {
  const lines = addSums(others);
  return {
    units: mergeNames([...others, ...invoice].flatMap((seal) => seal.plans)),
    invoiceRows: invoice.reduce((sum, seal) => sum + seal.rows, 0),
    otherRows: lines.reduce((sum, { rows }) => sum + rows, 0),
    invoiceMoney: addMoney(invoice.flatMap((seal) => Object.values(seal.moneyByInvoice).flat())),
    otherMoney: lines.map(({ currency, preTax }) => ({ currency, amount: preTax })),
  };
}

/** The header is one row, unless it stands for nothing: a voided document, or one of an unknown kind. */
function invoiceTotalSides({ invoiceId, invoice, documents }: SealedSides): RunSides {
  const lines = addSums(invoice);
  const header = documents.find((document) => document.invoiceId === invoiceId);
  const counts = header !== undefined && header.documentType !== 'other' && !isVoided(header, documents);
  return {
    units: [{ subscriptionId: '', name: invoiceId, customerId: '' }],
    invoiceRows: lines.reduce((sum, { rows }) => sum + rows, 0),
    otherRows: counts ? 1 : 0,
    invoiceMoney: lines.map(({ currency, total }) => ({ currency, amount: total })),
  };
}

function withGate(sides: SealedSides, run: RunSides): RunSides {
  const gate = gateOfSides(sides, run);
  return gate.kind === 'open' ? run : { ...run, gate };
}

function gateOfSides({ comparedWith, billingCycle, invoice, others }: SealedSides, run: RunSides): Gate {
  const currencies = (money: readonly Money[] | undefined) => (money ?? []).map(({ currency }) => currency);
  const plans = invoice.flatMap((seal) => seal.plans).filter(({ subscriptionId }) => subscriptionId !== '');
  const namesPlans = plans.length > 0 || run.invoiceRows === 0;
  return gateOf({
    billingCycle,
    invoice: {
      state: 'sealed',
      billingCycle: cycleOf(invoice, billingCycle),
      currencies: currencies(run.invoiceMoney),
      ...(comparedWith === 'invoicelines' ? { namesPlans } : {}),
    },
    other: { state: 'sealed', billingCycle: cycleOf(others, billingCycle), currencies: currencies(run.otherMoney) },
  });
}

/** The month of a side; one that is not the run's, where any of its datasets is of another. */
function cycleOf(seals: readonly DatasetSeal[], billingCycle: string): string {
  return seals.find((seal) => seal.billingCycle !== billingCycle)?.billingCycle ?? billingCycle;
}

/** What the line items of several datasets come to. */
export function addSums(seals: readonly Pick<DatasetSeal, 'amounts'>[]): readonly LineSums[] {
  const tally = new LineTally();
  for (const { amounts } of seals) for (const sums of amounts) tally.addSums(sums);
  return tally.sorted();
}

function addMoney(money: readonly Money[]): readonly Money[] {
  return moneyOf(money.map(({ currency, amount }) => ({ currency, cost: amount })));
}

/** One entry per subscription, ordered by id; of several names the first in the alphabet that is one. */
export function mergeNames(names: readonly SubscriptionName[]): SubscriptionName[] {
  const byId = new Map<string, SubscriptionName>();
  for (const name of names) {
    const known = byId.get(name.subscriptionId);
    const isFirst = known === undefined || (name.name !== '' && (known.name === '' || name.name < known.name));
    if (isFirst) byId.set(name.subscriptionId, name);
  }
  return [...byId.values()].sort((left, right) => (left.subscriptionId < right.subscriptionId ? -1 : 1));
}
