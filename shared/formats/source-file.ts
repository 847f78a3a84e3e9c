import { isUtf8 } from 'node:buffer';
import { createGunzip, type Gunzip } from 'node:zlib';
import { FileRefusedError } from './file-refused-error.ts';
import { limits } from './limits.ts';

/**
 * One file as it comes: its name, for messages, and its raw bytes. A chunk need hold no longer than until the next one
 * is asked for, so a source may use its buffers again.
 */
export type SourceFile = { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> };

/** What a compressed file may come to. */
export type InflateLimits = {
  readonly inflatedBytesMax: number;
  readonly inflateRatioMax: number;
  readonly ratioCheckedFromBytes: number;
};

/** Larger chunks than Node's 16 KB: inflating takes about two thirds of the time. */
const inflateChunkBytes = 128 * 1024;

/**
 * The text bytes of `file`, inflated when its name ends with `.gz`: UTF-8, without NUL.
 * @throws FileRefusedError when the file is no such text: a gzip file that is damaged, cut off, or comes to more than
 * `allowed`; another kind of file under this name; bytes that are not UTF-8. Errors of the source itself pass through
 * unchanged, since reading again may help
 */
export function unpackedText(file: SourceFile, allowed: InflateLimits = limits): AsyncIterable<Uint8Array> {
  return checkedText(file.name, unpackedBytes(file, allowed));
}

/**
 * The same without the check that the bytes are text, for readers that check them line by line. A chunk holds until the
 * next one is asked for.
 */
export function unpackedBytes(file: SourceFile, allowed: InflateLimits = limits): AsyncIterable<Uint8Array> {
  return checkedKind(file.name, file.name.endsWith('.gz') ? lent(inflate(file, allowed)) : file.bytes);
}

async function* inflate(file: SourceFile, allowed: InflateLimits): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: inflateChunkBytes });
  const compressed = new Counted(file.bytes);
  const feeding = feed(compressed.read(), gunzip);
  let inflatedBytes = 0;
  try {
    for await (const chunk of gunzip) {
      inflatedBytes += (chunk as Uint8Array).length;
      checkInflated(file.name, { inflatedBytes, compressedBytes: compressed.sizeBytes }, allowed);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    if (!isInflateError(error)) throw error;
    throw refusal(file.name, 'damagedContainer', `the gzip data is damaged or cut off (${error.message})`, error);
  } finally {
    gunzip.destroy();
    await feeding;
  }
}

/**
 * Hands chunks to `gunzip`, each when it is done with the one before. An error of the source becomes the error of
 * `gunzip`, for who reads from it; this function throws none.
 */
async function feed(chunks: AsyncIterable<Uint8Array>, gunzip: Gunzip): Promise<void> {
  let goOn = (): void => {};
  // What is under way when `gunzip` is destroyed, or has seen the end of its data, is never called back.
  gunzip.once('close', () => goOn());
  try {
    for await (const chunk of chunks) {
      if (gunzip.destroyed) return;
      await new Promise<void>((resolve) => {
        goOn = resolve;
        gunzip.write(chunk, () => resolve());
      });
    }
    if (!gunzip.destroyed) gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error('Reading failed', { cause: error }));
  }
}

/**
 * Frees the memory of each chunk when the next one is asked for. It would be freed by the collector in the end, but that
 * comes late: at the peak of two files at once, 50 MB later. Several chunks may share one buffer; when the last of them
 * is done with, so are the others.
 */
async function* lent(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    const { buffer, byteOffset, length } = chunk;
    if (buffer instanceof ArrayBuffer && byteOffset + length === buffer.byteLength) buffer.transfer(0);
  }
}

function checkInflated(
  fileName: string,
  { inflatedBytes, compressedBytes }: { readonly inflatedBytes: number; readonly compressedBytes: number },
  allowed: InflateLimits,
): void {
  if (inflatedBytes > allowed.inflatedBytesMax) {
    throw refusal(fileName, 'tooLarge', `the file inflates to more than ${allowed.inflatedBytesMax} bytes`);
  }
  const isSuspect = inflatedBytes >= allowed.ratioCheckedFromBytes;
  if (isSuspect && inflatedBytes > allowed.inflateRatioMax * compressedBytes) {
    throw refusal(fileName, 'tooLarge', `the file inflates to more than ${allowed.inflateRatioMax} times its size`);
  }
}

