import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { AnswerKey } from '../../infra/local/sample-month/answer-key.ts';
import { defaultSampleMonth, writeSampleMonth } from '../../infra/local/sample-month/write-sample-month.ts';

/** Rows that the subscription has on a side in a month of scale 1, nearly. */
const rowsOfScale = 24_000;
/** Ids of this many subscriptions are left as they are, so that there is something that need not be read. */
const leftAlone = 10;

/**
 * A sample month most of whose subscriptions are one, of at least `rows` rows a side: their ids, and those of
 * their customers, are replaced in both files. @returns the id of that subscription
 */
export async function writeLargeSubscription(folder: string, rows: number): Promise<string> {
  const scale = rows / rowsOfScale;
  const key = await writeSampleMonth(folder, { ...defaultSampleMonth, scale });
  const ids = idsBySize(key);
  const [large = '', ...others] = ids.slice(0, -leftAlone);
  // A subscription has one customer.
  const [customer = '', ...customers] = key.customers.map(({ customerId }) => customerId);
  const replacements = new Map([
    ...others.map((id) => [id, large] as const),
    ...customers.map((id) => [id, customer] as const),
  ]);
  const files = (await readdir(folder, { recursive: true })).filter((name) => /(part-|part_).*\.gz$/.test(name));
  for (const name of files) if (!name.includes('onetime')) await replaceIds(join(folder, name), replacements);
  await correctManifest(folder);
  return large;
}

function idsBySize({ subscriptions }: AnswerKey): readonly string[] {
  const rowsOf = ({ meters }: AnswerKey['subscriptions'][number]) =>
    meters.reduce((rows, { invoice }) => rows + (invoice?.rows ?? 0), 0);
  return subscriptions
    .filter(({ subscriptionId }) => subscriptionId !== '')
    .toSorted((left, right) => rowsOf(right) - rowsOf(left))
    .map(({ subscriptionId }) => subscriptionId);
}

async function replaceIds(path: string, ids: ReadonlyMap<string, string>): Promise<void> {
  const pattern = new RegExp([...ids.keys()].join('|'), 'gi');
  const by = (id: string) => ids.get(id.toLowerCase()) ?? id;
  let rest = '';
  const replace = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = rest + chunk.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      done(null, Buffer.from(text.slice(0, end).replace(pattern, by), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(rest.replace(pattern, by), 'latin1'));
    },
  });
  const written = `${path}.written`;
  await pipeline(createReadStream(path), createGunzip(), replace, createGzip({ level: 1 }), createWriteStream(written));
  await rename(written, path);
}

/** The parts of the cost export have other sizes now. */
async function correctManifest(folder: string): Promise<void> {
  const container = join(folder, 'cost-exports');
  const [name = ''] = (await readdir(container, { recursive: true })).filter((path) => path.endsWith('manifest.json'));
  const manifest = JSON.parse(await readFile(join(container, name), 'utf8')) as {
    byteCount: number;
    blobs: { blobName: string; byteCount: number }[];
  };
  for (const blob of manifest.blobs) blob.byteCount = (await stat(join(container, blob.blobName))).size;
  manifest.byteCount = manifest.blobs.reduce((sum, { byteCount }) => sum + byteCount, 0);
  await writeFile(join(container, name), JSON.stringify(manifest));
}
