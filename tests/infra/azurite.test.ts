import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { parseQueueAccount, queueRequest } from '../../infra/local/functions-host/poison-queue.ts';

const WAIT = { timeout: 15_000, interval: 25 };

let running: Azurite[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'azurite-test-'));
});
afterEach(async () => {
  await Promise.all(running.map((azurite) => azurite.stop()));
  running = [];
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof startAzurite>[0] = {}): Promise<Azurite> {
  const azurite = await startAzurite(options);
  running.push(azurite);
  return azurite;
}

/** No retries: a test that kills the storage wants to see the failure at once. */
const retryOptions = { maxTries: 1 };

function container(azurite: Azurite): ContainerClient {
  return BlobServiceClient.fromConnectionString(azurite.connectionString, { retryOptions }).getContainerClient('data');
}

function table(azurite: Azurite): TableClient {
  return TableClient.fromConnectionString(azurite.connectionString, 'rows', {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function names(client: ContainerClient): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of client.listBlobsFlat()) {
    found.push(name);
  }
  return found;
}

async function rowKeys(client: TableClient): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const { rowKey } of client.listEntities()) {
    found.push(rowKey);
  }
  return found;
}

test('in memory, blobs, tables and queues work, two of them side by side, and stop ends the process', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  await container(first).create();
  await container(first).getBlockBlobClient('a').upload('hello', 5);
  expect(await container(second).exists()).toBe(false);
  await table(first).createTable();
  await table(first).createEntity({ partitionKey: 'p', rowKey: 'r', amount: '1.20' });
  expect(await table(first).getEntity('p', 'r')).toMatchObject({ amount: '1.20' });
  await queueRequest(parseQueueAccount(first.connectionString), { method: 'PUT', path: 'some-queue' });
  expect(first.blobEndpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  expect(new Set([first.blobEndpoint, first.tableEndpoint, first.queueEndpoint, second.blobEndpoint]).size).toBe(4);
  expect(isAlive(first.pid)).toBe(true);
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  await first.stop();
});

test('it dies with its parent, even when the parent is killed', async () => {
  const script = fileURLToPath(new URL('./azurite-parent.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--no-warnings', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WAIT);
  } finally {
    parent.kill('SIGKILL');
  }
});

test('it does not keep its parent alive, and ends with it', async () => {
  const script = fileURLToPath(new URL('./azurite-parent.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--no-warnings', script, 'finish'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const closed = once(parent, 'close');
    const [line] = await once(parent.stdout, 'data');
    expect(await closed).toEqual([0, null]);
    await vi.waitFor(() => expect(isAlive(Number(String(line)))).toBe(false), WAIT);
  } finally {
    parent.kill('SIGKILL');
  }
});

test('when it does not come up, the error says what it printed', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, 'not a folder');
  await expect(startAzurite({ folder: join(file, 'below') })).rejects.toThrow(/ENOTDIR|EEXIST/);
  await writeFile(join(folder, '__azurite_db_blob__.json'), 'not a database');
  await expect(startAzurite({ folder })).rejects.toThrow(
    /Azurite did not start: .*It printed: .*(JSON|Unexpected token)/s,
  );
});

describe('in a folder', () => {
  test('whatever was answered is still there after SIGKILL, at once and after a second one', async () => {
    const first = await start({ folder });
    await container(first).create();
    await table(first).createTable();
    for (let index = 0; index < 20; index += 1) {
      const name = `blob-${String(index).padStart(2, '0')}`;
      await container(first)
        .getBlockBlobClient(name)
        .upload(name, name.length, { metadata: { index: String(index) } });
      await table(first).upsertEntity({ partitionKey: 'p', rowKey: name, index }, 'Replace');
    }
    await container(first).deleteBlob('blob-00');
    await table(first).deleteEntity('p', 'blob-00');
    await table(first).upsertEntity({ partitionKey: 'p', rowKey: 'blob-01', index: 100 }, 'Replace');
    const { etag } = await container(first).getBlobClient('blob-01').getProperties();
    await first.stop();

    for (let round = 0; round < 2; round += 1) {
      const again = await start({ folder });
      expect(await names(container(again))).toHaveLength(19);
      expect(await rowKeys(table(again))).toHaveLength(19);
      expect(String(await container(again).getBlobClient('blob-19').downloadToBuffer())).toBe('blob-19');
      expect(await container(again).getBlobClient('blob-01').getProperties()).toMatchObject({
        etag,
        metadata: { index: '1' },
      });
      expect(await table(again).getEntity('p', 'blob-01')).toMatchObject({ index: 100 });
      await again.stop();
    }
  });

  test('killed in the middle of many writes, it has every write that was answered', async () => {
    const first = await start({ folder });
    await container(first).create();
    await table(first).createTable();
    const answered: string[] = [];
    let isKilled = false;
    const writer = async (lane: number): Promise<void> => {
      for (let index = 0; index < 2_000; index += 1) {
        const name = `${lane}-${index}`;
        try {
          await container(first)
            .getBlockBlobClient(name)
            .upload(name, name.length, { abortSignal: AbortSignal.timeout(5_000) });
          await table(first).createEntity({ partitionKey: 'p', rowKey: name });
        } catch (error) {
          if (isKilled) {
            return;
          }
          throw error;
        }
        answered.push(name);
      }
    };
    const lanes = [writer(0), writer(1), writer(2), writer(3)];
    await vi.waitFor(() => expect(answered.length).toBeGreaterThan(200), WAIT);
    isKilled = true;
    await first.stop();
    const upToKill = [...answered];
    await Promise.all(lanes);

    const again = await start({ folder });
    expect(await names(container(again))).toEqual(expect.arrayContaining(upToKill));
    expect(await rowKeys(table(again))).toEqual(expect.arrayContaining(upToKill));
    for (const name of upToKill.slice(-10)) {
      expect(String(await container(again).getBlobClient(name).downloadToBuffer())).toBe(name);
    }
  });

  test('a dropped container and table stay dropped, and can be created again', async () => {
    const first = await start({ folder });
    for (const name of ['old', 'new']) {
      await container(first).createIfNotExists();
      await container(first).getBlockBlobClient(name).upload(name, name.length);
      await table(first).createTable();
      await table(first).createEntity({ partitionKey: 'p', rowKey: name });
      if (name === 'old') {
        await container(first).delete();
        await table(first).deleteTable();
      }
    }
    await first.stop();
    const again = await start({ folder });
    expect(await names(container(again))).toEqual(['new']);
    expect(await rowKeys(table(again))).toEqual(['new']);
  });
});
