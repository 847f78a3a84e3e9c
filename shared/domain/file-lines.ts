import type { Catalogue } from './catalogue.ts';
import {
  type CatalogueDirectory,
  directoryOf,
  type FileScope,
  isLineOf,
  type OwnedLine,
} from './catalogue-directory.ts';
import { type AudienceTable, cellsOf, resellerColumns } from './file-columns.ts';
import { customerLicenseColumns, licenseColumns, licenseRow } from './file-columns-license.ts';
import { customerOnetimeColumns, onetimeColumns, onetimeRow } from './file-columns-onetime.ts';
import { type RatedUsageLine, ratedUsageColumns, ratedUsageRow } from './file-columns-rated-usage.ts';
import { legacyUsageColumns, legacyUsageRow } from './file-columns-usage.ts';
import { type FileKind, isCustomerFileKind } from './file-kinds.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { LegacyUsageItem, LicenseItem, LineItem } from './line-item.ts';
import {
  type BuyerPrices,
  type LineOutcome,
  type PricedLine,
  type Pricing,
  priceInvoiceLine,
  priceLegacyUsage,
  priceLicenseLine,
  priceRatedUsage,
  pricingBy,
} from './line-prices.ts';
import type { PriceRefusal } from './unit-prices.ts';
import { UnpricedLineError } from './unpriced-line-error.ts';

/** A line of any kind of file, with where it stands, for messages. */
export type FileLine = { readonly place: string } & (
  | { readonly kind: 'onetime'; readonly line: InvoiceLine }
  | { readonly kind: 'license'; readonly line: LicenseItem }
  | { readonly kind: 'usage'; readonly line: LegacyUsageItem }
  | { readonly kind: 'dailyratedusage'; readonly line: RatedUsageLine }
);

/** A line item as a dataset keeps it, as a line of a file. */
export function fileLineOf(item: LineItem): FileLine {
  const place = `Part ${item.part}, line ${item.line}`;
  if ('partnerCenterSubscriptionId' in item) return { place, kind: 'license', line: item };
  if ('detailLineItemId' in item) return { place, kind: 'usage', line: item };
  return { place, kind: 'onetime', line: item };
}

/** What a file is made by. `undatedDay` is the day of lines that have none. */
export type FileMaking = {
  readonly kind: FileKind;
  readonly scope: FileScope;
  readonly invoiceId: string;
  readonly catalogue: Catalogue;
  readonly undatedDay: string | undefined;
};

/** The columns that the audience of a file may see. @throws Error when there is no such file: see `isCustomerFileKind` */
export function columnsFor(kind: FileKind, audience: FileScope['audience']): AudienceTable {
  if (audience === 'customer') {
    if (!isCustomerFileKind(kind)) throw new Error(`There is no ${kind} file for customers`);
    return kind === 'onetime' ? customerOnetimeColumns : customerLicenseColumns;
  }
  return audience === 'csp' ? partnerTables[kind] : resellerColumns(partnerTables[kind]);
}

const partnerTables = {
  onetime: onetimeColumns,
  license: licenseColumns,
  usage: legacyUsageColumns,
  dailyratedusage: ratedUsageColumns,
} as const satisfies Record<FileKind, AudienceTable>;

/** What rows are made by, whosever lines they are. */
export type RowMaking = Omit<FileMaking, 'scope'> & { readonly audience: FileScope['audience'] };

/** A row in the columns of an audience. `refusal`: why it has no prices; its other cells are there. */
export type MadeRow = { readonly cells: readonly string[]; readonly refusal?: PriceRefusal };

/** Makes lines into rows: priced, with the records that they belong to, in the columns of an audience. */
export class LineRowMaker {
  readonly columns: AudienceTable;
  readonly #invoiceId: string;
  readonly #pricing: Pricing;
  readonly #directory: CatalogueDirectory;

  constructor({ kind, audience, invoiceId, catalogue, undatedDay }: RowMaking) {
    this.#invoiceId = invoiceId;
    this.columns = columnsFor(kind, audience);
    this.#pricing = pricingBy(catalogue, undatedDay);
    this.#directory = directoryOf(catalogue);
  }

  /** The cells of a line in the order of `columns`. */
  rowOf(of: FileLine): MadeRow {
    const records = this.#directory(ownedLine(of));
    const invoiceId = this.#invoiceId;
    switch (of.kind) {
      case 'onetime':
        return this.#made(priceInvoiceLine(this.#pricing, of.line), (prices) =>
          cellsOf(this.columns, onetimeRow(of.line, { invoiceId, prices, records })),
        );
      case 'license':
        return this.#made(priceLicenseLine(this.#pricing, of.line), (prices) =>
          cellsOf(this.columns, licenseRow(of.line, { invoiceId, prices, records })),
        );
      case 'usage':
        return this.#made(priceLegacyUsage(this.#pricing, of.line), (prices) =>
          cellsOf(this.columns, legacyUsageRow(of.line, { invoiceId, prices, records })),
        );
      case 'dailyratedusage':
        return this.#made(priceRatedUsage(this.#pricing, of.line), (prices) =>
          cellsOf(this.columns, ratedUsageRow(of.line, { prices, records })),
        );
    }
  }

  #made<Prices extends BuyerPrices>(
    outcome: LineOutcome<Prices>,
    cells: (prices: PricedLine<Prices> | undefined) => readonly string[],
  ): MadeRow {
    if (outcome.kind === 'refused') return { cells: cells(undefined), refusal: outcome };
    return { cells: cells(outcome.kind === 'priced' ? outcome : undefined) };
  }
}

/** Makes lines into rows of one file: those of its scope, and each with its prices. */
export class FileRowMaker {
  readonly columns: AudienceTable;
  readonly #scope: FileScope;
  readonly #rows: LineRowMaker;

  constructor({ scope, ...making }: FileMaking) {
    this.#scope = scope;
    this.#rows = new LineRowMaker({ ...making, audience: scope.audience });
    this.columns = this.#rows.columns;
  }

  /**
   * The cells of a line in the order of `columns`; undefined where the line is another's.
   * @throws UnpricedLineError when the catalogue has no price for it
   */
  cellsOf(of: FileLine): readonly string[] | undefined {
    if (!isLineOf(this.#scope, of.line)) return undefined;
    const { cells, refusal } = this.#rows.rowOf(of);
    if (refusal !== undefined) throw new UnpricedLineError(of.place, refusal);
    return cells;
  }
}

function ownedLine({ line }: FileLine): OwnedLine {
  const { resellerMpnId, customerId } = line;
  return { resellerMpnId, customerId, subscriptionIds: subscriptionIdsOf(line) };
}

/** The Azure subscription where a line names one, then the plan. */
export function subscriptionIdsOf(line: FileLine['line']): readonly string[] {
  if ('planId' in line) return [line.subscriptionId, line.planId];
  if ('partnerCenterSubscriptionId' in line) return [line.partnerCenterSubscriptionId];
  return [line.subscriptionId];
}
