import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { parseQueueAccount, queueRequest } from '../../infra/local/functions-host/poison-queue.ts';
import { recorder } from './functions-fixture/recorder.ts';
import { gate, type HostUnderTest, startFixtureHost } from './functions-host-fixture.ts';

const WAIT = { timeout: 15_000, interval: 25 };

let azurite: Azurite;
let storage: BlobServiceClient;
let hosts: HostUnderTest[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  storage = BlobServiceClient.fromConnectionString(azurite.connectionString);
});
afterAll(() => azurite.stop());

beforeEach(() => recorder.reset());
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  // Every test begins with an empty account: the receipts of one must not spare another its work.
  for await (const { name } of storage.listContainers()) {
    await storage.deleteContainer(name);
  }
});

async function startHost(hostJson: unknown = { version: '2.0' }): Promise<HostUnderTest> {
  const settings = {
    AzureWebJobsStorage: azurite.connectionString,
    DataStorage: azurite.connectionString,
    EXPORTS_CONTAINER: 'cost-exports',
  };
  const host = await startFixtureHost(['blob-functions'], { settings, hostJson });
  hosts.push(host);
  return host;
}

async function createContainer(name: string): Promise<ContainerClient> {
  return (await storage.createContainer(name)).containerClient;
}

async function put(container: ContainerClient, name: string, text: string): Promise<void> {
  await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
    metadata: { Origin: 'test' },
    blobHTTPHeaders: { blobContentType: 'application/json' },
  });
}

/** A blob that is found after everything before it: when it has been handled, the scan has passed all others. */
async function passScan(container: ContainerClient, name: string): Promise<void> {
  await put(container, `${name}-manifest.json`, 'marker');
  const trigger = `cost-exports/${name}-manifest.json`;
  await vi.waitFor(() => {
    expect(triggersOf('ingestCostExport')).toContain(trigger);
  }, WAIT);
}

function triggersOf(functionName: string): readonly unknown[] {
  return recorder.of(functionName).map(({ context }) => context.triggerMetadata?.['blobTrigger']);
}

test('a blob reaches the function as bytes, with the captured names and its metadata', async () => {
  await startHost();
  const container = await createContainer('invoices');
  await put(container, 'tenant-a/G012/dailyratedusage/7/other.json', 'not a manifest');
  await put(container, 'tenant-a/G012/dailyratedusage/7/manifest.json', '{"parts":2}');
  await vi.waitFor(() => expect(recorder.of('ingestInvoice')).toHaveLength(1), WAIT);
  const [entry] = recorder.of('ingestInvoice');
  expect(entry?.value).toBeInstanceOf(Buffer);
  expect(String(entry?.value)).toBe('{"parts":2}');
  const path = 'invoices/tenant-a/G012/dailyratedusage/7/manifest.json';
  expect(entry?.context.triggerMetadata).toMatchObject({
    blobTrigger: path,
    uri: `${azurite.blobEndpoint}/${encodeURI(path)}`,
    tenant: 'tenant-a',
    invoiceId: 'G012',
    kind: 'dailyratedusage',
    // The library parses every text that is JSON, so a captured number arrives as one; the same happens in Azure.
    version: 7,
    metadata: { origin: 'test' },
    properties: { contentLength: 11, contentType: 'application/json' },
    sys: { methodName: 'ingestInvoice' },
  });
});

test('a captured name takes slashes, and a name with spaces and umlauts is itself', async () => {
  await startHost();
  const container = await createContainer('cost-exports');
  await put(container, 'dir one/20260101-20260131/ü/manifest.json', '');
  await put(container, 'manifest.json', '');
  await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(2), WAIT);
  const paths = recorder.of('ingestCostExport').map(({ context }) => context.triggerMetadata?.['path']);
  expect(paths.toSorted()).toEqual(['', 'dir one/20260101-20260131/ü/']);
  expect(recorder.of('ingestCostExport').every(({ value }) => Buffer.isBuffer(value) && value.length === 0)).toBe(true);
});

test('a container that comes into being later is scanned then', async () => {
  const host = await startHost();
  await passScan(await createContainer('cost-exports'), 'a');
  const container = await createContainer('invoices');
  await put(container, 't/i/k/v/manifest.json', '{}');
  await vi.waitFor(() => expect(recorder.of('ingestInvoice')).toHaveLength(1), WAIT);
  expect(host.logs.filter(({ level }) => level === 'warning')).toEqual([]);
});

