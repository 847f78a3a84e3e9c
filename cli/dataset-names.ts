import type { DatasetKind } from '../shared/domain/datasets.ts';

/** Datasets as a sentence calls them. */
export const datasetNames = {
  dailyratedusage: 'daily rated usage',
  onetime: 'line items of a new-commerce invoice',
  license: 'licence line items of a legacy invoice',
  usage: 'usage line items of a legacy invoice',
  costexport: 'a cost export',
} as const satisfies Record<DatasetKind, string>;
