import { z } from 'zod';
import { apiVersion, invoiceItem, reconciliationItem, runItem } from '../../shared/contracts/http.ts';
import { fetchAs, localSignIn } from './sign-in.ts';

/** Pages that are followed; a list that is longer is our mistake. */
const pagesMax = 1_000;

/** Reads the product's own HTTP API, as an operator would, and holds every answer to its contract. */
export function apiClient(apiUrl: string) {
  const fetchAsOperator = fetchAs(localSignIn(apiUrl));
  async function list<S extends z.ZodType>(path: string, item: S): Promise<readonly z.infer<S>[]> {
    const page = z.strictObject({ value: z.array(item), nextLink: z.url().optional() });
    const items: z.infer<S>[] = [];
    let next: string | undefined = `${apiUrl}/${path}?api-version=${apiVersion}&top=1000`;
    for (let pages = 0; next !== undefined; pages += 1) {
      if (pages === pagesMax) throw new Error(`The list ${path} has no end`);
      const response = await fetchAsOperator(next);
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
      const body = page.parse(await response.json());
      items.push(...body.value);
      next = body.nextLink;
    }
    return items;
  }
  return {
    invoices: () => list('invoices', invoiceItem),
    reconciliations: () => list('reconciliations', reconciliationItem),
    runs: () => list('runs', runItem),
  };
}
