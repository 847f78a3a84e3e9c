import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BilledData, RouteGroup } from '../../infra/local/partner-center/script.ts';
import {
  AMENDMENT,
  BillingClient,
  BLOB_NAMES,
  blobUrl,
  CONTOSO,
  FABRIKAM,
  FOREIGN,
  LEGACY,
  Manifest,
  MODERN,
  MODERN_WITHOUT_DATA,
  startSample,
  writeBlobs,
} from './partner-center-sample.ts';

const FULL = { invoiceId: MODERN, attributeSet: 'full' };
const NOT_READY = `No reconciliation data available currently for Invoice ${MODERN}. Please try again later.`;

describe('an export', () => {
  test.each([
    ['usage/billed', FULL],
    ['reconciliation/billed', FULL],
    ['usage/billed', { invoiceId: MODERN }],
    ['usage/billed', { invoiceId: MODERN, attributeSet: 'basic' }],
  ])('of %s with %j is accepted, with a link to its operation', async (kind, body) => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.submit(body, kind);

    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toMatch(
      new RegExp(`^${standIn.graphUrl}/reports/partners/billing/operations/[0-9a-f-]{36}$`),
    );
    expect(await answer.text()).toBe('');
  });

  test('names its operation in the older header when the script says so', async () => {
    const { standIn, script } = await startSample();
    script.operationHeader = 'Operation-Location';
    const client = await BillingClient.connect(standIn);

    const answer = await client.submit(FULL);

    expect(answer.headers.get('location')).toBeNull();
    expect(await client.end(answer.headers.get('operation-location') ?? '')).toMatchObject({ status: 'succeeded' });
  });

  test.each([
    ['no JSON', '{"invoiceId":'],
    ['no object', '[]'],
    ['no invoice id', { attributeSet: 'full' }],
    ['an empty invoice id', { invoiceId: '', attributeSet: 'full' }],
    ['an unknown attribute set', { invoiceId: MODERN, attributeSet: 'all' }],
  ])('with %s is refused', async (_, body) => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.submit(body);

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'badRequest', message: expect.any(String) } });
  });

  test.each(['usage/unbilled', 'reconciliation/unbilled'])('of %s says that it is not done here', async (kind) => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.submit({ currencyCode: 'EUR', billingPeriod: 'current' }, kind);

    expect(answer.status).toBe(501);
    expect(await answer.json()).toMatchObject({ error: { code: 'notImplemented' } });
  });
});

