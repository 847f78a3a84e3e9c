/**
 * A lock token is a GUID. As a delivery tag it travels in the byte order of .NET, whose first three groups are little
 * endian; in `$management` it is an AMQP uuid, whose bytes stand as they are read.
 */
export function deliveryTag(lockToken: string): Buffer {
  return withGroupsReversed(uuidBytes(lockToken));
}

export function lockTokenOfTag(tag: Buffer | string): string {
  return uuidText(withGroupsReversed(Buffer.from(tag)));
}

export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return groups.join('-');
}

function uuidBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function withGroupsReversed(bytes: Buffer): Buffer {
  const reversed = Buffer.from(bytes);
  reversed.subarray(0, 4).reverse();
  reversed.subarray(4, 6).reverse();
  reversed.subarray(6, 8).reverse();
  return reversed;
}
