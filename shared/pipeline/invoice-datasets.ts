import type { DatasetSeal } from '../contracts/datasets.ts';
import { isInView, type LineView } from '../domain/caller-scope.ts';
import { newestSealed, type SealedDataset } from '../domain/datasets.ts';
import type { FileKind } from '../domain/file-kinds.ts';
import { toSealed } from './plan-comparisons.ts';
import type { DatasetStore } from './ports.ts';

/** All versions of an invoice's lines of one kind that are sealed. */
export async function versionsOf(
  datasets: Pick<DatasetStore, 'list'>,
  { invoiceId, kind }: { readonly invoiceId: string; readonly kind: FileKind },
): Promise<readonly SealedDataset[]> {
  return versionsAmong((await datasets.list()).flatMap(toSealed), { invoiceId, kind });
}

/** The newest version of an invoice's lines of one kind. */
export function newestOf(
  sealed: readonly SealedDataset[],
  wanted: { readonly invoiceId: string; readonly kind: FileKind },
): SealedDataset | undefined {
  return newestSealed(versionsAmong(sealed, wanted));
}

function versionsAmong(
  sealed: readonly SealedDataset[],
  { invoiceId, kind }: { readonly invoiceId: string; readonly kind: FileKind },
): readonly SealedDataset[] {
  return sealed.filter((each) => each.kind === kind && each.invoiceIds.includes(invoiceId));
}

/** Whether any line of a dataset stands in a view, as its seal tells without a line being read. */
export function hasLinesIn(seal: DatasetSeal, view: LineView): boolean {
  if (seal.kind !== 'dailyratedusage') return seal.owners.some((owner) => isInView(view, owner));
  return subscriptionsIn(seal, view).length > 0;
}

/** The customers of line items who have some in a view, in order. */
export function customersIn({ owners }: DatasetSeal, view: LineView): readonly string[] {
  return [...new Set(owners.filter((owner) => isInView(view, owner)).map(({ customerId }) => customerId))].sort();
}

/**
 * The Azure subscriptions whose rows of daily rated usage may stand in a view, in order: a customer that changed reseller
 * in mid-month has rows of both, and rows that name no subscription may be anybody's. Each row is looked at all the same.
 */
export function subscriptionsIn(seal: DatasetSeal, { customerIds, mpnIds }: LineView): readonly string[] {
  const ofResellers =
    mpnIds === undefined ? undefined : new Set(mpnIds.flatMap((mpnId) => seal.subscriptionsOfReseller[mpnId] ?? []));
  return seal.subscriptions
    .filter(
      ({ subscriptionId, customerId }) =>
        (ofResellers === undefined || ofResellers.has(subscriptionId)) &&
        (customerIds === undefined || subscriptionId === '' || customerId === '' || customerIds.includes(customerId)),
    )
    .map(({ subscriptionId }) => subscriptionId)
    .sort();
}
