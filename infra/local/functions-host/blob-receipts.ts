import { hostname } from 'node:os';
import { type BlobLeaseClient, type BlockBlobClient, type ContainerClient, RestError } from '@azure/storage-blob';

/**
 * The receipts of blob triggers: one small blob for each (function, blob, ETag), in the container and under the names
 * that Azure uses. Azure completes a receipt when it has put a message into a queue of its own and counts tries on
 * that message; here there is no such queue, so the receipt carries the count and is completed when the blob has been
 * dealt with. A host killed in between leaves an open receipt, and the next host goes on from it.
 */
const CONTAINER_DIRECTORY = 'blobreceipts';
/** Azure's shortest lease: a killed host on another machine blocks its blobs for so long. */
const LEASE_SECONDS = 15;
const LEASE_RENEWAL_MS = 5_000;

export type ReceiptKey = {
  readonly functionName: string;
  readonly containerName: string;
  readonly blobName: string;
  readonly etag: string;
};

export class BlobReceiptStore {
  readonly #container: ContainerClient;
  readonly #hostId: string;

  constructor(hostContainer: ContainerClient, hostId: string) {
    this.#container = hostContainer;
    this.#hostId = hostId;
  }

  /**
   * Takes the receipt for this host alone.
   * @returns undefined when the blob has been dealt with (`completed`) or another host has it (`taken`)
   */
  async claim(key: ReceiptKey, onLeaseLost: (error: unknown) => void): Promise<ReceiptClaim | 'completed' | 'taken'> {
    const name = `${key.etag}/${key.containerName}/${key.blobName}`;
    const receipt = this.#container.getBlockBlobClient(
      `${CONTAINER_DIRECTORY}/${this.#hostId}/Host.Functions.${key.functionName}/${name}`,
    );
    if ((await this.#ensureExists(receipt)) === 'completed') {
      return 'completed';
    }
    const lease = await acquireLease(receipt);
    if (lease === undefined) {
      return 'taken';
    }
    const metadata = await readMetadata(receipt);
    if (metadata === undefined || metadata['completed'] === 'true') {
      await lease.releaseLease();
      return 'completed';
    }
    return new ReceiptClaim({ receipt, lease, tryCount: Number(metadata['dequeuecount'] ?? 0), onLeaseLost });
  }

  async #ensureExists(receipt: BlockBlobClient): Promise<'open' | 'completed'> {
    const metadata = await readMetadata(receipt);
    if (metadata !== undefined) {
      return metadata['completed'] === 'true' ? 'completed' : 'open';
    }
    await this.#container.createIfNotExists();
    try {
      await receipt.upload('', 0, { conditions: { ifNoneMatch: '*' }, metadata: { completed: 'false' } });
    } catch (error) {
      // Another host created it in between: the lease decides.
      if (!isStatus(error, 409, 412)) {
        throw error;
      }
    }
    return 'open';
  }
}

type ClaimParts = {
  readonly receipt: BlockBlobClient;
  readonly lease: BlobLeaseClient;
  readonly tryCount: number;
  readonly onLeaseLost: (error: unknown) => void;
};

/** A receipt under this host's lease, renewed until `release`. */
export class ReceiptClaim {
  readonly #receipt: BlockBlobClient;
  readonly #lease: BlobLeaseClient;
  readonly #renewal: NodeJS.Timeout;
  #tryCount: number;

  constructor({ receipt, lease, tryCount, onLeaseLost }: ClaimParts) {
    this.#receipt = receipt;
    this.#lease = lease;
    this.#tryCount = tryCount;
    this.#renewal = setInterval(() => {
      lease.renewLease().catch((error: unknown) => {
        clearInterval(this.#renewal);
        onLeaseLost(error);
      });
    }, LEASE_RENEWAL_MS);
  }

  /** How often the function has been tried with this blob, by this host and those before it. */
  get tryCount(): number {
    return this.#tryCount;
  }

  /** Written before the try, so that a host that dies of it has counted it. */
  async countTry(): Promise<void> {
    this.#tryCount += 1;
    await this.#write('false');
  }

  async complete(): Promise<void> {
    await this.#write('true');
  }

  async release(): Promise<void> {
    clearInterval(this.#renewal);
    try {
      await this.#lease.releaseLease();
    } catch (error) {
      // The lease ran out and someone else may hold the receipt by now; there is nothing left to release.
      if (!isStatus(error, 404, 409)) {
        throw error;
      }
    }
  }

  async #write(completed: 'true' | 'false'): Promise<void> {
    const metadata = { completed, dequeuecount: String(this.#tryCount), owner: ownName() };
    await this.#receipt.setMetadata(metadata, { conditions: { leaseId: this.#lease.leaseId } });
  }
}

async function acquireLease(receipt: BlockBlobClient): Promise<BlobLeaseClient | undefined> {
  const lease = receipt.getBlobLeaseClient();
  if (await tryAcquire(lease)) {
    return lease;
  }
  // After a crash the stack comes back at once; it need not wait for the lease of a process that is gone.
  const owner = (await readMetadata(receipt))?.['owner'];
  if (owner !== undefined && isDeadProcessOfThisMachine(owner)) {
    await lease.breakLease(0);
    return (await tryAcquire(lease)) ? lease : undefined;
  }
  return undefined;
}

async function tryAcquire(lease: BlobLeaseClient): Promise<boolean> {
  try {
    await lease.acquireLease(LEASE_SECONDS);
    return true;
  } catch (error) {
    if (isStatus(error, 404, 409)) {
      return false;
    }
    throw error;
  }
}

function ownName(): string {
  return `${hostname()}/${process.pid}`;
}

function isDeadProcessOfThisMachine(owner: string): boolean {
  const [machine, pid] = owner.split('/');
  if (machine !== hostname()) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function readMetadata(receipt: BlockBlobClient): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return (await receipt.getProperties()).metadata ?? {};
  } catch (error) {
    if (isStatus(error, 404)) {
      return undefined;
    }
    throw error;
  }
}

export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof RestError && error.statusCode !== undefined && statuses.includes(error.statusCode);
}
