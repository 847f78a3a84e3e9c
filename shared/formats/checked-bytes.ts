import { isUtf8 } from 'node:buffer';
import { FileRefusedError } from './file-refused-error.ts';
import { type SourceFile, unpackedBytes } from './source-file.ts';

/**
 * The text bytes of `file` as they come, inflated, every one of them checked: UTF-8, and no NUL. The bytes before the
 * first bad one are handed out, so that a reader refuses what comes first in the file, however it is cut into chunks.
 * `lineNow` tells on which line the bytes end that have been handed out.
 * @throws FileRefusedError after the bytes before the first bad one
 */
export async function* checkedBytes(file: SourceFile, lineNow: () => number): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let cut = new Uint8Array(0);
  for await (const chunk of unpackedBytes(file)) {
    const bytes = cut.length === 0 ? chunk : Buffer.concat([cut, chunk]);
    const end = bytes.length - cutCharacterLength(bytes);
    const whole = bytes.subarray(0, end);
    const good = isUtf8(whole) ? end : validLength(whole);
    const nul = whole.subarray(0, good).indexOf(0);
    const length = nul === -1 ? good : nul;
    if (length > 0) yield whole.subarray(0, length);
    if (length < end) throw refused(file.name, { line: lineNow(), offset: offset + length, isNul: nul !== -1 });
    offset += end;
    cut = new Uint8Array(bytes.subarray(end));
  }
  if (cut.length > 0) throw refused(file.name, { line: lineNow(), offset, isNul: false });
}

type BadByte = { readonly line: number; readonly offset: number; readonly isNul: boolean };

function refused(fileName: string, { line, offset, isNul }: BadByte): FileRefusedError {
  const found = isNul ? 'is NUL' : 'does not belong to UTF-8 text';
  const message = `${fileName}, line ${line}: byte ${offset} (counted from 0) ${found}; expected UTF-8 text`;
  return new FileRefusedError({ code: 'badEncoding', file: fileName, line, message });
}

/** Bytes at the end that begin a character whose rest is still to come: 0 to 3. */
function cutCharacterLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return characterLength(byte) > back ? back : 0;
  }
  return 0;
}

function characterLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/** Length of the valid beginning of bytes that are not UTF-8. Runs once a file at most. */
function validLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const next = at + characterLength(bytes[at] ?? 0);
    if (!isUtf8(bytes.subarray(at, next))) return at;
    at = next;
  }
  return at;
}