describe('an operation', () => {
  test('runs for as many polls as scripted and then succeeds, and stays so', async () => {
    let nowMs = Date.parse('2024-06-10T06:00:00Z');
    const { standIn, script } = await startSample({ now: () => new Date(nowMs) });
    script.runningPolls = 2;
    script.pollAgainAfterSeconds = 10;
    const client = await BillingClient.connect(standIn);
    const link = await client.operationLink(FULL);

    const polls = [];
    for (let poll = 0; poll < 4; poll += 1) {
      nowMs += 1_000;
      polls.push(await client.get(link));
    }

    expect(polls.map((poll) => [poll.status, poll.headers.get('retry-after')])).toEqual([
      [200, '10'],
      [200, '10'],
      [200, null],
      [200, null],
    ]);
    const bodies = await Promise.all(polls.map((poll) => poll.json()));
    const common = { id: link.split('/').at(-1), createdDateTime: expect.any(String) };
    expect(bodies).toMatchObject([
      { ...common, '@odata.type': '#microsoft.graph.partners.billing.runningOperation', status: 'running' },
      { ...common, '@odata.type': '#microsoft.graph.partners.billing.runningOperation', status: 'running' },
      { ...common, '@odata.type': '#microsoft.graph.partners.billing.exportSuccessOperation', status: 'succeeded' },
      { ...common, '@odata.type': '#microsoft.graph.partners.billing.exportSuccessOperation', status: 'succeeded' },
    ]);
    expect(bodies[0]).not.toHaveProperty('resourceLocation');
    expect(
      bodies.map((body) => z.looseObject({ lastActionDateTime: z.string() }).parse(body).lastActionDateTime),
    ).toEqual([
      '2024-06-10T06:00:01.0000000Z',
      '2024-06-10T06:00:02.0000000Z',
      '2024-06-10T06:00:03.0000000Z',
      '2024-06-10T06:00:03.0000000Z',
    ]);
  });

  test('can say that it has not started, before it runs', async () => {
    const { standIn, script } = await startSample();
    script.startsAsNotStarted = true;
    script.runningPolls = 2;
    const client = await BillingClient.connect(standIn);
    const link = await client.operationLink(FULL);

    const first = await (await client.get(link)).json();
    const second = await (await client.get(link)).json();

    expect([first, second]).toMatchObject([{ status: 'notStarted' }, { status: 'running' }]);
  });

  test('names its manifest in three ways, in turn', async () => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const ended = [];
    for (let export_ = 0; export_ < 4; export_ += 1) ended.push(await client.end(await client.operationLink(FULL)));

    const [byLink, embedded, byUrl, again] = ended;
    const link = expect.stringMatching(new RegExp(`^${standIn.graphUrl}/reports/partners/billing/manifests/[^/]+$`));
    expect(byLink).toMatchObject({ 'resourceLocation@odata.navigationLink': link });
    expect(byLink).not.toHaveProperty('resourceLocation');
    const inside = Manifest.parse(embedded?.resourceLocation);
    expect(embedded).not.toHaveProperty('resourceLocation@odata.navigationLink');
    expect(byUrl).toMatchObject({ resourceLocation: link });
    expect(again).toMatchObject({ 'resourceLocation@odata.navigationLink': link });
    // The embedded manifest is a resource of its own, too.
    const outside = await client.manifest(`${standIn.graphUrl}/reports/partners/billing/manifests/${inside.id}`);
    expect(outside.rootDirectory).toBe(inside.rootDirectory);
  });

  test('keeps to one shape when told to', async () => {
    const { standIn, script } = await startSample();
    script.locationShapes = ['url'];
    const client = await BillingClient.connect(standIn);

    const first = await client.end(await client.operationLink(FULL));
    const second = await client.end(await client.operationLink(FULL));

    expect([typeof first.resourceLocation, typeof second.resourceLocation]).toEqual(['string', 'string']);
  });

  test('of an invoice that is not ready fails with code 5000, as often as scripted', async () => {
    const { standIn, script } = await startSample();
    script.notReadyNext(2, MODERN);
    const client = await BillingClient.connect(standIn);

    const ended = [];
    for (let export_ = 0; export_ < 3; export_ += 1) ended.push(await client.end(await client.operationLink(FULL)));

    const failed = {
      '@odata.type': '#microsoft.graph.partners.billing.failedOperation',
      status: 'failed',
      error: { code: '5000', message: NOT_READY },
    };
    expect(ended).toMatchObject([failed, failed, { status: 'succeeded' }]);
  });

  test('of another invoice is not held up by one that is not ready', async () => {
    const { standIn, script } = await startSample();
    script.notReadyNext(1, MODERN_WITHOUT_DATA);
    const client = await BillingClient.connect(standIn);

    expect(await client.end(await client.operationLink(FULL))).toMatchObject({ status: 'succeeded' });
  });

  test('fails for good with the scripted code, at HTTP 200', async () => {
    const { standIn, script } = await startSample();
    script.failExportsOf(MODERN, { code: '2000', message: 'Partner is not onboarded' });
    const client = await BillingClient.connect(standIn);

    for (const link of [await client.operationLink(FULL), await client.operationLink(FULL)]) {
      const error = { code: '2000', message: 'Partner is not onboarded' };
      expect(await client.end(link)).toMatchObject({ status: 'failed', error });
      expect((await client.get(link)).status).toBe(200);
    }
  });

  test.each([
    [
      'a legacy invoice',
      LEGACY,
      `No reconciliation data available currently for Invoice ${LEGACY}. Please try again later.`,
    ],
    ['an invoice without such data', MODERN_WITHOUT_DATA, 'No data available'],
    ['an invoice nobody has', 'G000099999', 'No data available'],
    ['an invoice of another partner', FOREIGN, 'No data available'],
    ['an id that is a path', '../legacy/D000000001', 'No data available'],
    ['an amendment without data', AMENDMENT, 'No data available'],
  ])('of %s fails with code 5000', async (_, invoiceId, message) => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const ended = await client.end(await client.operationLink({ invoiceId, attributeSet: 'full' }));

    expect(ended).toMatchObject({ status: 'failed', error: { code: '5000', message } });
  });

  test('and its manifest are gone when their links have expired, and a new export helps', async () => {
    const { standIn, script } = await startSample();
    const client = await BillingClient.connect(standIn);
    const operation = await client.operationLink(FULL);
    const manifest = (await client.end(operation))['resourceLocation@odata.navigationLink'] ?? '';

    script.expireLinks();

    for (const link of [operation, manifest]) {
      const answer = await client.get(link);
      expect(answer.status).toBe(410);
      expect(await answer.json()).toMatchObject({ error: { code: 'gone' } });
    }
    expect(await client.end(await client.operationLink(FULL))).toMatchObject({ status: 'succeeded' });
  });

  test('is gone after its life, by the clock', async () => {
    let nowMs = Date.parse('2024-06-10T06:00:00Z');
    const { standIn, script } = await startSample({ now: () => new Date(nowMs) });
    script.linkLifeSeconds = 100;
    const client = await BillingClient.connect(standIn);
    const operation = await client.operationLink(FULL);

    nowMs += 99_000;
    expect((await client.get(operation)).status).toBe(200);
    nowMs += 1_000;
    expect((await client.get(operation)).status).toBe(410);
  });

  test('and its manifest are not there for another partner', async () => {
    const { standIn } = await startSample();
    const contoso = await BillingClient.connect(standIn, CONTOSO);
    const fabrikam = await BillingClient.connect(standIn, FABRIKAM);
    const operation = await contoso.operationLink(FULL);
    const manifest = (await contoso.end(operation))['resourceLocation@odata.navigationLink'] ?? '';

    expect((await fabrikam.get(operation)).status).toBe(404);
    expect((await fabrikam.get(manifest)).status).toBe(404);
    expect((await contoso.get(manifest)).status).toBe(200);
    const own = await fabrikam.end(await fabrikam.operationLink({ invoiceId: FOREIGN }));
    expect(own).toMatchObject({ status: 'succeeded' });
  });

  test('that nobody started is not found', async () => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.get(`${standIn.graphUrl}/reports/partners/billing/operations/${CONTOSO.tenantId}`);

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'itemNotFound' } });
  });
});

