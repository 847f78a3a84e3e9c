import type { SchemaElement } from 'hyparquet';
import { Temporal } from 'temporal-polyfill';

/** Decimal places of a decimal column; undefined for columns of other types. */
export function scaleOf(element: SchemaElement): number | undefined {
  if (element.converted_type === 'DECIMAL') return element.scale ?? 0;
  if (element.logical_type?.type === 'DECIMAL') return element.logical_type.scale;
  return undefined;
}

const epochDay = Temporal.PlainDate.from('1970-01-01');
const nanosecondsInMillisecond = 1_000_000n;
const nanosecondsInMicrosecond = 1000n;

const decoder = new TextDecoder('utf-8', { fatal: true });
const textOf = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : decoder.decode(bytes));

/** Days and moments as ISO text, which is what the other formats write; text that is not UTF-8 is an error. */
export const parquetParsers = {
  stringFromBytes: textOf,
  jsonFromBytes: textOf,
  dateFromDays: (days: number) => epochDay.add({ days }).toString(),
  timestampFromMilliseconds: (value: bigint) => momentText(value * nanosecondsInMillisecond),
  timestampFromMicroseconds: (value: bigint) => momentText(value * nanosecondsInMicrosecond),
  timestampFromNanoseconds: (value: bigint) => momentText(value),
};

function momentText(nanoseconds: bigint): string {
  return Temporal.Instant.fromEpochNanoseconds(nanoseconds).toString();
}

/**
 * A value as the text that another format would hold; undefined for none. Decimals come as their integers and are
 * written with every digit; a float is written with the shortest digits that mean it.
 */
export function valueText(value: unknown, scale: number | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (scale !== undefined) return decimalText(toInteger(value), scale);
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner));
}

/** The integer of a decimal, in one of the forms Parquet has: 4 or 8 bytes, or big-endian two's complement. */
function toInteger(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  if (value instanceof Uint8Array) return value.length === 0 ? 0n : fromBigEndian(value);
  throw new TypeError(`A decimal of an unknown form: ${typeof value}`);
}

function fromBigEndian(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** `integer` × 10^-`scale`, digit by digit. */
export function decimalText(integer: bigint, scale: number): string {
  const isNegative = integer < 0n;
  const digits = String(isNegative ? -integer : integer).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return isNegative ? `-${text}` : text;
}
