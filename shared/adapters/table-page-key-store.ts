import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { PageKeyStore } from '../pipeline/ports.ts';
import type { Table } from './table.ts';

const partition = 'continuation';
const currentKey = 'current';
const keyBytes = 32;

const storedKey = z.strictObject({ version: z.literal(1), key: z.base64url().length(43) });

/** The first who asks makes the key; whoever makes one at the same time takes the one that is there. */
export function tablePageKeyStore(table: Table): PageKeyStore {
  let known: Uint8Array | undefined;
  return {
    read: async () => {
      known ??= await readOrMake(table);
      return known;
    },
  };
}

async function readOrMake(table: Table): Promise<Uint8Array> {
  const present = await table.get(partition, currentKey);
  if (present !== undefined) return toBytes(present.value);
  const made = { version: 1, key: randomBytes(keyBytes).toString('base64url') };
  await table.insert(partition, currentKey, made);
  const row = await table.get(partition, currentKey);
  if (row === undefined) throw new Error('The key of continuation tokens was just made and is not there');
  return toBytes(row.value);
}

function toBytes(value: unknown): Uint8Array {
  return Buffer.from(storedKey.parse(value).key, 'base64url');
}
