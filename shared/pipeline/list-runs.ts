import pLimit from 'p-limit';
import { z } from 'zod';
import type { DatasetRecord } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { RunItem } from '../contracts/http.ts';
import type { DownloadRecord } from '../contracts/invoices.ts';
import { downloadKind } from '../contracts/messages.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { identityOf } from '../domain/content-hash.ts';
import type { DatasetStore, DownloadStore, FailureStore, RunStore } from './ports.ts';
import { type Page, type PagePlace, rowsFor, takePage, type WalkStep } from './take-page.ts';

export type ListRunsPorts = {
  readonly downloads: DownloadStore;
  readonly datasets: DatasetStore;
  readonly runs: RunStore;
  readonly failures: FailureStore;
};

/** Comparisons whose progress is asked for at once. */
const comparisonsAtOnce = 16;

/** Behind which piece of work a walk is; the kinds come in this order. */
const place = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('download'),
    after: z.strictObject({ tenantId: z.string(), invoiceId: z.string(), kind: downloadKind }),
  }),
  z.strictObject({
    kind: z.literal('dataset'),
    after: z.strictObject({ billingCycle: z.string(), datasetId: z.string() }),
  }),
  z.strictObject({ kind: z.literal('comparison'), after: z.strictObject({ runId: z.string() }) }),
  z.strictObject({ kind: z.literal('failure'), after: z.strictObject({ failureId: z.string() }) }),
]);
type Place = z.infer<typeof place>;

/** A record, and how it is shown; a comparison is asked how far it is only when it is shown. */
type Work = () => RunItem | Promise<RunItem>;

/** A page of the pipeline's work and what became of it: downloads, datasets, comparisons, and what was given up. */
export async function pageOfRuns(ports: ListRunsPorts, { top, position }: PagePlace): Promise<Page<RunItem>> {
  const from = position === undefined ? undefined : place.parse(JSON.parse(position));
  const { items, next } = await takePage(walkWork(ports, from, rowsFor(top)), top);
  const limit = pLimit(comparisonsAtOnce);
  return { items: await Promise.all(items.map((work) => limit(work))), next };
}

/** All that a page may have, from a place on. */
async function* walkWork(
  { downloads, datasets, runs, failures }: ListRunsPorts,
  from: Place | undefined,
  atOnce: number,
): AsyncGenerator<WalkStep<Work>> {
  const kinds = ['download', 'dataset', 'comparison', 'failure'] as const;
  for (const kind of kinds.slice(from === undefined ? 0 : kinds.indexOf(from.kind))) {
    switch (kind) {
      case 'download': {
        const after = from?.kind === kind ? from.after : undefined;
        for await (const record of downloads.walk({ after, atOnce })) {
          const { tenantId, invoiceId, kind: downloaded } = record;
          const behind: Place = { kind, after: { tenantId, invoiceId, kind: downloaded } };
          yield { place: JSON.stringify(behind), item: () => downloadItem(record) };
        }
        break;
      }
      case 'dataset': {
        const after = from?.kind === kind ? from.after : undefined;
        for await (const record of datasets.walk({ after, atOnce })) {
          const behind: Place = { kind, after: { billingCycle: record.billingCycle, datasetId: record.datasetId } };
          yield { place: JSON.stringify(behind), item: () => datasetItem(record) };
        }
        break;
      }
      case 'comparison': {
        const after = from?.kind === kind ? from.after : undefined;
        for await (const record of runs.walk({ after, atOnce })) {
          const behind: Place = { kind, after: { runId: record.runId } };
          yield { place: JSON.stringify(behind), item: () => comparisonItem(runs, record) };
        }
        break;
      }
      case 'failure': {
        const after = from?.kind === kind ? from.after : undefined;
        for await (const record of failures.walk({ after, atOnce })) {
          const behind: Place = { kind, after: { failureId: record.failureId } };
          yield { place: JSON.stringify(behind), item: () => failureItem(record) };
        }
      }
    }
  }
}

/** The id of a download among all work; it stands in addresses. */
export function downloadIdOf({
  tenantId,
  invoiceId,
  kind,
}: Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind'>): string {
  return identityOf(['download', tenantId, invoiceId, kind]);
}

function downloadItem(record: DownloadRecord): RunItem {
  const { invoiceId, kind, billingCycle, state, problem } = record;
  return {
    kind: 'download',
    id: downloadIdOf(record),
    invoiceId,
    lineItems: kind,
    billingCycle,
    state,
    ...(problem === undefined ? {} : { problem }),
  };
}

function datasetItem(record: DatasetRecord): RunItem {
  const { datasetId, billingCycle, manifestName, state, rows, problemCount, problems } = record;
  return {
    kind: 'dataset',
    id: datasetId,
    billingCycle,
    source: manifestName,
    state,
    ...(rows === undefined ? {} : { rows }),
    problemCount,
    problems,
  };
}

function failureItem({ failureId, kind, step, subject, reason }: FailureRecord): RunItem {
  return { kind: 'failure', id: failureId, state: kind, step, subject, reason };
}

async function comparisonItem(runs: RunStore, run: RunRecord): Promise<RunItem> {
  const {
    runId,
    billingCycle,
    invoiceId,
    comparedWith,
    state,
    expectedSubscriptions,
    policyVersion,
    isTryOut,
    summary,
    gate,
    problem,
  } = run;
  const pointer = await runs.readPointer(run);
  const done = state === 'published' ? expectedSubscriptions : (await runs.listSubscriptions(runId)).length;
  return {
    kind: 'comparison',
    id: runId,
    billingCycle,
    invoiceId,
    comparedWith,
    state,
    isCurrent: pointer?.runId === runId,
    subscriptionsDone: done,
    subscriptionsExpected: expectedSubscriptions,
    policyVersion,
    ...(isTryOut === undefined ? {} : { isTryOut }),
    ...(gate === undefined ? {} : { gate }),
    ...(summary === undefined ? {} : { summary }),
    ...(problem === undefined ? {} : { problem }),
  };
}