describe('a manifest', () => {
  test('has every documented field', async () => {
    const nowMs = Date.parse('2024-06-10T06:00:00Z');
    const { standIn } = await startSample({ now: () => new Date(nowMs) });
    const client = await BillingClient.connect(standIn);

    const manifest = await client.manifest(await client.manifestLink(FULL));

    expect(manifest).toEqual({
      '@odata.context': expect.any(String),
      id: expect.any(String),
      schemaVersion: '1',
      dataFormat: 'compressedJSONLines',
      createdDateTime: '2024-06-10T06:00:00.000Z',
      eTag: expect.stringMatching(/^[\w-]{17}$/),
      partnerTenantId: CONTOSO.tenantId,
      rootDirectory: `${standIn.url}/blobs/billedusage/v1/PartnerTenantId=${CONTOSO.tenantId}/BillingMonth=202405/InvoiceId=${MODERN}/InvoiceVersion=1/Fragment=full/PartitionType=default`,
      sasToken: expect.any(String),
      partitionType: 'Default',
      blobCount: 2,
      blobs: BLOB_NAMES.map((name) => ({ name, partitionValue: 'default' })),
    });
    const sas = new URLSearchParams(manifest.sasToken);
    expect([sas.get('sr'), sas.get('sp'), sas.get('sdd'), sas.get('se')]).toEqual([
      'd',
      'rl',
      '7',
      '2024-06-10T18:00:00Z',
    ]);
  });

  test('of the reconciliation names the blobs of the reconciliation', async () => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const manifest = await client.manifest(await client.manifestLink(FULL, 'reconciliation/billed'));

    expect(manifest.rootDirectory).toContain('/billedreconciliation/');
    expect(manifest.blobs).toEqual([{ name: BLOB_NAMES[0], partitionValue: 'default' }]);
  });

  test('says the other data format when told to', async () => {
    const { standIn, script } = await startSample();
    script.dataFormat = 'compressedJSON';
    const client = await BillingClient.connect(standIn);

    expect((await client.manifest(await client.manifestLink(FULL))).dataFormat).toBe('compressedJSON');
  });

  test('that no operation has named is not found', async () => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.get(`${standIn.graphUrl}/reports/partners/billing/manifests/${CONTOSO.tenantId}`);

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'itemNotFound' } });
  });

  test('keeps its eTag while the data stay, and names other blobs with another eTag when they change', async () => {
    const { standIn, script, folder } = await startSample();
    const client = await BillingClient.connect(standIn);
    const link = await client.manifestLink(FULL);
    const first = await client.manifest(link);
    const same = await client.manifest(link);
    const later = join(folder, 'later');
    await writeBlobs(later, ['part-00007-new.c000.json.gz'], '{"Quantity":2}');

    script.replaceData({ invoiceId: MODERN, data: 'dailyratedusage', folder: later });
    const second = await client.manifest(link);

    expect(same.eTag).toBe(first.eTag);
    expect(second.eTag).not.toBe(first.eTag);
    expect(second.rootDirectory).toContain('/InvoiceVersion=2/');
    expect(second.blobs.map((blob) => blob.name)).toEqual(['part-00007-new.c000.json.gz']);
    expect((await fetch(blobUrl(second, 'part-00007-new.c000.json.gz'))).status).toBe(200);
    // The older version can be read to its end, but not with the newer one's SAS.
    expect((await fetch(blobUrl(first, BLOB_NAMES[0]))).status).toBe(200);
    expect((await fetch(blobUrl({ ...first, sasToken: second.sasToken }, BLOB_NAMES[0]))).status).toBe(403);
  });

  test('changes its eTag when a blob is written anew in place', async () => {
    const { standIn, folder } = await startSample();
    const client = await BillingClient.connect(standIn);
    const link = await client.manifestLink(FULL);
    const first = await client.manifest(link);

    await writeBlobs(join(folder, 'exports', MODERN, 'dailyratedusage'), [BLOB_NAMES[1]], '{"Quantity":3}');

    expect((await client.manifest(link)).eTag).not.toBe(first.eTag);
  });

  test.each(['dailyratedusage', 'onetime'] satisfies BilledData[])(
    'of %s appears for an invoice whose data come later',
    async (data) => {
      const { standIn, folder } = await startSample();
      const client = await BillingClient.connect(standIn);
      const kind = data === 'onetime' ? 'reconciliation/billed' : 'usage/billed';
      const body = { invoiceId: MODERN_WITHOUT_DATA };
      expect(await client.end(await client.operationLink(body, kind))).toMatchObject({ status: 'failed' });

      await writeBlobs(join(folder, 'exports', MODERN_WITHOUT_DATA, data), [BLOB_NAMES[0]], '{}');

      expect(await client.end(await client.operationLink(body, kind))).toMatchObject({ status: 'succeeded' });
    },
  );
});

