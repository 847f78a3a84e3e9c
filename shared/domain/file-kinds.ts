import type { Audience } from './file-columns.ts';

/** The reconciliation files that are made, named as the data of Microsoft's that they are made from. */
export const fileKinds = ['onetime', 'license', 'usage', 'dailyratedusage'] as const;
export type FileKind = (typeof fileKinds)[number];

export const audiences = ['csp', 'reseller', 'customer'] as const satisfies readonly Audience[];

export const fileFormats = ['csv', 'xlsx', 'parquet'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** The kinds that a customer gets; the others show a day or a resource at a time what others are billed in sums. */
export const customerFileKinds = ['onetime', 'license'] as const satisfies readonly FileKind[];
export type CustomerFileKind = (typeof customerFileKinds)[number];

/** Whether a file of this kind is made for customers. */
export function isCustomerFileKind(kind: FileKind): kind is CustomerFileKind {
  return customerFileKinds.some((candidate) => candidate === kind);
}
