import { type BlobDownloadResponseParsed, BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import pLimit from 'p-limit';
import { type BlobPath, parseBlobPath } from './blob-path.ts';
import { type BlobReceiptStore, isStatus, type ReceiptClaim } from './blob-receipts.ts';
import type { RpcTypedData } from './core-api.ts';
import { delay } from './delay.ts';
import { describeFunction } from './function-app.ts';
import { invoke, systemMetadata, type TriggerEvent } from './invocation.ts';
import type { PoisonQueue } from './poison-queue.ts';
import { triggerConnection, triggerText } from './settings.ts';
import type { Trigger, TriggerContext } from './trigger.ts';

export type BlobTriggerParts = {
  readonly receipts: BlobReceiptStore;
  readonly poisonQueue: PoisonQueue;
  readonly scanIntervalMs: number;
};

type FoundBlob = { readonly name: string; readonly etag: string };

/**
 * Scans a container and runs the function once for each version (ETag) of each blob that matches the path. There is no
 * Event Grid locally, so `source: 'EventGrid'` is scanned as well.
 */
export class BlobTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #parts: BlobTriggerParts;
  readonly #path: BlobPath;
  readonly #container: ContainerClient;
  readonly #stopping = new AbortController();
  readonly #limit: <T>(work: () => Promise<T>) => Promise<T>;
  readonly #inFlight = new Set<string>();
  /** Which version of a blob is known to be dealt with; spares a look at its receipt on each scan. */
  readonly #settled = new Map<string, string>();
  #scanning: Promise<void> = Promise.resolve();

  constructor(context: TriggerContext, parts: BlobTriggerParts) {
    const { registration, settings, hostJson } = context;
    this.#context = context;
    this.#parts = parts;
    this.#path = parseBlobPath(triggerText(registration, 'path', settings), registration);
    const service = blobService(triggerConnection(registration, settings), describeFunction(registration));
    this.#container = service.getContainerClient(this.#path.containerName);
    this.#limit = pLimit(hostJson.blobs.maxParallel);
  }

  start(): Promise<void> {
    this.#scanning = this.#scanUntilStopped();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#scanning;
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  async #scanUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#scan();
      } catch (error) {
        // A container that does not exist yet is looked for again; other trouble may pass by the next scan as well.
        if (!isStatus(error, 404) && !signal.aborted) {
          this.#log('warning', `The container '${this.#path.containerName}' could not be scanned`, error);
        }
      }
      await delay(this.#parts.scanIntervalMs, signal);
    }
  }

  async #scan(): Promise<void> {
    const { signal } = this.#stopping;
    const gone = new Set(this.#settled.keys());
    for await (const item of this.#container.listBlobsFlat({ prefix: this.#path.prefix, abortSignal: signal })) {
      const blob = { name: item.name, etag: quoted(item.properties.etag) };
      gone.delete(blob.name);
      const isKnown = this.#settled.get(blob.name) === blob.etag || this.#inFlight.has(blob.name);
      if (!isKnown && this.#path.capture(blob.name) !== undefined) {
        this.#inFlight.add(blob.name);
        void this.#takeUp(blob);
      }
    }
    for (const name of gone) {
      this.#settled.delete(name);
    }
  }

  async #takeUp(blob: FoundBlob): Promise<void> {
    try {
      const isSettled = await this.#limit(() => this.#settle(blob));
      if (isSettled) {
        this.#settled.set(blob.name, blob.etag);
      }
    } catch (error) {
      this.#log(
        'error',
        `The blob '${this.#path.containerName}/${blob.name}' could not be handled; it is tried again`,
        error,
      );
    } finally {
      this.#inFlight.delete(blob.name);
    }
  }

  /** Resolves true when this version of the blob needs no more attention from this host. */
  async #settle(blob: FoundBlob): Promise<boolean> {
    if (this.#stopping.signal.aborted) {
      return false;
    }
    return await this.#context.work.run(async () => {
      const key = {
        functionName: this.#context.registration.name,
        containerName: this.#path.containerName,
        blobName: blob.name,
        etag: blob.etag,
      };
      const claim = await this.#parts.receipts.claim(key, (error) =>
        this.#log('warning', `The lease on the receipt of '${blob.name}' was lost`, error),
      );
      if (claim === 'completed' || claim === 'taken') {
        return claim === 'completed';
      }
      try {
        return await this.#tryUntilSettled(blob, claim);
      } finally {
        await claim.release();
      }
    });
  }

  async #tryUntilSettled(blob: FoundBlob, claim: ReceiptClaim): Promise<boolean> {
    const { maxDequeueCount, retryDelayMs } = this.#context.hostJson.blobs;
    while (claim.tryCount < maxDequeueCount) {
      const event = await this.#readEvent(blob);
      if (event === undefined) {
        await claim.complete();
        return true;
      }
      await claim.countTry();
      if (await this.#runOnce(event)) {
        await claim.complete();
        return true;
      }
      await delay(retryDelayMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted && claim.tryCount < maxDequeueCount) {
        return false;
      }
    }
    await this.#giveUp(blob, claim.tryCount);
    await claim.complete();
    return true;
  }

  /** The failure is in the log, with its cause; here it only means another try. */
  async #runOnce(event: TriggerEvent): Promise<boolean> {
    try {
      await invoke(this.#context.app, this.#context.registration, event);
      return true;
    } catch {
      return false;
    }
  }

  async #giveUp(blob: FoundBlob, tryCount: number): Promise<void> {
    await this.#parts.poisonQueue.send({
      functionName: this.#context.registration.name,
      blobType: 'BlockBlob',
      containerName: this.#path.containerName,
      blobName: blob.name,
      etag: blob.etag,
    });
    this.#log('error', `Message has reached MaxDequeueCount of ${tryCount}. The blob '${blob.name}' is now poison.`);
  }

  /** Undefined when the blob is gone or has been overwritten: the new version is found by the next scan. */
  async #readEvent(blob: FoundBlob): Promise<TriggerEvent | undefined> {
    const client = this.#container.getBlobClient(blob.name);
    let response: BlobDownloadResponseParsed;
    try {
      response = await client.download(undefined, undefined, { conditions: { ifMatch: blob.etag } });
    } catch (error) {
      if (isStatus(error, 404, 412)) {
        return undefined;
      }
      throw error;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of response.readableStreamBody ?? []) {
      chunks.push(Buffer.from(chunk));
    }
    const path = `${this.#path.containerName}/${blob.name}`;
    return {
      reason: `New blob detected: ${path}`,
      data: { bytes: Buffer.concat(chunks) },
      metadata: {
        BlobTrigger: { string: path },
        Uri: { json: JSON.stringify(client.url) },
        Properties: { json: JSON.stringify(blobProperties(response, blob.etag)) },
        Metadata: { json: JSON.stringify(response.metadata ?? {}) },
        ...Object.fromEntries(
          Object.entries(this.#path.capture(blob.name) ?? {}).map(([name, value]): [string, RpcTypedData] => [
            name,
            { string: value },
          ]),
        ),
        sys: systemMetadata(this.#context.registration.name),
      },
    };
  }

  #log(level: string, message: string, ...args: readonly unknown[]): void {
    this.#context.app.onLog({ level, functionName: this.#context.registration.name, message, args });
  }
}

/** In .NET's names; the library lowers their first letters. */
function blobProperties(response: BlobDownloadResponseParsed, etag: string): object {
  return {
    LastModified: response.lastModified?.toISOString(),
    CreatedOn: response.createdOn?.toISOString(),
    Metadata: response.metadata ?? {},
    BlobType: response.blobType,
    ContentLength: response.contentLength,
    ContentType: response.contentType,
    ContentEncoding: response.contentEncoding,
    ETag: etag,
  };
}

/** Lists give the ETag bare, properties give it in quotes; receipts and conditions want the quotes. */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

export function blobService(connection: string, who: string): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(connection);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${who}: the storage connection string cannot be used: ${reason}`, { cause });
  }
}
