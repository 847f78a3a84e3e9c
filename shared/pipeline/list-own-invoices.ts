import type { InvoiceRecord } from '../contracts/invoices.ts';
import type { CallerScope } from '../domain/caller.ts';
import { isKindOf, type LineView } from '../domain/caller-scope.ts';
import { type FileKind, fileKinds } from '../domain/file-kinds.ts';
import { hasLinesIn, newestOf } from './invoice-datasets.ts';
import { toSealed } from './plan-comparisons.ts';
import type { DatasetStore, InvoiceStore } from './ports.ts';
import { type InvoiceFilter, wantedInvoices } from './queries.ts';
import { sealOf } from './seal-of.ts';

export type ListOwnInvoicesPorts = { readonly invoices: InvoiceStore; readonly datasets: DatasetStore };

/** Seals that are read at once. */
const sealsAtOnce = 8;

/** An invoice and the kinds of lines in it that stand in a view. */
export type OwnInvoice = { readonly invoice: InvoiceRecord; readonly kinds: readonly FileKind[] };

/**
 * The invoices that have lines in a view, ordered by number: the newest version of their lines tells, and of what is not
 * sealed yet nobody knows whose it is. Of each invoice the seals alone are read.
 */
export async function listOwnInvoices(
  { invoices, datasets }: ListOwnInvoicesPorts,
  of: { readonly caller: CallerScope; readonly view: LineView; readonly filter: InvoiceFilter },
): Promise<readonly OwnInvoice[]> {
  const [all, records] = await Promise.all([invoices.list(), datasets.list()]);
  const sealed = records.flatMap(toSealed);
  const kinds = fileKinds.filter((kind) => isKindOf(of.caller, kind));
  const wanted = wantedInvoices(all, of.filter);
  const found: OwnInvoice[] = [];
  for (let at = 0; at < wanted.length; at += sealsAtOnce) {
    const some = wanted.slice(at, at + sealsAtOnce).map(async (invoice) => {
      const own: FileKind[] = [];
      for (const kind of kinds) {
        const dataset = newestOf(sealed, { invoiceId: invoice.invoiceId, kind });
        if (dataset !== undefined && hasLinesIn(await sealOf(datasets, dataset.datasetId), of.view)) own.push(kind);
      }
      return { invoice, kinds: own };
    });
    found.push(...(await Promise.all(some)).filter((own) => own.kinds.length > 0));
  }
  return found;
}
