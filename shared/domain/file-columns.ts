import type { Buyer, Customer, Reseller, Subscription } from './catalogue.ts';
import type { BuyerPrices, PricedLine } from './line-prices.ts';

/*
 * The columns of the reconciliation files as data: what each is made from, of what type it is, and who may see it. One
 * table per kind serves CSP and reseller, one the customer. A table is an allow-list: a column that does not say that a
 * reseller may see it is the CSP's alone, and the types below let no column say so that is made from the CSP's costs or
 * from its margin on the reseller. List prices count as costs: on unprorated seats Microsoft's `UnitPrice` is what the
 * CSP pays, and no file that the product describes for a lower audience has one.
 */

export type Audience = 'csp' | 'reseller' | 'customer';

/**
 * `id`: digits or letters never to be taken for a number. `money`: an amount that we have rounded to two places; Microsoft's own
 * may have more and are `decimal`. `rate`: a fraction of one.
 */
export type AudienceColumnType = 'text' | 'id' | 'decimal' | 'money' | 'day' | 'rate';

/** What a cell is made from. `line`: one of Microsoft's columns; a row that is copied byte by byte finds it by its header. */
type FromLine<Field> = { readonly line: Field };
type FromPrice<To, Value> = { readonly price: To; readonly value: Value };
type FromMargin<To> = { readonly margin: To; readonly value: 'ruleId' | 'kind' | 'value' | 'guards' };
type FromRecord =
  | { readonly record: 'reseller'; readonly value: 'name' | 'internalId' }
  | { readonly record: 'customer'; readonly value: 'internalId' }
  | { readonly record: 'subscription'; readonly value: 'internalId' | 'purchaseOrderNumber' };
type FromCustomerRecord = {
  readonly record: 'subscription';
  readonly value: 'id' | 'name' | 'purchaseOrderNumber';
  /** What stands there where the catalogue has nothing. */
  readonly otherwise?: string;
};
/** Made for the row by its kind: see `MadeCells`. */
type FromMade = { readonly made: keyof MadeCells };

export type MadeCells = {
  /** Identifies the line among all lines of all files. */
  readonly id: string;
  readonly productType: string;
  /** The offer as the provider names it. */
  readonly offerProviderId: string;
};

/** A column of the file for CSP and reseller. `Cost` are the fields of a line that are the CSP's own. */
export type PartnerColumn<Line, Cost extends keyof Line> =
  | {
      readonly audience: 'csp';
      readonly type: AudienceColumnType;
      readonly from:
        | FromLine<keyof Line>
        | FromPrice<Buyer, keyof BuyerPrices>
        | FromMargin<Buyer>
        | FromRecord
        | FromMade;
    }
  | {
      readonly audience: 'reseller';
      readonly type: AudienceColumnType;
      readonly from:
        | FromLine<Exclude<keyof Line, Cost>>
        | FromPrice<Buyer, keyof BuyerPrices>
        | FromMargin<'customer'>
        | FromRecord
        | FromMade;
    };

/** A column of the customer's file. `Hidden` are the fields of a line that are the CSP's or the reseller's own. */
export type CustomerColumn<Line, Hidden extends keyof Line, Prices extends BuyerPrices = BuyerPrices> = {
  readonly audience: 'customer';
  readonly type: AudienceColumnType;
  readonly from:
    | FromLine<Exclude<keyof Line, Hidden>>
    | FromPrice<'customer', keyof Prices>
    | FromCustomerRecord
    | FromMade;
};

/** Any column of any table, as it is read. */
export type AudienceColumn = {
  readonly audience: Audience;
  readonly type: AudienceColumnType;
  readonly from:
    | FromLine<string>
    | FromPrice<Buyer, string>
    | FromMargin<Buyer>
    | { readonly record: 'reseller' | 'customer' | 'subscription'; readonly value: string; readonly otherwise?: string }
    | FromMade;
};

export type AudienceTable = { readonly [header: string]: AudienceColumn };

/** The records of the catalogue that a line belongs to, where there are any. */
export type LineRecords = {
  readonly reseller?: Reseller | undefined;
  readonly customer?: Customer | undefined;
  readonly subscription?: Subscription | undefined;
};

/** One row of a file, before it is written. `prices` is undefined where the line counts without costing anything. */
export type SoldRow<Line, Prices extends BuyerPrices = BuyerPrices> = {
  readonly line: Line;
  readonly prices: PricedLine<Prices> | undefined;
  readonly records: LineRecords;
  readonly made: MadeCells;
};

/** The columns of `table` that a reseller may see, in their order. */
export function resellerColumns<Table extends AudienceTable>(table: Table): AudienceTable {
  return Object.fromEntries(Object.entries(table).filter(([, { audience }]) => audience === 'reseller'));
}

/** A column as writers of files take it: `places` where every value has been rounded to so many. */
export type WrittenColumn = {
  readonly name: string;
  readonly type: 'text' | 'id' | 'decimal' | 'day';
  readonly places?: number;
};

/** The columns of `table` for a writer of files, in their order: amounts of money are decimals of two places. */
export function writtenColumns(table: AudienceTable): readonly WrittenColumn[] {
  return Object.entries(table).map(([name, { type }]) => {
    if (type === 'money') return { name, type: 'decimal', places: 2 };
    return { name, type: type === 'rate' ? 'decimal' : type };
  });
}

/** The cells of a row as exact text in the order of `table`: days as `YYYY-MM-DD`, nothing where there is nothing. */
export function cellsOf<Line, Prices extends BuyerPrices>(table: AudienceTable, row: SoldRow<Line, Prices>): string[] {
  return Object.values(table).map(({ from }) => cellOf(from, row));
}

/** One cell of a row, as `cellsOf` has it. */
export function cellOf<Line, Prices extends BuyerPrices>(
  from: AudienceColumn['from'],
  row: SoldRow<Line, Prices>,
): string {
  if ('line' in from) return textAt(row.line, from.line);
  if ('price' in from) return textAt(row.prices?.[from.price], from.value);
  if ('margin' in from) return marginCell(from, row.prices);
  if ('record' in from) {
    const otherwise = from.otherwise === undefined ? '' : textAt(row.line, from.otherwise);
    return textAt(row.records[from.record], from.value) || otherwise;
  }
  return row.made[from.made];
}

function marginCell({ margin, value }: FromMargin<Buyer>, prices: PricedLine | undefined): string {
  const step = prices?.explain.find(({ buyer }) => buyer === margin);
  if (step === undefined) return '';
  return value === 'guards' ? step.guards.join(' ') : value === 'ruleId' ? step.rule.id : step.rule[value];
}

function textAt(source: unknown, field: string): string {
  if (typeof source !== 'object' || source === null) return '';
  const value: unknown = Reflect.get(source, field);
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new Error(`Field ${field} of a row is no text`);
  return value;
}
