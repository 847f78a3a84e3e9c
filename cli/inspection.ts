import { add, type Decimal, decimal, toText, zero } from '../shared/domain/decimal.ts';
import type { MeterTotal } from '../shared/domain/meter-totals.ts';
import type { Problem } from '../shared/domain/problem.ts';
import type { MeterCharge } from '../shared/domain/usage.ts';
import type { Detection } from '../shared/formats/detect.ts';
import type { DomainRow } from '../shared/formats/domain-rows.ts';
import type { ChargeOwner, HeldCosts } from '../shared/formats/read-charges.ts';

/** The sums of one file in one currency, exact. `cost` is before tax; line items have tax and total too. */
export type FileTotals = {
  readonly currency: string;
  readonly cost: string;
  readonly tax?: string;
  readonly total?: string;
};

/** What one file is and holds. A file that is refused has no more than its name and problems. */
export type InspectedFile = {
  readonly name: string;
  readonly sha256?: string;
  readonly sizeBytes?: number;
  readonly dataset?: Detection['dataset'];
  readonly schemaVersion?: string;
  readonly agreement?: Detection['agreement'];
  readonly scope?: Detection['scope'];
  /** Which costs an export holds, where its rows tell. */
  readonly costView?: HeldCosts;
  /** What to do instead, where the file cannot be compared with an invoice. */
  readonly advice?: string;
  readonly rows?: number;
  /** First and last day of use or service, both within the period. */
  readonly period?: { readonly firstDay: string; readonly lastDay: string };
  /** Empty in unbilled usage and in exports of an open month. */
  readonly invoiceIds?: readonly string[];
  readonly currencies?: readonly string[];
  readonly totals?: readonly FileTotals[];
  readonly subscriptions?: number;
  readonly unknownColumns?: readonly string[];
  readonly problemCount: number;
  /** The first problems. */
  readonly problems: readonly Problem[];
};

/** How many problems of one file are shown. */
const problemsMax = 100;

/** When a row was used or served, and where it belongs. */
type Placed = {
  readonly first: string;
  readonly last: string;
  readonly invoiceId: string;
  readonly subscriptionId: string;
};

type Sums = { cost: Decimal; tax: Decimal; total: Decimal };

/** Adds up what the rows of one file come to. Memory grows with subscriptions and invoices, not with rows. */
export class Inspection {
  #detection: Detection | undefined;
  readonly #problems: Problem[] = [];
  #problemCount = 0;
  #firstDay = '';
  #lastDay = '';
  readonly #invoiceIds = new Set<string>();
  readonly #subscriptionIds = new Set<string>();
  readonly #sums = new Map<string, Sums>();
  #hasTax = false;
  #costView: HeldCosts = 'unknown';

  detected(detection: Detection): void {
    this.#detection = detection;
  }

  refused(problem: Problem): void {
    this.#problemCount += 1;
    if (this.#problems.length < problemsMax) this.#problems.push(problem);
  }

  /** A charge of which all days and all owners are told at least once. */
  charge({ usageDate, subscriptionId }: MeterCharge, { invoiceId }: Pick<ChargeOwner, 'invoiceId'>): void {
    this.#take({ first: usageDate, last: usageDate, invoiceId, subscriptionId });
  }

  /** What all charges of the file come to. */
  charges(totals: readonly MeterTotal[], costView: HeldCosts): void {
    for (const { currency, cost } of totals) this.#add(currency, decimal(cost));
    this.#costView = costView;
  }

  /** A line item. */
  row(row: DomainRow): void {
    switch (row.kind) {
      case 'usage':
      case 'cost':
        throw new Error('Charges are added up, not told one by one');
      case 'invoiceLine':
        this.#take({ ...periodOf(row.row), invoiceId: row.invoiceId, subscriptionId: row.row.subscriptionId });
        this.#addTaxed(row.row.currency, row.row.subtotal, row.row.taxTotal, row.row.total);
        return;
      case 'license':
        this.#take({ ...periodOf(row.row), invoiceId: '', subscriptionId: row.row.partnerCenterSubscriptionId });
        this.#addTaxed(row.row.currency, row.row.subtotal, row.row.tax, row.row.totalForCustomer);
        return;
      case 'legacyUsage':
        this.#take({ ...periodOf(row.row), ...row.row });
        if (row.row.kind === 'billed') {
          this.#addTaxed(row.row.currency, row.row.pretaxCharges, row.row.taxAmount, row.row.postTaxTotal);
        }
        return;
    }
  }

  contents(name: string): InspectedFile {
    const shown = { problemCount: this.#problemCount, problems: this.#problems };
    const detection = this.#detection;
    if (detection === undefined) return { name, ...shown };
    const { dataset, schemaVersion, agreement, scope, advice, unknownColumns } = detection;
    const currencies = [...this.#sums.keys()].sort();
    return {
      name,
      dataset,
      schemaVersion,
      ...(agreement === undefined ? {} : { agreement }),
      scope,
      ...(dataset === 'costexport' ? { costView: this.#costView } : {}),
      ...(advice === undefined ? {} : { advice }),
      ...(this.#firstDay === '' ? {} : { period: { firstDay: this.#firstDay, lastDay: this.#lastDay } }),
      invoiceIds: [...this.#invoiceIds].sort(),
      currencies,
      totals: currencies.map((currency) => this.#totalsOf(currency)),
      subscriptions: this.#subscriptionIds.size,
      unknownColumns,
      ...shown,
    };
  }

  #take({ first, last, invoiceId, subscriptionId }: Placed): void {
    if (first !== '' && (this.#firstDay === '' || first < this.#firstDay)) this.#firstDay = first;
    const lastDay = last === '' ? first : last;
    if (lastDay > this.#lastDay) this.#lastDay = lastDay;
    if (invoiceId !== '') this.#invoiceIds.add(invoiceId);
    if (subscriptionId !== '') this.#subscriptionIds.add(subscriptionId);
  }

  #sumsOf(currency: string): Sums {
    const known = this.#sums.get(currency);
    if (known !== undefined) return known;
    const sums = { cost: zero, tax: zero, total: zero };
    this.#sums.set(currency, sums);
    return sums;
  }

  #add(currency: string, cost: Decimal): void {
    const sums = this.#sumsOf(currency);
    sums.cost = add(sums.cost, cost);
  }

  #addTaxed(currency: string, cost: string, tax: string, total: string): void {
    const sums = this.#sumsOf(currency);
    this.#hasTax = true;
    sums.cost = add(sums.cost, decimal(cost));
    sums.tax = add(sums.tax, decimal(tax === '' ? '0' : tax));
    sums.total = add(sums.total, decimal(total === '' ? '0' : total));
  }

  #totalsOf(currency: string): FileTotals {
    const { cost, tax, total } = this.#sumsOf(currency);
    const taxed = this.#hasTax ? { tax: toText(tax), total: toText(total) } : {};
    return { currency, cost: toText(cost), ...taxed };
  }
}

function periodOf(line: { readonly chargeStartDate: string; readonly chargeEndDate: string }) {
  return { first: line.chargeStartDate, last: line.chargeEndDate };
}
