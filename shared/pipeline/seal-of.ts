import type { DatasetSeal } from '../contracts/datasets.ts';
import type { DatasetStore } from './ports.ts';

/** The seal of a dataset that somebody counts on. @throws Error when there is none: that is our own bug */
export async function sealOf(datasets: Pick<DatasetStore, 'readSeal'>, datasetId: string): Promise<DatasetSeal> {
  const seal = await datasets.readSeal(datasetId);
  if (seal === undefined) throw new Error(`Dataset ${datasetId} is taken for sealed and has no seal`);
  return seal;
}
