import { parse } from 'csv-parse/sync';
import { foldId } from '../domain/ids.ts';
import type { IdsOfRows } from '../domain/support-checks.ts';
import { foldColumnName } from './header.ts';
import type { PartLayout } from './subscription-rows.ts';

/** The folded names of the columns that hold each id; the first that a file has is taken. */
const columns = {
  customerId: ['customerid', 'customertenantid', 'x_customerid'],
  productId: ['productid'],
  skuId: ['skuid'],
  // Usage has the Azure subscription as EntitlementId; its SubscriptionId is Partner Center's.
  subscriptionId: ['entitlementid', 'subscriptionid', 'subscriptionguid', 'subaccountid'],
} as const satisfies Record<keyof IdsOfRows, readonly string[]>;

const lineEnd = Buffer.from('\n');
const idNames = Object.keys(columns) as readonly (keyof IdsOfRows)[];

/** Values of one id that are gathered; more are not told apart by anybody who reads them. */
const valuesMax = 1_000;

/** Gathers what rows of Microsoft's say of whom and of what they are. For evidence: some thousands of rows, read whole. */
export class RowIds {
  readonly #found: Record<keyof IdsOfRows, Set<string>> = {
    customerId: new Set(),
    productId: new Set(),
    skuId: new Set(),
    subscriptionId: new Set(),
  };

  add(layout: PartLayout, rows: readonly Uint8Array[]): void {
    if (layout.format === 'jsonLines') for (const row of rows) this.#addRecord(recordOf(row));
    else this.#addCsv(layout.header, rows);
  }

  /** Each id that was found, once, in order. */
  found(): IdsOfRows {
    const sorted = (id: keyof IdsOfRows) => [...this.#found[id]].sort();
    return {
      customerId: sorted('customerId'),
      productId: sorted('productId'),
      skuId: sorted('skuId'),
      subscriptionId: sorted('subscriptionId'),
    };
  }

  #addCsv(header: string, rows: readonly Uint8Array[]): void {
    const [names = []] = parse(header) as string[][];
    const at = new Map(names.map((name, index) => [foldColumnName(name), index]));
    const lines = Buffer.concat(rows.flatMap((row) => [row, lineEnd]));
    for (const cells of parse(lines, { relax_column_count: true }) as string[][]) {
      this.#take((name) => cells[at.get(name) ?? -1]);
    }
  }

  #addRecord(record: ReadonlyMap<string, unknown>): void {
    this.#take((name) => {
      const value = record.get(name);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    });
  }

  #take(cellOf: (name: string) => string | undefined): void {
    const ordered = orderedIn(cellOf);
    for (const id of idNames) {
      const text = ordered?.[id] ?? columns[id].map(cellOf).find((value) => value !== undefined);
      const value = foldId((text ?? '').replace(/^\/subscriptions\//i, ''));
      const known = this.#found[id];
      if (value !== '' && known.size < valuesMax) known.add(value);
    }
  }
}

/** A product of the catalogue has 12 characters, a SKU of it 4. */
const productAndSku = /^([a-z0-9]{12})([a-z0-9]{4})$/i;

/**
 * What was ordered, where a file has product and SKU in one: Cost Management writes them without anything between as
 * `ProductId`, FOCUS as `SkuPriceId`, `DZH318Z0BNZJ_005D_…`, where its `SkuId` is the product.
 */
function orderedIn(cellOf: (name: string) => string | undefined): Partial<Record<keyof IdsOfRows, string>> | undefined {
  if (cellOf('subaccountid') !== undefined) {
    const [productId = '', skuId = ''] = (cellOf('skupriceid') ?? '').split('_');
    return { productId, skuId };
  }
  if (cellOf('skuid') !== undefined) return undefined;
  const [, productId, skuId] = productAndSku.exec((cellOf('productid') ?? '').trim()) ?? [];
  return productId === undefined || skuId === undefined ? undefined : { productId, skuId };
}

function recordOf(row: Uint8Array): ReadonlyMap<string, unknown> {
  const value: unknown = JSON.parse(Buffer.from(row).toString('utf8'));
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).map(([name, cell]) => [foldColumnName(name), cell]));
}
