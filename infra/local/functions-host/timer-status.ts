import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';

/** When a schedule last ran and runs next, as ISO moments; `last` is the year 1 before the first run, as in Azure. */
export type ScheduleStatus = { readonly last: string; readonly next: string; readonly lastUpdated: string };

export const NEVER = '0001-01-01T00:00:00+00:00';

const storedStatus = z.looseObject({ Last: z.string(), Next: z.iso.datetime(), LastUpdated: z.string() });

/**
 * The memory of a timer over restarts, a small blob of the host's container, in Azure's layout: a host that was down
 * over an occurrence runs it when it comes back.
 */
export class TimerStatusStore {
  readonly #container: ContainerClient;
  readonly #blobName: string;

  constructor(container: ContainerClient, hostId: string, functionName: string) {
    this.#container = container;
    this.#blobName = `timers/${hostId}/Host.Functions.${functionName}/status`;
  }

  async read(): Promise<ScheduleStatus | undefined> {
    const blob = this.#container.getBlobClient(this.#blobName);
    if (!(await blob.exists())) {
      return undefined;
    }
    const text = (await blob.downloadToBuffer()).toString('utf8');
    const { Last, Next, LastUpdated } = storedStatus.parse(JSON.parse(text));
    return { last: Last, next: Next, lastUpdated: LastUpdated };
  }

  async write({ last, next, lastUpdated }: ScheduleStatus): Promise<void> {
    const text = JSON.stringify({ Last: last, Next: next, LastUpdated: lastUpdated });
    await this.#container.createIfNotExists();
    await this.#container.getBlockBlobClient(this.#blobName).upload(text, Buffer.byteLength(text));
  }
}