describe('disturbed', () => {
  const throttled = {
    error: {
      code: 'TooManyRequests',
      message: 'Please retry again later.',
      innerError: { code: '429', status: '429', message: 'Please retry after', date: expect.any(String) },
    },
  };

  test.each(['export', 'operation', 'manifest'] satisfies RouteGroup[])(
    'requests of the group %s are throttled as often as scripted, and then answered',
    async (group) => {
      const { standIn, script } = await startSample();
      script.runningPolls = 0;
      script.locationShapes = ['navigation-link'];
      const client = await BillingClient.connect(standIn);
      const operation = await client.operationLink(FULL);
      const manifest = (await client.end(operation))['resourceLocation@odata.navigationLink'] ?? '';
      const ask = {
        export: () => client.submit(FULL),
        operation: () => client.get(operation),
        manifest: () => client.get(manifest),
      }[group];
      script.throttleNext(group, 2, 7);

      const answers = [await ask(), await ask(), await ask()];

      expect(answers.map((answer) => answer.status)).toEqual([429, 429, group === 'export' ? 202 : 200]);
      expect(answers[0]?.headers.get('retry-after')).toBe('7');
      expect(await answers[0]?.json()).toMatchObject(throttled);
    },
  );

  test('requests of other groups are left alone', async () => {
    const { standIn, script } = await startSample();
    const client = await BillingClient.connect(standIn);
    script.throttleNext('manifest', 5);

    expect(await client.end(await client.operationLink(FULL))).toMatchObject({ status: 'succeeded' });
  });

  test('every third request is throttled, until the script ends it', async () => {
    const { standIn, script } = await startSample();
    const client = await BillingClient.connect(standIn);
    script.throttleEvery('any', 3);

    const statuses = [];
    for (let request = 0; request < 6; request += 1) statuses.push((await client.submit(FULL)).status);
    script.clearFaults();
    for (let request = 0; request < 3; request += 1) statuses.push((await client.submit(FULL)).status);

    expect(statuses).toEqual([202, 202, 429, 202, 202, 429, 202, 202, 202]);
  });

  test('Retry-After can be a date or missing', async () => {
    const nowMs = Date.parse('2024-06-10T06:00:00Z');
    const { standIn, script } = await startSample({ now: () => new Date(nowMs) });
    const client = await BillingClient.connect(standIn);
    script.throttleNext('export', 2, 90);

    script.retryAfterForm = 'date';
    const dated = await client.submit(FULL);
    script.retryAfterForm = 'absent';
    const bare = await client.submit(FULL);

    expect(dated.headers.get('retry-after')).toBe('Mon, 10 Jun 2024 06:01:30 GMT');
    expect([bare.status, bare.headers.get('retry-after')]).toEqual([429, null]);
  });

  test.each([
    [500, 'generalException'],
    [503, 'serviceNotAvailable'],
    [403, 'Authorization_RequestDenied'],
  ])('a request fails with %d as scripted', async (status, code) => {
    const { standIn, script } = await startSample();
    const client = await BillingClient.connect(standIn);
    script.failNext('export', 1, status);

    const failed = await client.submit(FULL);

    expect(failed.status).toBe(status);
    expect(await failed.json()).toMatchObject({ error: { code } });
    expect((await client.submit(FULL)).status).toBe(202);
  });

  test('every second poll fails', async () => {
    const { standIn, script } = await startSample();
    const client = await BillingClient.connect(standIn);
    const link = await client.operationLink(FULL);
    script.failEvery('operation', 2, 503);

    const statuses = [];
    for (let poll = 0; poll < 4; poll += 1) statuses.push((await client.get(link)).status);

    expect(statuses).toEqual([200, 503, 200, 503]);
  });

  test('a script that cannot be played is refused when it is written', async () => {
    const { script } = await startSample();

    expect(() => script.failNext('export', 1, 200)).toThrow(RangeError);
    expect(() => script.throttleEvery('export', 0)).toThrow(RangeError);
  });
});

