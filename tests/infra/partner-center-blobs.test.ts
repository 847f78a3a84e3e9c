import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BlobClient } from '@azure/storage-blob';
import { describe, expect, test } from 'vitest';
import type { PartnerCenterScript } from '../../infra/local/partner-center/script.ts';
import type { PartnerCenterStandIn } from '../../infra/local/partner-center/server.ts';
import {
  BillingClient,
  BLOB_NAMES,
  blobUrl,
  type Manifest,
  MODERN,
  startSample,
  USAGE_LINE,
} from './partner-center-sample.ts';

const [BLOB, OTHER_BLOB] = BLOB_NAMES;

type Started = {
  readonly standIn: PartnerCenterStandIn;
  readonly script: PartnerCenterScript;
  readonly client: BillingClient;
  readonly link: string;
  readonly manifest: Manifest;
  readonly bytes: Buffer;
  readonly folder: string;
};

async function startWithManifest(
  options: { readonly now?: () => Date; readonly sasLifeSeconds?: number } = {},
): Promise<Started> {
  const { standIn, script, folder } = await startSample(options.now === undefined ? {} : { now: options.now });
  if (options.sasLifeSeconds !== undefined) script.sasLifeSeconds = options.sasLifeSeconds;
  const client = await BillingClient.connect(standIn);
  const link = await client.manifestLink({ invoiceId: MODERN });
  const bytes = await readFile(join(folder, 'exports', MODERN, 'dailyratedusage', BLOB));
  return { standIn, script, client, link, manifest: await client.manifest(link), bytes, folder };
}

async function bodyOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

describe('a blob', () => {
  test('is the file, byte by byte, with the headers of Azure Storage', async () => {
    const { manifest, bytes } = await startWithManifest();

    const answer = await fetch(blobUrl(manifest, BLOB));

    expect(answer.status).toBe(200);
    expect(await bodyOf(answer)).toEqual(bytes);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': String(bytes.length),
      'content-type': 'application/octet-stream',
      'content-md5': createHash('md5').update(bytes).digest('base64'),
      etag: expect.stringMatching(/^"0x[0-9A-F]{15}"$/),
      'last-modified': expect.stringMatching(/GMT$/),
      'x-ms-request-id': expect.any(String),
      'x-ms-version': expect.any(String),
      'x-ms-blob-type': 'BlockBlob',
    });
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  test('can be asked for its properties only', async () => {
    const { manifest, bytes } = await startWithManifest();

    const answer = await fetch(blobUrl(manifest, BLOB), { method: 'HEAD' });

    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect((await bodyOf(answer)).length).toBe(0);
  });

  test('of the basic set has the basic attributes only, with the digits they have', async () => {
    const { client } = await startWithManifest();
    const link = await client.operationLink({ invoiceId: MODERN, attributeSet: 'basic' });
    const embedded = await client.end(link);
    const manifest = await client.manifest(
      `${client.standIn.graphUrl}/reports/partners/billing/manifests/${JSON.parse(JSON.stringify(embedded.resourceLocation)).id}`,
    );

    const answer = await fetch(blobUrl(manifest, BLOB));
    const bytes = await bodyOf(answer);

    const basic = '{"PartnerId":"p","Quantity":23.200004000000000001,"UnitPrice":1.10,"EntitlementId":"e-1"}';
    expect(gunzipSync(bytes).toString()).toBe(`${basic}\n${basic}\n`);
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(manifest.rootDirectory).toContain('/Fragment=basic/');
  });

  test('of the full set keeps every line as it is written', async () => {
    const { manifest } = await startWithManifest();

    const text = gunzipSync(await bodyOf(await fetch(blobUrl(manifest, BLOB)))).toString();

    expect(text).toBe(`${USAGE_LINE}\n${USAGE_LINE}\n`);
  });

  test('can be read in ranges, by either header', async () => {
    const { manifest, bytes } = await startWithManifest();
    const url = blobUrl(manifest, BLOB);

    const middle = await fetch(url, { headers: { Range: 'bytes=5-9' } });
    const rest = await fetch(url, { headers: { 'x-ms-range': 'bytes=10-' } });
    const beyond = await fetch(url, { headers: { Range: `bytes=${bytes.length}-` } });

    expect([middle.status, middle.headers.get('content-range')]).toEqual([206, `bytes 5-9/${bytes.length}`]);
    expect(await bodyOf(middle)).toEqual(bytes.subarray(5, 10));
    expect([rest.status, await bodyOf(rest)]).toEqual([206, bytes.subarray(10)]);
    expect(beyond.status).toBe(416);
  });

  test('is refused under a condition it does not meet', async () => {
    const { manifest } = await startWithManifest();
    const url = blobUrl(manifest, BLOB);
    const eTag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? '';

    const same = await fetch(url, { headers: { 'If-Match': eTag } });
    const other = await fetch(url, { headers: { 'If-Match': '"0x0"' } });

    expect([same.status, other.status]).toEqual([200, 412]);
  });

  test('that a manifest names and nobody wrote is not found', async () => {
    const { script, client, link } = await startWithManifest();
    script.addMissingBlob('part-00099-lost.c000.json.gz');

    const manifest = await client.manifest(link);
    const answer = await fetch(blobUrl(manifest, 'part-00099-lost.c000.json.gz'));

    expect(manifest.blobCount).toBe(3);
    expect(manifest.blobs.map((blob) => blob.name)).toContain('part-00099-lost.c000.json.gz');
    expect([answer.status, answer.headers.get('x-ms-error-code')]).toEqual([404, 'BlobNotFound']);
    expect(await answer.text()).toContain('<Code>BlobNotFound</Code>');
  });

  test('cannot be a file outside of its folder', async () => {
    const { manifest } = await startWithManifest();

    const up = await fetch(blobUrl(manifest, encodeURIComponent(`../onetime/${BLOB}`)));
    const json = await fetch(blobUrl(manifest, '..'));

    expect([up.status, json.status]).toEqual([403, 403]);
  });

  test('is read by the storage SDK, whole and in ranges', async () => {
    const { manifest, bytes, standIn } = await startWithManifest();
    const sdk = new BlobClient(blobUrl(manifest, BLOB));

    const inRanges = await sdk.downloadToBuffer(0, undefined, { blockSize: 16, concurrency: 2 });
    const streamed = await sdk.download();
    const chunks: Buffer[] = [];
    for await (const chunk of streamed.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));

    expect(inRanges).toEqual(bytes);
    expect(Buffer.concat(chunks)).toEqual(bytes);
    expect(standIn.requests.filter((request) => request.status === 206).length).toBe(Math.ceil(bytes.length / 16));
  });

  test('can be empty', async () => {
    const { manifest, folder } = await startWithManifest();
    await writeFile(join(folder, 'exports', MODERN, 'dailyratedusage', BLOB), '');

    const whole = await fetch(blobUrl(manifest, BLOB));
    const part = await fetch(blobUrl(manifest, BLOB), { headers: { Range: 'bytes=0-' } });

    expect([whole.status, (await bodyOf(whole)).length, part.status]).toEqual([200, 0, 416]);
  });
});

