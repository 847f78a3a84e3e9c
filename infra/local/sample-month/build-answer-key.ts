import type {
  AnswerKey,
  ArithmeticKey,
  ComparedSums,
  CustomerKey,
  MeterKey,
  OnetimeKey,
  ResellerKey,
  RowCounts,
  SideKey,
  SubscriptionKey,
} from './answer-key.ts';
import { type Catalogue, namedMpn } from './catalogue.ts';
import { absolute, add, type Exact, formatExact, subtract, sum, zero } from './exact-decimal.ts';
import type { ExcludedRow } from './excluded-charges.ts';
import { regionNamed } from './meter-catalogue.ts';
import type { MeterLine, Side } from './meter-line-tally.ts';
import { type OnetimeLine, sumLines } from './onetime-line.ts';
import type { MeterStatus } from './planted-differences.ts';
import type { PlantedSeat } from './planted-seats.ts';

/** Everything counted while the files were written. */
export type Written = {
  readonly catalogue: Catalogue;
  readonly seed: number;
  readonly scale: number;
  readonly exportRunId: string;
  readonly rows: AnswerKey['rows'];
  readonly lines: readonly MeterLine[];
  readonly excluded: readonly ExcludedRow[];
  readonly onetime: readonly OnetimeLine[];
  readonly seats: readonly PlantedSeat[];
};

export function buildAnswerKey(written: Written): AnswerKey {
  const { catalogue } = written;
  const lines = [...written.lines, ...excludedLines(written.excluded)].sort(byKey);
  return {
    schemaVersion: 1,
    seed: written.seed,
    cycle: catalogue.month.cycle,
    scale: written.scale,
    tenantId: catalogue.partner.tenantId,
    invoiceId: catalogue.invoiceId,
    legacyInvoiceId: catalogue.legacyInvoiceId,
    exportRunId: written.exportRunId,
    billingCurrency: catalogue.billingCurrency,
    pricingCurrency: catalogue.pricingCurrency,
    rows: written.rows,
    totals: totalsOf(lines, catalogue.billingCurrency),
    coverage: coverageOf(lines),
    subscriptions: subscriptionsOf(lines, catalogue.billingCurrency),
    customers: catalogue.customers.map((customer) => customerOf(customer.id, customer.name, written.onetime)),
    resellers: resellersOf(catalogue, written.onetime),
    arithmetic: written.seats.map(arithmeticOf),
  };
}

function arithmeticOf({ name, verdict, reason, expected, line }: PlantedSeat): ArithmeticKey {
  return {
    name,
    subscriptionId: line.subscriptionId,
    referenceId: line.referenceId,
    verdict,
    reason,
    charged: formatExact(line.subtotal),
    expected: expected === undefined ? null : formatExact(expected),
  };
}

/** Several excluded rows of one meter make one line, apart from the usage of that meter and from other rules. */
function excludedLines(rows: readonly ExcludedRow[]): readonly MeterLine[] {
  const lines = new Map<string, MeterLine>();
  for (const row of rows) {
    const meterId = row.meterId.toLowerCase();
    const region = regionNamed(row.region);
    const key = [row.subscriptionId, meterId, region, row.unit, row.excludedBy].join('|');
    const before = lines.get(key)?.other ?? { quantity: zero, cost: zero, rows: 0 };
    lines.set(key, {
      subscriptionId: row.subscriptionId,
      customerId: row.customerId,
      meterId,
      region,
      unit: row.unit,
      status: 'excluded',
      excludedBy: row.excludedBy,
      sweep: undefined,
      invoice: undefined,
      other: {
        quantity: add(before.quantity, row.quantity),
        cost: add(before.cost, row.cost),
        rows: before.rows + 1,
      },
      causes: [],
    });
  }
  return [...lines.values()];
}

function byKey(left: MeterLine, right: MeterLine): number {
  const leftKey = [left.subscriptionId, left.meterId, left.region, left.unit, left.excludedBy ?? ''];
  const rightKey = [right.subscriptionId, right.meterId, right.region, right.unit, right.excludedBy ?? ''];
  for (const [index, text] of leftKey.entries()) {
    const against = rightKey[index] ?? '';
    if (text !== against) {
      return text < against ? -1 : 1;
    }
  }
  return 0;
}

function totalsOf(lines: readonly MeterLine[], currency: string): AnswerKey['totals'] {
  const comparable = lines.filter((line) => line.status !== 'excluded');
  const excluded = lines.filter((line) => line.status === 'excluded');
  const matched = comparable.filter((line) => line.status === 'matched' || line.status === 'withinTolerance');
  const amount = (of: readonly MeterLine[]) =>
    formatExact(sum(of.map((line) => absolute((line.invoice ?? line.other)?.cost ?? zero))));
  return {
    currency,
    ...comparedSums(comparable),
    matchRateByCount: { matched: matched.length, comparable: comparable.length },
    matchRateByAmount: { matched: amount(matched), comparable: amount(comparable) },
    excluded: { invoice: formatExact(costOf(excluded, 'invoice')), other: formatExact(costOf(excluded, 'other')) },
  };
}

