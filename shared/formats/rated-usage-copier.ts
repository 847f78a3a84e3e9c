import { assertNever } from '../domain/assert-never.ts';
import type { AudienceTable } from '../domain/file-columns.ts';
import type { RuledSale } from '../domain/unit-prices.ts';
import { ByteKeys } from './byte-keys.ts';
import { type ViewedBytes, viewed } from './byte-text.ts';
import { type CsvScanner, cellText } from './csv-scan.ts';
import type { CsvWriter } from './csv-writer.ts';
import { usageCellOf } from './rated-usage-cells.ts';
import {
  type KeyField,
  type LineCell,
  type OwnSegment,
  type Segment,
  type UsageLayout,
  usageLayout,
} from './rated-usage-layout.ts';
import type { KnownOwner, KnownPrice, KnownSale, UsagePricing } from './rated-usage-prices.ts';
import { CostBytes } from './sold-amounts.ts';

const space = 32;
const quote = 34;
const dash = 45;
const digitZero = 48;
const tilde = 126;

const guidDigits = 32;
const guidLength = 36;

/** Owners, days and unit prices that are remembered; beyond it they are learned again. */
const ownersMax = 20_000;
const daysMax = 4096;
const pricesMax = 40_000;

const ownerFields = ['subscriptionId', 'planId', 'customerId', 'resellerMpnId'] as const satisfies KeyField[];
const dayFields = ['usageDate'] as const satisfies KeyField[];
const unitFields = ['unitPrice', 'listPrice'] as const satisfies KeyField[];

const toCell = {
  subscriptionId: usageCellOf('subscriptionId'),
  planId: usageCellOf('planId'),
  customerId: usageCellOf('customerId'),
  resellerMpnId: usageCellOf('resellerMpnId'),
  usageDate: usageCellOf('usageDate'),
  unitPrice: usageCellOf('unitPrice'),
  listPrice: usageCellOf('listPrice'),
} as const;

type Day = { readonly day: string; readonly period: number };

/** `passed`: the row belongs to others; `unusual`: nothing was written, and its values must be read one by one. */
export type CopyOutcome = 'written' | 'passed' | 'unusual';

/**
 * Copies rows of daily rated usage from the bytes of a CSV file to those of a file of ours. Cells are
 * copied as they stand, or with small changes; of the rest, what was written for the same bytes before. So are the cells
 * that come from the catalogue and from prices. What a row sells for is worked out in integers.
 */
export class UsageRowCopier {
  readonly layout: UsageLayout;
  readonly #writer: CsvWriter;
  readonly #pricing: UsagePricing;
  readonly #cost = new CostBytes();
  readonly #span = new Int32Array(2);
  readonly #pairSpans = new Int32Array(4);
  readonly #ownerSpans = new Int32Array(8);
  #owners = new KnownKeys<KnownOwner>(ownerFields.length);
  readonly #days = new KnownKeys<Day>(1);
  #pairs = new ByteKeys(unitFields.length);
  #prices = new Map<number, KnownPrice>();
  #bytes: Buffer = Buffer.alloc(0);
  #from: ViewedBytes = viewed(this.#bytes);
  #view: DataView = this.#from.view;
  #ends: Int32Array = new Int32Array(0);
  #start = 0;

  constructor(of: {
    readonly fileName: string;
    readonly header: readonly string[];
    readonly table: AudienceTable;
    readonly writer: CsvWriter;
    readonly pricing: UsagePricing;
  }) {
    this.#writer = of.writer;
    this.#pricing = of.pricing;
    this.layout = usageLayout(of.fileName, of.header, of.table);
  }

  /** Copies the row of the scanner that begins at `start`. */
  copy(scanner: CsvScanner, start: number): CopyOutcome {
    if (this.#bytes !== scanner.bytes) {
      this.#bytes = scanner.bytes;
      this.#from = viewed(this.#bytes);
      this.#view = this.#from.view;
    }
    this.#ends = scanner.ends;
    this.#start = start;
    const { sizeBytes } = this.#writer;
    const outcome = this.#copyRow();
    if (outcome !== 'written') this.#writer.goBack(sizeBytes, 0);
    return outcome;
  }

