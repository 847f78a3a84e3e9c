import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { recorder } from './functions-fixture/recorder.ts';
import { startFixtureHost } from './functions-host-fixture.ts';

const WAIT = { timeout: 10_000, interval: 25 };

const processes: ChildProcess[] = [];
let azurite: Azurite;

beforeEach(async () => {
  recorder.reset();
  azurite = await startAzurite();
});
afterEach(async () => {
  for (const child of processes.splice(0)) {
    child.kill('SIGKILL');
  }
  await azurite.stop();
});

type HostProcess = { readonly child: ChildProcess; readonly lines: readonly string[] };

async function startProcess(settings: object, ...names: readonly string[]): Promise<HostProcess> {
  const script = fileURLToPath(new URL('./functions-host-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(settings), ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await vi.waitFor(() => expect(lines.some((line) => line.startsWith('listening at '))).toBe(true), WAIT);
  return { child, lines };
}

test('the host runs in plain Node, where the library finds its core module too', async () => {
  const { lines } = await startProcess({ ROOT_ROUTE: 'root', GREETING: 'from plain Node' }, 'http-functions');
  const url = lines.find((line) => line.startsWith('listening at '))?.slice('listening at '.length);
  expect(await (await fetch(`${url}/api/root`)).text()).toBe('from plain Node');
});

test('a blob whose host was killed is taken up by the next host at once, and the lost try counts', async () => {
  const storage = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const { containerClient } = await storage.createContainer('cost-exports');
  await containerClient.getBlockBlobClient('run/manifest.json').upload('{}', 2);
  const settings = { AzureWebJobsStorage: azurite.connectionString };
  const { child, lines } = await startProcess(settings, 'hanging-blob');
  await vi.waitFor(() => expect(lines.some((line) => line.startsWith('Executing'))).toBe(true), WAIT);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const host = await startFixtureHost(['blob-functions'], {
    settings: { ...settings, DataStorage: azurite.connectionString, EXPORTS_CONTAINER: 'cost-exports' },
  });
  try {
    // Well before the lease of the dead host has run out by itself.
    await vi.waitFor(() => expect(recorder.of('ingestCostExport')).toHaveLength(1), { ...WAIT, timeout: 5_000 });
    await vi.waitFor(() => expect(host.busyCount()).toBe(0), WAIT);
  } finally {
    await host.close();
  }
  const { etag } = await containerClient.getBlobClient('run/manifest.json').getProperties();
  const name = `blobreceipts/localhost/Host.Functions.ingestCostExport/${etag}/cost-exports/run/manifest.json`;
  const receipt = await storage.getContainerClient('azure-webjobs-hosts').getBlobClient(name).getProperties();
  expect(receipt.metadata).toMatchObject({ completed: 'true', dequeuecount: '2' });
});
