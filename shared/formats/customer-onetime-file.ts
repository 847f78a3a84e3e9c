import { stringify } from 'csv-stringify/sync';
import { uuidOf } from '../domain/content-hash.ts';
import type { InvoiceLine } from '../domain/invoice-line.ts';
import { productTypeOf } from '../domain/product-type.ts';
import { type CustomerPrice, customerPriceOf, type MarginRule } from '../domain/selling-price.ts';

/** What a cell is made from. Cost and margin are not in it: a customer's file cannot carry what it is never given. */
type CellSource = {
  readonly line: Omit<
    InvoiceLine,
    | 'unitPrice'
    | 'effectiveUnitPrice'
    | 'subtotal'
    | 'taxTotal'
    | 'total'
    | 'exchangeRate'
    | 'priceAdjustmentDescription'
    | 'creditReasonCode'
    | 'promotionId'
    | 'tenantId'
    | 'mpnId'
    | 'resellerMpnId'
  >;
  readonly price: CustomerPrice;
  readonly id: string;
};

type FileColumn = { readonly type: 'text' | 'decimal' | 'day'; readonly from: (source: CellSource) => string };

/**
 * The `onetime` file for a customer: its columns, in the order of the product's file description. Ids of a catalogue of
 * our own stay empty until there is one; `CustomerId` is the customer's tenant.
 */
const customerOnetimeColumns = {
  CustomerId: { type: 'text', from: ({ line }) => line.customerId },
  CustomerName: { type: 'text', from: ({ line }) => line.customerName },
  CustomerDomainName: { type: 'text', from: ({ line }) => line.customerDomainName },
  CustomerCountry: { type: 'text', from: ({ line }) => line.customerCountry },
  OrderDate: { type: 'day', from: ({ line }) => line.orderDate },
  ProductId: { type: 'text', from: ({ line }) => line.productId },
  SkuId: { type: 'text', from: ({ line }) => line.skuId },
  AvailabilityId: { type: 'text', from: ({ line }) => line.availabilityId },
  SkuName: { type: 'text', from: ({ line }) => line.skuName },
  ProductName: { type: 'text', from: ({ line }) => line.productName },
  ChargeType: { type: 'text', from: ({ line }) => line.chargeType },
  Quantity: { type: 'decimal', from: ({ line }) => line.quantity },
  Currency: { type: 'text', from: ({ line }) => line.currency },
  PublisherName: { type: 'text', from: ({ line }) => line.publisherName },
  PublisherId: { type: 'text', from: ({ line }) => line.publisherId },
  SubscriptionDescription: { type: 'text', from: ({ line }) => line.subscriptionDescription },
  SubscriptionId: { type: 'text', from: () => '' },
  ChargeStartDate: { type: 'day', from: ({ line }) => line.chargeStartDate },
  ChargeEndDate: { type: 'day', from: ({ line }) => line.chargeEndDate },
  TermAndBillingCycle: { type: 'text', from: ({ line }) => line.termAndBillingCycle },
  UnitType: { type: 'text', from: ({ line }) => line.unitType },
  AlternateId: { type: 'text', from: ({ line }) => line.alternateId },
  UnitPriceForCustomer: { type: 'decimal', from: ({ price }) => price.unitPrice },
  SubtotalForCustomer: { type: 'decimal', from: ({ price }) => price.subtotal },
  TaxTotalForCustomer: { type: 'decimal', from: ({ price }) => price.taxTotal },
  TotalForCustomer: { type: 'decimal', from: ({ price }) => price.total },
  Id: { type: 'text', from: ({ id }) => id },
  BillableQuantity: { type: 'decimal', from: ({ line }) => line.billableQuantity },
  BillingFrequency: { type: 'text', from: ({ line }) => line.billingFrequency },
  PricingCurrency: { type: 'text', from: ({ line }) => line.pricingCurrency },
  MeterDescription: { type: 'text', from: ({ line }) => line.meterDescription },
  ProductType: { type: 'text', from: ({ line }) => productTypeOf(line) },
  ReservationOrderId: { type: 'text', from: ({ line }) => line.reservationOrderId },
  SubscriptionStartDate: { type: 'day', from: ({ line }) => line.subscriptionStartDate },
  SubscriptionEndDate: { type: 'day', from: ({ line }) => line.subscriptionEndDate },
  OfferProviderId: { type: 'text', from: ({ line }) => `${line.productId}:${line.skuId}` },
  SubscriptionProviderId: { type: 'text', from: ({ line }) => line.subscriptionId },
  SubscriptionPONumber: { type: 'text', from: () => '' },
  SubscriptionName: { type: 'text', from: ({ line }) => line.subscriptionDescription },
} as const satisfies Record<string, FileColumn>;

/** Lines made into text at once. */
const batchLines = 500;

export type CustomerFileOptions = {
  readonly invoiceId: string;
  readonly rule: MarginRule;
};

/**
 * Writes the file as CSV in the invariant format: UTF-8 without BOM, comma, CRLF, ISO days, point, no thousands
 * separator. Text that a spreadsheet would run as a formula is preceded by an apostrophe; numbers are not touched.
 */
export async function* customerOnetimeCsv(
  lines: AsyncIterable<InvoiceLine>,
  options: CustomerFileOptions,
): AsyncGenerator<Uint8Array> {
  const columns = Object.values(customerOnetimeColumns) as readonly FileColumn[];
  let batch: string[][] = [Object.keys(customerOnetimeColumns)];
  for await (const line of lines) {
    batch.push(toCells(columns, line, options));
    if (batch.length < batchLines) continue;
    yield toBytes(batch);
    batch = [];
  }
  if (batch.length > 0) yield toBytes(batch);
}

function toCells(
  columns: readonly FileColumn[],
  line: InvoiceLine,
  { invoiceId, rule }: CustomerFileOptions,
): string[] {
  const id = uuidOf([invoiceId, 'onetime', String(line.part), String(line.line)]);
  const source: CellSource = { line, price: customerPriceOf(line, rule), id };
  return columns.map((column) => (column.type === 'text' ? neutralise(column.from(source)) : column.from(source)));
}

const formulaLead = /^[=+\-@\t\r\n]/;

/** Text as a cell that no spreadsheet runs as a formula. */
export function neutralise(text: string): string {
  return formulaLead.test(text) ? `'${text}` : text;
}

function toBytes(rows: string[][]): Uint8Array {
  return Buffer.from(stringify(rows, { record_delimiter: 'windows' }), 'utf8');
}
