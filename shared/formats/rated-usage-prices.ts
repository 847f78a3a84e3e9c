import { type CatalogueDirectory, directoryOf, isLineOf } from '../domain/catalogue-directory.ts';
import { cellOf, type LineRecords } from '../domain/file-columns.ts';
import { ratedUsageMade } from '../domain/file-columns-rated-usage.ts';
import type { FileMaking } from '../domain/file-lines.ts';
import { type PricedLine, type Pricing, priceRatedUsage, pricingBy, ratedUsageSale } from '../domain/line-prices.ts';
import { effectiveRules } from '../domain/margin-rules.ts';
import type { RuledSale, UnitPrice } from '../domain/unit-prices.ts';
import type { CsvWriter } from './csv-writer.ts';
import type { OwnCell, OwnSegment } from './rated-usage-layout.ts';
import { type SoldRatio, soldRatio } from './sold-amounts.ts';

/** Whose a row is, as its line says it. */
export type UsageOwner = {
  readonly subscriptionId: string;
  readonly planId: string;
  readonly customerId: string;
  readonly resellerMpnId: string;
};

/** What all rows of one owner have in common. */
export type KnownOwner = UsageOwner & {
  /** Whether its rows belong into the file. */
  readonly isOwn: boolean;
  /** The bytes of its own cells, segment by segment. */
  readonly written: readonly DataView[];
  /** By which rules it is priced, for each period between two days on which rules change. */
  readonly sales: (RuledSale | undefined)[];
};

/** What a buyer pays: the unit price, and what it is of the cost; `ratio` is undefined where only a row that costs nothing is sold. */
export type KnownSale = { readonly unitPrice: string; readonly ratio: SoldRatio | undefined };

/** What all rows of one unit price under the same rules have in common. */
export type KnownPrice = {
  /** The bytes of the cells that come from rules, segment by segment. */
  readonly written: readonly DataView[];
  readonly reseller: KnownSale | undefined;
  readonly customer: KnownSale;
};

const madeMax = 10_000;

/** Works out, once each, what rows have in common: their records, rules and unit prices, as the bytes of their cells. */
export class UsagePricing {
  readonly #making: FileMaking;
  readonly #directory: CatalogueDirectory;
  readonly #pricing: Pricing;
  readonly #writer: CsvWriter;
  /** Bytes and ratios that were made, by what they are: most are the same for many prices, and then one object. */
  #made = new Map<string, DataView | SoldRatio>();
  /** Days on which a rule begins or ends, in order. */
  readonly #changeDays: readonly string[];

  constructor(making: FileMaking, writer: CsvWriter) {
    this.#making = making;
    this.#writer = writer;
    this.#directory = directoryOf(making.catalogue);
    this.#pricing = pricingBy(making.catalogue, making.undatedDay);
    const days = effectiveRules(making.catalogue).flatMap(({ from, to }) => (to === undefined ? [from] : [from, to]));
    this.#changeDays = [...new Set(days)].toSorted();
  }

  /** On all days of a period, counted from 0, the same rules hold. */
  periodOf(day: string): number {
    const after = this.#changeDays.findIndex((changeDay) => changeDay > day);
    return after === -1 ? this.#changeDays.length : after;
  }

  owner(owner: UsageOwner, segments: readonly OwnSegment[]): KnownOwner {
    const { subscriptionId, planId } = owner;
    const records = this.#directory({ ...owner, subscriptionIds: [subscriptionId, planId] });
    const isOwn = isLineOf(this.#making.scope, owner);
    return { ...owner, isOwn, sales: [], written: this.#writtenCells(segments, records, undefined) };
  }

  /** @returns undefined where there are no rules for it: whoever prices the row says why */
  sale(owner: KnownOwner, usageDate: string): RuledSale | undefined {
    const sale = ratedUsageSale(this.#pricing, { ...owner, usageDate });
    return sale.kind === 'refused' ? undefined : sale;
  }

  /** @returns undefined where the unit has no price: whoever prices the row says why */
  price(
    of: { readonly owner: KnownOwner; readonly sale: RuledSale; readonly usageDate: string },
    { unitPrice, listPrice }: { readonly unitPrice: string; readonly listPrice: string },
    segments: readonly OwnSegment[],
  ): KnownPrice | undefined {
    const list = listPrice === '' ? undefined : listPrice;
    const unit = this.#pricing.units.price(of.sale, { cost: unitPrice, list });
    const line = { ...of.owner, usageDate: of.usageDate, unitPrice, listPrice, cost: '0' };
    const prices = priceRatedUsage(this.#pricing, line);
    if (unit.kind === 'refused' || prices.kind !== 'priced') return undefined;
    return {
      written: this.#writtenCells(segments, {}, prices),
      reseller: unit.reseller === undefined ? undefined : this.#knownSale(unit.reseller),
      customer: this.#knownSale(unit.customer),
    };
  }

  /** The bytes of cells, where they come to stand in a row, separators included. */
  #writtenCells(segments: readonly OwnSegment[], records: LineRecords, prices: PricedLine | undefined): DataView[] {
    return segments.map(({ cells, column }) => {
      const writer = this.#writer;
      const { sizeBytes, cells: cellsBefore } = writer;
      writer.goBack(sizeBytes, column);
      for (const { from, type } of cells) writer.addCell(type, ownCell({ from, records, prices }));
      const bytes = writer.writtenFrom(sizeBytes);
      const key = `bytes ${Buffer.from(bytes).toString('latin1')}`;
      const written = this.#once(key, () => new DataView(Uint8Array.from(bytes).buffer));
      writer.goBack(sizeBytes, cellsBefore);
      return written;
    });
  }

  #knownSale({ unitPrice, ratio }: UnitPrice): KnownSale {
    if (ratio === undefined) return { unitPrice, ratio };
    const reduced = soldRatio(ratio);
    return { unitPrice, ratio: this.#once(`ratio ${reduced.twice}/${reduced.below}`, () => reduced) };
  }

  #once<Made extends DataView | SoldRatio>(key: string, make: () => Made): Made {
    const known = this.#made.get(key) as Made | undefined;
    if (known !== undefined) return known;
    if (this.#made.size >= madeMax) this.#made = new Map();
    const made = make();
    this.#made.set(key, made);
    return made;
  }
}

function ownCell(
  of: Pick<OwnCell, 'from'> & { readonly records: LineRecords; readonly prices: PricedLine | undefined },
) {
  return cellOf(of.from, { line: {}, records: of.records, prices: of.prices, made: ratedUsageMade });
}
