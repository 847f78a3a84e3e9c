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

/** Makes lines into rows of one file: priced, with the records that they belong to, in the columns of its audience. */
export class FileRowMaker {
  readonly columns: AudienceTable;
  readonly #making: FileMaking;
  readonly #pricing: Pricing;
  readonly #directory: CatalogueDirectory;

  constructor(making: FileMaking) {
    this.#making = making;
    this.columns = columnsFor(making.kind, making.scope.audience);
    this.#pricing = pricingBy(making.catalogue, making.undatedDay);
    this.#directory = directoryOf(making.catalogue);
  }

  /**
   * The cells of a line in the order of `columns`; undefined where the line is another's.
   * @throws UnpricedLineError when the catalogue has no price for it
   */
  cellsOf(of: FileLine): readonly string[] | undefined {
    const owned = ownedLine(of);
    if (!isLineOf(this.#making.scope, owned)) return undefined;
    const records = this.#directory(owned);
    const { invoiceId } = this.#making;
    switch (of.kind) {
      case 'onetime': {
        const prices = pricesOf(of.place, priceInvoiceLine(this.#pricing, of.line));
        return cellsOf(this.columns, onetimeRow(of.line, { invoiceId, prices, records }));
      }
      case 'license': {
        const prices = pricesOf(of.place, priceLicenseLine(this.#pricing, of.line));
        return cellsOf(this.columns, licenseRow(of.line, { invoiceId, prices, records }));
      }
      case 'usage': {
        const prices = pricesOf(of.place, priceLegacyUsage(this.#pricing, of.line));
        return cellsOf(this.columns, legacyUsageRow(of.line, { invoiceId, prices, records }));
      }
      case 'dailyratedusage': {
        const prices = pricesOf(of.place, priceRatedUsage(this.#pricing, of.line));
        return cellsOf(this.columns, ratedUsageRow(of.line, { prices, records }));
      }
    }
  }
}

function ownedLine({ line }: FileLine): OwnedLine {
  const { resellerMpnId, customerId } = line;
  return { resellerMpnId, customerId, subscriptionIds: subscriptionIdsOf(line) };
}

/** The Azure subscription where a line names one, then the plan. */
function subscriptionIdsOf(line: FileLine['line']): readonly string[] {
  if ('planId' in line) return [line.subscriptionId, line.planId];
  if ('partnerCenterSubscriptionId' in line) return [line.partnerCenterSubscriptionId];
  return [line.subscriptionId];
}

function pricesOf<Prices extends BuyerPrices>(
  place: string,
  outcome: LineOutcome<Prices>,
): PricedLine<Prices> | undefined {
  if (outcome.kind === 'refused') throw new UnpricedLineError(place, outcome);
  return outcome.kind === 'priced' ? outcome : undefined;
}
