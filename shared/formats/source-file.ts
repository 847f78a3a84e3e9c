import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FileRefusedError } from './file-refused-error.ts';

/** One file as it comes: its name, for messages, and its raw bytes. */
export type SourceFile = { readonly name: string; readonly bytes: AsyncIterable<Uint8Array> };

/** Larger chunks than Node's 16 KB: inflating takes about two thirds of the time. */
const inflateChunkBytes = 256 * 1024;

/**
 * The text bytes of `file`, inflated when its name ends with `.gz`.
 * @throws FileRefusedError when a gzip file is damaged or cut off; errors of the source itself pass through unchanged,
 * since reading again may help
 */
export function textBytes(file: SourceFile): AsyncIterable<Uint8Array> {
  return file.name.endsWith('.gz') ? inflate(file) : file.bytes;
}

async function* inflate(file: SourceFile): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: inflateChunkBytes });
  // The callback has nothing to do: an error of either stream destroys `gunzip` and is thrown by the loop below.
  pipeline(Readable.from(file.bytes), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
  } catch (error) {
    if (!isInflateError(error)) throw error;
    throw new FileRefusedError(
      {
        code: 'damagedContainer',
        file: file.name,
        message: `${file.name}: the gzip data is damaged or cut off (${error.message})`,
      },
      { cause: error },
    );
  }
}

function isInflateError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
