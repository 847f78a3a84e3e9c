import { crc32, inflateRawSync } from 'node:zlib';

const endSignature = 0x06054b50;
const recordSignature = 0x02014b50;
const descriptorSignature = 0x08074b50;

/**
 * The files of a zip by their path, found by its directory; sizes and checksums in the directory and after each file
 * have to be right, and nothing may stand between the files.
 */
export function unzipped(zip: Buffer): ReadonlyMap<string, Buffer> {
  const end = zip.length - 22;
  if (zip.readUInt32LE(end) !== endSignature) throw new Error('The zip has no end record');
  const files = new Map<string, Buffer>();
  let next = 0;
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
    if (zip.readUInt32LE(at) !== recordSignature) throw new Error(`No directory record at ${at}`);
    const [crc, packed, size] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const pathBytes = zip.readUInt16LE(at + 28);
    const path = zip.toString('utf8', at + 46, at + 46 + pathBytes);
    const offset = zip.readUInt32LE(at + 42);
    if (offset !== next) throw new Error(`${path} begins at ${offset}; expected ${next}`);
    const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
    const content = inflateRawSync(zip.subarray(start, start + packed));
    const descriptor = [0, 4, 8, 12].map((field) => zip.readUInt32LE(start + packed + field));
    if (content.length !== size || crc32(content) !== crc) throw new Error(`${path} is not what the directory says`);
    if (descriptor.join() !== [descriptorSignature, crc, packed, size].join()) throw new Error(`${path}: descriptor`);
    files.set(path, content);
    next = start + packed + 16;
    at += 46 + pathBytes;
  }
  if (at !== end) throw new Error('The directory does not end at the end record');
  return files;
}