describe('a SAS', () => {
  test('is needed, and must be the one that was issued', async () => {
    const { manifest } = await startWithManifest();
    const forged = new URLSearchParams(manifest.sasToken);
    forged.set('se', '2099-01-01T00:00:00Z');
    const undated = new URLSearchParams(manifest.sasToken);
    undated.delete('se');

    for (const sasToken of ['', 'sig=abc', forged.toString(), undated.toString()]) {
      const answer = await fetch(blobUrl({ ...manifest, sasToken }, BLOB));
      expect([answer.status, answer.headers.get('x-ms-error-code')]).toEqual([403, 'AuthenticationFailed']);
      expect(await answer.text()).toMatch(
        /^\s*<\?xml .+<Error><Code>AuthenticationFailed<\/Code><Message>[^<]+<\/Message><AuthenticationErrorDetail>/s,
      );
    }
  });

  test('of one export does not open another', async () => {
    const { script, client, manifest } = await startWithManifest();
    script.locationShapes = ['navigation-link'];
    const other = await client.manifest(await client.manifestLink({ invoiceId: MODERN }, 'reconciliation/billed'));

    const crossed = await fetch(blobUrl({ ...other, sasToken: manifest.sasToken }, BLOB));
    const own = await fetch(blobUrl(other, BLOB));

    expect([crossed.status, own.status]).toEqual([403, 200]);
  });

  test('expires when the script says so, and the manifest read again has a fresh one', async () => {
    const { script, client, link, manifest } = await startWithManifest();
    expect((await fetch(blobUrl(manifest, BLOB))).status).toBe(200);

    script.expireSas();
    const expired = await fetch(blobUrl(manifest, BLOB));
    const fresh = await client.manifest(link);

    expect(expired.status).toBe(403);
    expect(await expired.text()).toContain('Signed expiry time');
    expect(fresh.sasToken).not.toBe(manifest.sasToken);
    expect(fresh.eTag).toBe(manifest.eTag);
    expect((await fetch(blobUrl(fresh, BLOB))).status).toBe(200);
  });

  test('expires by the clock, and the manifest read again has a fresh one', async () => {
    let nowMs = Date.parse('2024-06-10T06:00:00.500Z');
    const { client, link, manifest } = await startWithManifest({ now: () => new Date(nowMs), sasLifeSeconds: 60 });

    nowMs += 60_000;
    const young = await fetch(blobUrl(manifest, BLOB));
    nowMs += 500;
    const old = await fetch(blobUrl(manifest, BLOB));
    const again = await fetch(blobUrl(await client.manifest(link), BLOB));

    expect([young.status, old.status, again.status]).toEqual([200, 403, 200]);
  });

  test('of an embedded manifest is fresh at every poll', async () => {
    const { script, client } = await startWithManifest();
    script.locationShapes = ['embedded'];
    const operation = await client.operationLink({ invoiceId: MODERN });
    const first = await client.end(operation);
    script.expireSas();

    const second = await client.end(operation);

    expect(JSON.stringify(second.resourceLocation)).not.toBe(JSON.stringify(first.resourceLocation));
  });
});