describe('paths', () => {
  test.each([
    '/graph/v1.0/reports/partners/billing/usage/billed',
    '/graph/v1.0/reports/partners/billing/usage/rated/export',
    '/graph/v1.0/reports/partners/billing/costs/billed/export',
    '/graph/v1.0/reports/partners/billing/usage/billed/export/again',
    '/graph/v1.0/reports/partners/billing/operations/1/2',
    '/graph/v1.0/me',
  ])('%s leads nowhere', async (path) => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);

    const answer = await client.get(`${standIn.url}${path}`);

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'itemNotFound' } });
  });

  test('that cannot be decoded are refused', async () => {
    const { standIn } = await startSample();

    expect((await fetch(`${standIn.graphUrl}/%zz`)).status).toBe(400);
  });

  test('an export cannot be read, and an operation cannot be written', async () => {
    const { standIn } = await startSample();
    const client = await BillingClient.connect(standIn);
    const operation = await client.operationLink(FULL);

    const read = await client.get(`${standIn.graphUrl}/reports/partners/billing/usage/billed/export`);
    const written = await fetch(operation, { method: 'DELETE', headers: client.headers });

    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST']);
    expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

test('a defect of the folder is told apart from an answer of Microsoft', async () => {
  const defects: Error[] = [];
  const { standIn, folder } = await startSample({ onDefect: (error) => defects.push(error) });
  const client = await BillingClient.connect(standIn);
  await writeFile(join(folder, 'invoices.json'), '{"broken":');

  const answer = await client.submit(FULL);

  expect(answer.status).toBe(500);
  expect(await answer.json()).toEqual({ standInDefect: expect.stringContaining('JSON') });
  expect(defects).toHaveLength(1);
});