function comparedSums(lines: readonly MeterLine[]): ComparedSums {
  const invoice = costOf(lines, 'invoice');
  const other = costOf(lines, 'other');
  return {
    invoice: formatExact(invoice),
    other: formatExact(other),
    variance: formatExact(subtract(invoice, other)),
  };
}

function costOf(lines: readonly MeterLine[], side: 'invoice' | 'other'): Exact {
  return sum(lines.map((line) => line[side]?.cost ?? zero));
}

function coverageOf(lines: readonly MeterLine[]): AnswerKey['coverage'] {
  const counts = (status?: MeterStatus): RowCounts => {
    const counted = lines.filter((line) => status === undefined || line.status === status);
    return {
      invoice: counted.reduce((rows, line) => rows + (line.invoice?.rows ?? 0), 0),
      other: counted.reduce((rows, line) => rows + (line.other?.rows ?? 0), 0),
    };
  };
  const all = counts();
  return {
    invoiceRows: all.invoice,
    otherRows: all.other,
    matched: counts('matched'),
    withinTolerance: counts('withinTolerance'),
    mismatched: counts('mismatched'),
    invoiceOnly: counts('invoiceOnly'),
    otherOnly: counts('otherOnly'),
    excluded: counts('excluded'),
  };
}

function subscriptionsOf(lines: readonly MeterLine[], currency: string): readonly SubscriptionKey[] {
  const subscriptionIds = [...new Set(lines.map((line) => line.subscriptionId))];
  return subscriptionIds.map((subscriptionId) => {
    const own = lines.filter((line) => line.subscriptionId === subscriptionId);
    return {
      subscriptionId,
      customerId: own[0]?.customerId ?? '',
      currency,
      ...comparedSums(own.filter((line) => line.status !== 'excluded')),
      meters: own.map((line) => meterOf(line, currency)),
    };
  });
}

function meterOf(line: MeterLine, currency: string): MeterKey {
  const invoice = line.invoice ?? { quantity: zero, cost: zero, rows: 0 };
  const other = line.other ?? { quantity: zero, cost: zero, rows: 0 };
  return {
    meterId: line.meterId,
    region: line.region,
    unit: line.unit,
    currency,
    status: line.status,
    ...(line.excludedBy === undefined ? {} : { excludedBy: line.excludedBy }),
    sweep: line.sweep ?? null,
    invoice: sideOf(line.invoice),
    other: sideOf(line.other),
    variance: {
      quantity: formatExact(subtract(invoice.quantity, other.quantity)),
      cost: formatExact(subtract(invoice.cost, other.cost)),
    },
    causes: line.causes.map(({ cause, amount }) => ({ cause, amount: formatExact(amount) })),
  };
}

function sideOf(side: Side | undefined): SideKey | null {
  return side === undefined
    ? null
    : { quantity: formatExact(side.quantity), cost: formatExact(side.cost), rows: side.rows };
}

function customerOf(customerId: string, name: string, onetime: readonly OnetimeLine[]): CustomerKey {
  const lines = onetime.filter((line) => line.customer.id === customerId);
  const mpnIds = [...new Set(lines.map((line) => namedMpn(line.mpnId)))].sort();
  const subtotals = mpnIds.map((mpnId) => [mpnId, onetimeOf(linesOfMpn(lines, mpnId)).subtotal] as const);
  return {
    customerId,
    name,
    resellerMpnIds: mpnIds,
    onetime: { ...onetimeOf(lines), subtotalByMpn: Object.fromEntries(subtotals) },
  };
}

function resellersOf(catalogue: Catalogue, onetime: readonly OnetimeLine[]): readonly ResellerKey[] {
  const mpnIds = [...new Set(onetime.map((line) => namedMpn(line.mpnId)))].sort();
  const names = new Map(catalogue.resellers.map((reseller) => [reseller.mpnId, reseller.name]));
  return mpnIds.map((mpnId) => {
    const lines = linesOfMpn(onetime, mpnId);
    return {
      mpnId,
      name: names.get(mpnId) ?? '',
      customerIds: [...new Set(lines.map((line) => line.customer.id))].sort(),
      onetime: onetimeOf(lines),
    };
  });
}

function linesOfMpn(lines: readonly OnetimeLine[], mpnId: string): readonly OnetimeLine[] {
  return lines.filter((line) => namedMpn(line.mpnId) === mpnId);
}

function onetimeOf(lines: readonly OnetimeLine[]): OnetimeKey {
  const { rows, subtotal, tax, total } = sumLines(lines);
  return { rows, subtotal: formatExact(subtotal), tax: formatExact(tax), total: formatExact(total) };
}