/** Counts bytes as they go by. */
class Counted {
  readonly #bytes: AsyncIterable<Uint8Array>;
  sizeBytes = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      this.sizeBytes += chunk.length;
      yield chunk;
    }
  }
}

const kindsOfFile = [
  { starts: [0x1f, 0x8b], code: 'wrongContainer', found: 'a gzip file', expected: 'text, or gzip once under .gz' },
  {
    starts: [0x50, 0x4b, 3, 4],
    code: 'wrongContainer',
    found: 'a zip archive or workbook',
    expected: 'text; unpack it',
  },
  { starts: [0x50, 0x4b, 5, 6], code: 'wrongContainer', found: 'an empty zip archive', expected: 'text' },
  {
    starts: [0x50, 0x41, 0x52, 0x31],
    code: 'wrongContainer',
    found: 'a Parquet file',
    expected: 'text; name it .parquet',
  },
  { starts: [0xff, 0xfe], code: 'badEncoding', found: 'UTF-16 text (little endian)', expected: 'UTF-8' },
  { starts: [0xfe, 0xff], code: 'badEncoding', found: 'UTF-16 text (big endian)', expected: 'UTF-8' },
] as const;

/** How many first bytes tell what kind of file this is. */
const signatureBytes = 4;

/** Passes bytes on as they come, unless the first of them tell that this is another kind of file. */
async function* checkedKind(fileName: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array(0);
  for await (const chunk of bytes) {
    if (start.length < signatureBytes) {
      start = Buffer.concat([start, chunk.subarray(0, signatureBytes - start.length)]);
      checkKind(fileName, start);
    }
    yield chunk;
  }
}

/** Passes text on as it comes, and stops at the first byte that cannot be text. */
async function* checkedText(fileName: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for await (const chunk of bytes) {
    rest = checkChunk(fileName, { rest, chunk, offset });
    offset += chunk.length;
    yield chunk;
  }
  if (rest.length > 0) throw badByte(fileName, offset - rest.length);
}

function checkKind(fileName: string, start: Uint8Array): void {
  const kind = kindsOfFile.find(({ starts }) => starts.every((byte, index) => start[index] === byte));
  if (kind === undefined) return;
  throw refusal(fileName, kind.code, `this is ${kind.found}; expected ${kind.expected}`);
}

/** Checks one chunk, after the unfinished character `rest` of those before it. @returns its own unfinished character */
function checkChunk(
  fileName: string,
  { rest, chunk, offset }: { readonly rest: Uint8Array; readonly chunk: Uint8Array; readonly offset: number },
): Uint8Array {
  const nul = chunk.indexOf(0);
  if (nul !== -1) {
    throw refusal(fileName, 'badEncoding', `the byte at offset ${offset + nul} is NUL; expected UTF-8 text`);
  }
  const joined = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  const end = joined.length - unfinishedLength(joined);
  const whole = joined.subarray(0, end);
  if (!isUtf8(whole)) throw badByte(fileName, offset - rest.length + firstBadByte(whole));
  return Uint8Array.from(joined.subarray(end));
}

/** How many bytes at the end begin a character that needs more of them. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needed = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

/** Where the first character that is none begins. What has begun at an end in doubt may still become one. */
function firstBadByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const unfinished = unfinishedLength(bytes.subarray(0, middle));
    if (isUtf8(bytes.subarray(0, middle - unfinished))) good = middle;
    else bad = middle;
  }
  return good - unfinishedLength(bytes.subarray(0, good));
}

function badByte(fileName: string, offset: number): FileRefusedError {
  return refusal(fileName, 'badEncoding', `the byte at offset ${offset} is not UTF-8 text`);
}

function refusal(fileName: string, code: string, reason: string, cause?: Error): FileRefusedError {
  return new FileRefusedError({ code, file: fileName, message: `${fileName}: ${reason}` }, { cause });
}

function isInflateError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