describe('disturbed', () => {
  test.each([0, 1, 50])('a body breaks off after %d bytes, for as many tries as scripted', async (afterBytes) => {
    const { script, manifest, bytes } = await startWithManifest();
    script.breakBlobs({ name: BLOB, afterBytes, tries: 2 });

    for (let attempt = 0; attempt < 2; attempt += 1) {
      const broken = await fetch(blobUrl(manifest, BLOB));
      expect([broken.status, broken.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
      const received: Uint8Array[] = [];
      const reading = (async () => {
        for await (const chunk of broken.body ?? []) received.push(chunk);
      })();
      await expect(reading).rejects.toThrow('terminated');
      expect(Buffer.concat(received)).toEqual(bytes.subarray(0, afterBytes));
    }
    expect(await bodyOf(await fetch(blobUrl(manifest, BLOB)))).toEqual(bytes);
  });

  test('a break is never after the last byte, and leaves other blobs alone', async () => {
    const { script, manifest } = await startWithManifest();
    script.breakBlobs({ name: BLOB, afterBytes: 1_000_000, tries: 1 });

    const other = await fetch(blobUrl(manifest, OTHER_BLOB));
    const broken = await fetch(blobUrl(manifest, BLOB));

    expect((await bodyOf(other)).length).toBeGreaterThan(0);
    await expect(bodyOf(broken)).rejects.toThrow('terminated');
  });

  test('a busy account answers 503 ServerBusy and when to come back', async () => {
    const { script, manifest } = await startWithManifest();
    script.throttleNext('blob', 1, 4);

    const busy = await fetch(blobUrl(manifest, BLOB));
    const after = await fetch(blobUrl(manifest, BLOB));

    expect([busy.status, busy.headers.get('retry-after'), after.status]).toEqual([503, '4', 200]);
    expect(await busy.text()).toContain('<Code>ServerBusy</Code>');
  });

  test('a blob fails with 500 as scripted', async () => {
    const { script, manifest } = await startWithManifest();
    script.failNext('blob', 1, 500);

    const failed = await fetch(blobUrl(manifest, BLOB));

    expect([failed.status, failed.headers.get('x-ms-error-code')]).toEqual([500, 'InternalError']);
  });
});

test('what is recorded has no token and no SAS', async () => {
  const { standIn, client, manifest } = await startWithManifest();
  await fetch(`${blobUrl(manifest, BLOB)}&size=3`);

  const recorded = JSON.stringify(standIn.requests);

  expect(standIn.requests.at(-1)).toEqual({
    method: 'GET',
    path: new URL(blobUrl(manifest, BLOB)).pathname,
    query: 'size=3',
    status: 200,
  });
  expect(standIn.requests.map((request) => `${request.method} ${request.status}`)).toEqual([
    'POST 200',
    'POST 202',
    'GET 200',
    'GET 200',
    'GET 200',
    'GET 200',
  ]);
  const sas = new URLSearchParams(manifest.sasToken);
  expect(recorded).not.toContain(sas.get('sig') ?? '');
  expect(recorded).not.toContain('sig');
  expect(recorded).not.toContain(client.headers.Authorization.slice(7));
});
