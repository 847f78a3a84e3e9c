import type { DatasetSeal } from '../contracts/datasets.ts';
import { boundedCache } from './bounded-cache.ts';
import type { DatasetStore } from './ports.ts';

/** Entries of seals that are kept together; one takes some 200 bytes. */
const entriesKeptMax = 50_000;

/**
 * `datasets`, remembering seals, which never change: whose an invoice's lines are is asked of them at every request, and
 * how long that takes should tell nobody how much there is of others.
 */
export function rememberSeals(datasets: DatasetStore, entriesMax: number = entriesKeptMax): DatasetStore {
  const seals = boundedCache<DatasetSeal | undefined>(entriesMax, (seal) =>
    seal === undefined ? 0 : 1 + seal.subscriptions.length + seal.plans.length,
  );
  return {
    ...datasets,
    readSeal: async (datasetId) => {
      const seal = await seals.read(datasetId, () => datasets.readSeal(datasetId));
      // What is not sealed may be at the next request.
      if (seal === undefined) seals.forget(datasetId);
      return seal;
    },
  };
}