  #copyRow(): CopyOutcome {
    const { segments, unseen } = this.layout;
    const writer = this.#writer;
    const owner = this.#owner();
    if (owner === undefined) return 'unusual';
    if (unseen.length > 0) {
      const { sizeBytes } = writer;
      for (const cell of unseen) if (!this.#addCell(cell)) return 'unusual';
      writer.goBack(sizeBytes, 0);
    }
    if (!owner.isOwn) {
      // Its values are looked at all the same, as those of every row.
      for (const segment of segments) if (segment.kind === 'line' && !this.#addCell(segment)) return 'unusual';
      return 'passed';
    }
    const price = this.#price(owner);
    if (price === undefined) return 'unusual';
    for (const segment of segments) {
      if (segment.kind === 'line') {
        if (!this.#addCell(segment)) return 'unusual';
      } else this.#addOwn(segment, owner, price);
    }
    writer.endRow();
    return 'written';
  }

  #addOwn(segment: Exclude<Segment, LineCell>, owner: KnownOwner, price: KnownPrice): void {
    const writer = this.#writer;
    switch (segment.kind) {
      case 'owner':
        addWritten(writer, segment, owner.written);
        break;
      case 'rules':
        addWritten(writer, segment, price.written);
        break;
      case 'unitPrice':
        writer.addDecimal(price[segment.buyer]?.unitPrice ?? '');
        break;
      case 'sold':
        this.#addSold(price[segment.buyer]);
        break;
      default:
        assertNever(segment);
    }
  }

  /** Adds a cell that comes from Microsoft's file. @returns false when it must be looked at by others */
  #addCell(of: LineCell): boolean {
    const { position, way, isRequired } = of;
    const writer = this.#writer;
    const bytes = this.#bytes;
    const start = this.#startOf(position);
    const end = position === -1 ? 0 : (this.#ends[position] ?? 0);
    if (start === end) {
      if (isRequired) return this.#addRead(of);
      writer.addText('');
      return true;
    }
    switch (way) {
      case 'text':
        writer.addTextBytes(this.#from, start, end);
        return true;
      case 'id':
        return (isPlainId(bytes, start, end) && writer.addedLowerBytes(this.#from, start, end)) || this.#addRead(of);
      case 'decimal':
        return writer.addedDecimalBytes(bytes, start, end) || this.#addRead(of);
      case 'braced':
        return this.#addedBraced(start, end) || this.#addRead(of);
      case 'looked':
        return this.#addLooked(of, start, end);
      default:
        return assertNever(way);
    }
  }

  /** A value of which the file has few different ones. */
  #addLooked(of: LineCell, start: number, end: number): boolean {
    const { memo } = of;
    const writer = this.#writer;
    const span = this.#span;
    span[0] = start;
    span[1] = end;
    const known = memo.find(this.#view, span);
    if (known !== -1) {
      writer.addWritten(memo.written, memo.startOf(known), memo.endOf(known), 1);
      return true;
    }
    const { sizeBytes } = writer;
    if (!this.#addRead(of)) return false;
    memo.insert(this.#view, span, writer.writtenFrom(sizeBytes));
    return true;
  }

  /** Tags and the like: an object whose braces are there, or are left out. */
  #addedBraced(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const isQuoted = bytes[start] === quote;
    if (isQuoted && end - start === 2) return false;
    const first = bytes[isQuoted ? start + 1 : start] ?? 0;
    const last = bytes[isQuoted ? end - 2 : end - 1] ?? 0;
    if (last <= space || last > tilde) return false;
    if (isQuoted && first === quote) {
      this.#writer.addInBraces(this.#from, start, end);
      return true;
    }
    if (first <= space || first > tilde) return false;
    this.#writer.addTextBytes(this.#from, start, end);
    return true;
  }

  /** A value that is read as text. */
  #addRead({ position, type, cellOf }: LineCell): boolean {
    const cell = cellOf(this.#textAt(position));
    if (cell === undefined) return false;
    this.#writer.addCell(type, cell);
    return true;
  }

  #owner(): KnownOwner | undefined {
    const spans = this.#ownerSpans;
    this.#setSpans(spans, ownerFields);
    const known = this.#owners.find(this.#view, spans);
    if (known !== undefined) return known;
    const [subscriptionId, planId, customerId, resellerMpnId] = ownerFields.map((field) => this.#cellOf(field));
    if (
      subscriptionId === undefined ||
      planId === undefined ||
      customerId === undefined ||
      resellerMpnId === undefined
    ) {
      return undefined;
    }
    const { ownerSegments } = this.layout;
    const owner = this.#pricing.owner({ subscriptionId, planId, customerId, resellerMpnId }, ownerSegments);
    if (this.#owners.size >= ownersMax) this.#owners = new KnownKeys(ownerFields.length);
    this.#owners.insert(this.#view, spans, owner);
    return owner;
  }

  /** What the unit of the row sells for; the cost of the row is read for it. */
  #price(owner: KnownOwner): KnownPrice | undefined {
    const at = this.layout.at.cost;
    if (!this.#cost.read(this.#bytes, this.#startOf(at), this.#ends[at] ?? 0)) return undefined;
    const day = this.#day();
    const sale = day === undefined ? undefined : this.#sale(owner, day);
    if (day === undefined || sale === undefined) return undefined;
    this.#setSpans(this.#pairSpans, unitFields);
    const pair = this.#pairs.find(this.#view, this.#pairSpans);
    const known = pair === -1 ? undefined : this.#prices.get(sale.number * pricesMax + pair);
    const price = known ?? this.#newPrice({ owner, sale, usageDate: day.day }, pair);
    const isPriced = this.#cost.isZero || price?.customer.ratio !== undefined;
    return isPriced ? price : undefined;
  }

  #sale(owner: KnownOwner, { day, period }: Day): RuledSale | undefined {
    const known = owner.sales[period];
    if (known !== undefined) return known;
    const sale = this.#pricing.sale(owner, day);
    owner.sales[period] = sale;
    return sale;
  }

  #newPrice(of: Parameters<UsagePricing['price']>[0], knownPair: number): KnownPrice | undefined {
    const [unitPrice, listPrice] = unitFields.map((field) => this.#cellOf(field));
    if (unitPrice === undefined || listPrice === undefined) return undefined;
    const price = this.#pricing.price(of, { unitPrice, listPrice }, this.layout.ruleSegments);
    if (price === undefined) return undefined;
    let pair = knownPair;
    if (this.#prices.size >= pricesMax || this.#pairs.size >= pricesMax) {
      this.#prices = new Map();
      this.#pairs = new ByteKeys(unitFields.length);
      pair = -1;
    }
    if (pair === -1) pair = this.#pairs.insert(this.#view, this.#pairSpans);
    this.#prices.set(of.sale.number * pricesMax + pair, price);
    return price;
  }

  #day(): Day | undefined {
    const spans = this.#span;
    this.#setSpans(spans, dayFields);
    const known = this.#days.find(this.#view, spans);
    if (known !== undefined) return known;
    const day = this.#cellOf('usageDate');
    if (day === undefined || this.#days.size >= daysMax) return undefined;
    const found = { day, period: this.#pricing.periodOf(day) };
    this.#days.insert(this.#view, spans, found);
    return found;
  }

  /** The amount that a buyer pays for the row; empty where there is no such buyer. */
  #addSold(sale: KnownSale | undefined): void {
    const writer = this.#writer;
    const cost = this.#cost;
    if (sale === undefined) writer.addDecimal('');
    else if (sale.ratio === undefined || cost.isZero) writer.addDecimal('0');
    else {
      const { text } = cost;
      const start = cost.write(sale.ratio);
      if (!writer.addedDecimalBytes(text, start, text.length)) writer.addDecimal(text.toString('latin1', start));
    }
  }

  #setSpans(spans: Int32Array, fields: readonly KeyField[]): void {
    let index = 0;
    for (const field of fields) {
      const position = this.layout.at[field];
      spans[index++] = this.#startOf(position);
      spans[index++] = position === -1 ? 0 : (this.#ends[position] ?? 0);
    }
  }

  #cellOf(field: keyof typeof toCell): string | undefined {
    return toCell[field](this.#textAt(this.layout.at[field]));
  }

  #textAt(position: number): string {
    return cellText(this.#bytes, this.#startOf(position), position === -1 ? 0 : (this.#ends[position] ?? 0));
  }

  /** Where the value of a column begins; 0, where it ends too, for a column that the file has not. */
  #startOf(position: number): number {
    if (position === 0) return this.#start;
    return position === -1 ? 0 : (this.#ends[position - 1] ?? 0) + 1;
  }
}

function addWritten(writer: CsvWriter, { index, cells }: OwnSegment, written: readonly DataView[]): void {
  const bytes = written[index];
  if (bytes === undefined) throw new Error('Cells were not made for every segment');
  writer.addWritten(bytes, 0, bytes.byteLength, cells.length);
}

/** Whether an id only needs lower case: no GUID, for which it is too short, or one with dashes, and not that of zeros. */
function isPlainId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < guidDigits) return true;
  if (length !== guidLength) return false;
  const hasDashes =
    bytes[start + 8] === dash && bytes[start + 13] === dash && bytes[start + 18] === dash && bytes[start + 23] === dash;
  return hasDashes && (bytes[start] !== digitZero || bytes[start + 1] !== digitZero);
}

/** Things by the bytes that stand for them. */
class KnownKeys<Known> {
  readonly #keys: ByteKeys;
  readonly #known: Known[] = [];

  constructor(spans: number) {
    this.#keys = new ByteKeys(spans);
  }

  get size(): number {
    return this.#known.length;
  }

  find(view: DataView, spans: Int32Array): Known | undefined {
    const number = this.#keys.find(view, spans);
    return number === -1 ? undefined : this.#known[number];
  }

  insert(view: DataView, spans: Int32Array, known: Known): void {
    this.#keys.insert(view, spans);
    this.#known.push(known);
  }
}
