import { setTimeout as delay } from 'node:timers/promises';
import { fetchAs, localSignIn } from '../../infra/local/sign-in.ts';
import { apiVersion, type InvoiceItem, type MeterItem, type ReconciliationItem } from '../../shared/contracts/http.ts';
import { comparisons } from '../../shared/domain/tolerance.ts';
import { checkedFetch } from './checked-api.ts';

/* What readers see of runs while the pipeline works, held to: whole runs only, and never an earlier one again. */

export type RunHistory = {
  /** How often everything was read. */
  readonly rounds: number;
  /** By comparison and invoice, the runs that were seen, in the order in which they came. */
  readonly runs: ReadonlyMap<string, readonly string[]>;
  /** By run, its rows as they were seen every time. */
  readonly rows: ReadonlyMap<string, string>;
};

const pagesMax = 1_000;
const restMs = 150;

/** Reads over and over until it is stopped. `stop` rejects when a reader saw half a run, two in one walk, or went back. */
export function watchRuns(apiUrl: string): { readonly stop: () => Promise<RunHistory> } {
  const ask = checkedFetch(apiUrl, fetchAs(localSignIn(apiUrl, { role: 'csp.reader' })));
  const runs = new Map<string, string[]>();
  const rows = new Map<string, string>();
  let rounds = 0;
  let isStopped = false;

  async function list<T>(path: string): Promise<readonly T[]> {
    const items: T[] = [];
    let next: string | undefined = `${apiUrl}/${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
    for (let pages = 0; next !== undefined && pages < pagesMax; pages += 1) {
      const response = await ask(next);
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
      const page = (await response.json()) as { readonly value: readonly T[]; readonly nextLink?: string };
      items.push(...page.value);
      next = page.nextLink;
    }
    return items;
  }

  function sawRun(comparison: string, runId: string): void {
    const seen = runs.get(comparison) ?? [];
    if (seen.at(-1) === runId) return;
    if (seen.includes(runId)) throw new Error(`${comparison}: ${runId} was seen again after ${seen.at(-1)}`);
    runs.set(comparison, [...seen, runId]);
  }

  function sawRows(what: string, text: string): void {
    const before = rows.get(what);
    if (before !== undefined && before !== text) throw new Error(`${what} had other rows before:\n${before}\n${text}`);
    rows.set(what, text);
  }

  async function round(): Promise<void> {
    const reconciled = (await list<InvoiceItem>('invoices?top=1')).filter(
      ({ reconciliation }) => reconciliation.state === 'reconciled',
    );
    for (const { invoiceId, reconciliation } of reconciled) {
      sawRun(`costexport ${invoiceId}`, reconciliation.runId ?? '');
    }
    for (const comparedWith of comparisons) {
      const items = await list<ReconciliationItem>(`reconciliations?comparedWith=${comparedWith}&top=7`);
      const byInvoice = Map.groupBy(items, ({ invoiceId }) => invoiceId);
      for (const [invoiceId, own] of byInvoice) {
        const ids = new Set(own.map(({ runId }) => runId));
        if (ids.size !== 1) throw new Error(`One walk had rows of the runs ${[...ids].join(' and ')}`);
        for (const runId of ids) {
          sawRun(`${comparedWith} ${invoiceId}`, runId);
          sawRows(runId, JSON.stringify(own));
        }
      }
      for (const { invoiceId } of comparedWith === 'costexport' ? reconciled : []) {
        if (!byInvoice.has(invoiceId)) throw new Error(`${invoiceId} is reconciled and has no rows`);
      }
      const one = items[rounds % Math.max(1, items.length)];
      if (one !== undefined) await readMeters(one);
    }
  }

  async function readMeters({ runId, subscriptionId, lines }: ReconciliationItem): Promise<void> {
    const path = `reconciliations/${runId}/subscriptions/${encodeURIComponent(subscriptionId || '-')}/meters?top=5`;
    const meters = await list<MeterItem>(path);
    const counted = Object.values(lines).reduce((sum, count) => sum + count, 0);
    if (meters.length !== counted) throw new Error(`${path} has ${meters.length} lines of ${counted}`);
    // Breaks follow the publishing by moments, and change.
    sawRows(path, JSON.stringify(meters.map(({ break: _, ...meter }) => meter)));
  }

  const reading = (async () => {
    while (!isStopped) {
      await round();
      rounds += 1;
      // A reader that never rests would have the machine to itself, and the month would take as long again.
      await delay(restMs);
    }
  })();
  reading.catch(() => undefined);
  return {
    stop: async () => {
      isStopped = true;
      await reading;
      return { rounds, runs, rows };
    },
  };
}