describe('receipts', () => {
  test('a handled blob does not run again, also not in a host started later', async () => {
    const container = await createContainer('cost-exports');
    const first = await startHost();
    await put(container, 'run/manifest.json', 'one');
    await passScan(container, 'x');
    await first.close();
    await startHost();
    await passScan(container, 'y');
    await passScan(container, 'z');
    expect(triggersOf('ingestCostExport').toSorted()).toEqual([
      'cost-exports/run/manifest.json',
      'cost-exports/x-manifest.json',
      'cost-exports/y-manifest.json',
      'cost-exports/z-manifest.json',
    ]);
  });

  test('an overwritten blob runs again, in the same host and in the next', async () => {
    const container = await createContainer('cost-exports');
    const first = await startHost();
    await put(container, 'run/manifest.json', 'one');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), WAIT);
    await put(container, 'run/manifest.json', 'two');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(2), WAIT);
    await first.close();
    await put(container, 'run/manifest.json', 'three');
    await startHost();
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(3), WAIT);
    expect(recorder.of('ingestCostExport').map(({ value }) => String(value))).toEqual(['one', 'two', 'three']);
  });

  test('of two hosts on one account only one runs a blob', async () => {
    const container = await createContainer('cost-exports');
    const { passed, open } = gate();
    recorder.behave('ingestCostExport', () => passed);
    await startHost();
    await startHost();
    await put(container, 'run/manifest.json', 'one');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), WAIT);
    // The other host finds the marker while the first blob is still held.
    await passScan(container, 'marker');
    open();
    await vi.waitFor(() => expect(hosts.every((host) => host.busyCount() === 0)).toBe(true), WAIT);
    await passScan(container, 'second-marker');
    expect(triggersOf('ingestCostExport').filter((path) => path === 'cost-exports/run/manifest.json')).toHaveLength(1);
  });

  test('a receipt stands where Azure keeps it', async () => {
    const container = await createContainer('cost-exports');
    const host = await startHost();
    await put(container, 'run/manifest.json', 'one');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), WAIT);
    await host.close();
    const { etag } = await container.getBlobClient('run/manifest.json').getProperties();
    const name = `blobreceipts/localhost/Host.Functions.ingestCostExport/${etag}/cost-exports/run/manifest.json`;
    const receipt = await storage.getContainerClient('azure-webjobs-hosts').getBlobClient(name).getProperties();
    expect(receipt.metadata).toMatchObject({ completed: 'true', dequeuecount: '1' });
  });
});

describe('failures', () => {
  test('a failing blob is tried five times and then goes to the poison queue', async () => {
    const container = await createContainer('cost-exports');
    recorder.behave('ingestCostExport', (blob) => {
      if (String(blob) === 'bad') {
        throw new Error('this manifest is damaged');
      }
    });
    const host = await startHost();
    await put(container, 'run/manifest.json', 'bad');
    await vi.waitFor(() => expect(host.logs.some(({ message }) => message.includes('is now poison'))).toBe(true), WAIT);
    await passScan(container, 'a');
    expect(triggersOf('ingestCostExport').filter((path) => path === 'cost-exports/run/manifest.json')).toHaveLength(5);
    const failures = host.logs.filter(({ message }) => message.includes('this manifest is damaged'));
    expect(failures.map(({ level }) => level)).toEqual(Array(5).fill('error'));
    const { etag } = await container.getBlobClient('run/manifest.json').getProperties();
    expect(await readPoisonMessages()).toEqual([
      {
        Type: 'BlobTrigger',
        FunctionId: 'Host.Functions.ingestCostExport',
        BlobType: 'BlockBlob',
        ContainerName: 'cost-exports',
        BlobName: 'run/manifest.json',
        ETag: etag,
      },
    ]);
  });

  test('a blob that succeeds at the third try is not poison', async () => {
    const container = await createContainer('cost-exports');
    const before = (await readPoisonMessages()).length;
    recorder.behave('ingestCostExport', () => {
      if (recorder.of('ingestCostExport').length < 3) {
        throw new Error('not yet');
      }
    });
    const host = await startHost();
    await put(container, 'run/manifest.json', 'one');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(3), WAIT);
    await vi.waitFor(() => expect(host.busyCount()).toBe(0), WAIT);
    await passScan(container, 'a');
    expect(recorder.of('ingestCostExport')).toHaveLength(4);
    expect(await readPoisonMessages()).toHaveLength(before);
  });

  test('tries are counted over restarts', async () => {
    const container = await createContainer('cost-exports');
    recorder.behave('ingestCostExport', () => {
      throw new Error('never');
    });
    const slow = { version: '2.0', extensions: { queues: { visibilityTimeout: '00:10:00' } } };
    const first = await startHost(slow);
    await put(container, 'run/manifest.json', 'one');
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), WAIT);
    await first.close();
    const second = await startHost();
    await vi.waitFor(
      () => expect(second.logs.some(({ message }) => message.includes('is now poison'))).toBe(true),
      WAIT,
    );
    expect(recorder.of('ingestCostExport')).toHaveLength(5);
  });
});

test('close waits for a running invocation and completes its receipt', async () => {
  const container = await createContainer('cost-exports');
  const { passed, open } = gate();
  recorder.behave('ingestCostExport', () => passed);
  const first = await startHost();
  await put(container, 'run/manifest.json', 'one');
  await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), WAIT);
  expect(first.busyCount()).toBe(1);
  let isClosed = false;
  const closing = first.close().then(() => {
    isClosed = true;
  });
  await put(container, 'late/manifest.json', 'late');
  expect(isClosed).toBe(false);
  open();
  await closing;
  recorder.reset();
  await startHost();
  await passScan(container, 'a');
  expect(triggersOf('ingestCostExport').toSorted()).toEqual([
    'cost-exports/a-manifest.json',
    'cost-exports/late/manifest.json',
  ]);
});

/** Looks at the messages without taking them. */
async function readPoisonMessages(): Promise<readonly unknown[]> {
  const account = parseQueueAccount(azurite.connectionString);
  await queueRequest(account, { method: 'PUT', path: 'webjobs-blobtrigger-poison' });
  const answer = await queueRequest(account, {
    method: 'GET',
    path: 'webjobs-blobtrigger-poison/messages',
    query: { peekonly: 'true', numofmessages: '32' },
  });
  return [...answer.matchAll(/<MessageText>([^<]*)<\/MessageText>/g)].map(([, text = '']) =>
    JSON.parse(Buffer.from(text, 'base64').toString('utf8')),
  );
}
