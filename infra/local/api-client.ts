import { apiVersion, type InvoiceItem, type ReconciliationItem, type RunItem } from '../../shared/contracts/http.ts';

/** Pages that are followed; a list that is longer is our mistake. */
const pagesMax = 1_000;

/** Reads the product's own HTTP API, as any caller would. */
export function apiClient(apiUrl: string) {
  async function list<T>(path: string): Promise<readonly T[]> {
    const items: T[] = [];
    let next: string | undefined = `${apiUrl}/${path}?api-version=${apiVersion}&top=1000`;
    for (let page = 0; next !== undefined; page += 1) {
      if (page === pagesMax) throw new Error(`The list ${path} has no end`);
      const response = await fetch(next);
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
      const body = (await response.json()) as { readonly value: readonly T[]; readonly nextLink?: string };
      items.push(...body.value);
      next = body.nextLink;
    }
    return items;
  }
  return {
    invoices: () => list<InvoiceItem>('invoices'),
    reconciliations: () => list<ReconciliationItem>('reconciliations'),
    runs: () => list<RunItem>('runs'),
  };
}
