import type { AuditEntry } from '../contracts/audit.ts';
import type { ChangeSummary } from '../contracts/breaks.ts';
import type { RecordedChange } from '../contracts/catalogue.ts';
import type { DatasetDefinition, DatasetRecord, DatasetSeal, ShardHeader } from '../contracts/datasets.ts';
import type { FailureRecord } from '../contracts/failures.ts';
import type { FileRecord } from '../contracts/files.ts';
import type { GrantRecord } from '../contracts/grants.ts';
import type { DownloadRecord, InvoiceRecord, SourceManifest } from '../contracts/invoices.ts';
import type { IssueRecord } from '../contracts/issues.ts';
import type { DownloadKind } from '../contracts/messages.ts';
import type { PublishedPointer, RunPlan, RunRecord, RunSubscription } from '../contracts/runs.ts';
import type { Break } from '../domain/breaks.ts';
import type { Catalogue, CatalogueKind } from '../domain/catalogue.ts';
import type { MeterLine } from '../domain/comparison.ts';
import type { CatalogueRecord } from '../domain/flat-record.ts';
import type { IssueChange } from '../domain/issue.ts';
import type { LineItem } from '../domain/line-item.ts';
import type { MeterTotal } from '../domain/meter-totals.ts';
import type { PlanLine } from '../domain/plan-lines.ts';
import type { PlanTotal } from '../domain/plan-totals.ts';
import type { LineChange } from '../domain/run-changes.ts';
import type { ComparedWith, TolerancePolicy } from '../domain/tolerance.ts';
import type { RandomAccessFile } from '../formats/random-access-file.ts';
import type resources from '../resources.json';

/*
 * What the steps need of the world, in our words. Every write is by key: doing it twice is doing it once, and `create…`
 * leaves what is there alone. Whatever an adapter throws is trouble that a retry may cure, unless it is a
 * TerminalError.
 */

export interface Clock {
  /** The present moment, ISO 8601 in UTC with milliseconds. */
  now(): string;
}

export interface Log {
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
}
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Microsoft's side: which invoices there are, and their line items. */
export interface InvoiceSource {
  listInvoices(tenantId: string): Promise<readonly InvoiceRecord[]>;
  /** Asks for an export of one set of line items. Asking twice starts two, which does no harm. */
  requestExport(request: {
    readonly tenantId: string;
    readonly invoiceId: string;
    readonly kind: DownloadKind;
  }): Promise<string>;
  readOperation(request: { readonly tenantId: string; readonly operationUrl: string }): Promise<ExportOperation>;
  /** Opens one file of an export. `changed`: the source offers another version of the data now, or this one no more. */
  openPart(request: {
    readonly tenantId: string;
    readonly manifest: SourceManifest;
    readonly part: number;
  }): Promise<{ readonly kind: 'open'; readonly bytes: AsyncIterable<Uint8Array> } | { readonly kind: 'changed' }>;
}

/**
 * Where an export stands. `notReady`: it ended without data that should still come; ask for a new one later. `gone`:
 * its address has expired; ask for a new one now. `failed`: it will not come.
 */
export type ExportOperation =
  | { readonly kind: 'running'; readonly retryAfterMs: number }
  | { readonly kind: 'notReady'; readonly reason: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ready'; readonly manifest: SourceManifest };

export interface InvoiceStore {
  put(invoice: InvoiceRecord): Promise<void>;
  list(): Promise<readonly InvoiceRecord[]>;
}

export interface DownloadStore {
  get(key: Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind'>): Promise<DownloadRecord | undefined>;
  /** Brings the record to a later state or generation; otherwise leaves it alone. @returns what is there afterwards */
  advance(record: DownloadRecord): Promise<DownloadRecord>;
  list(): Promise<readonly DownloadRecord[]>;
}

/** `etag` names the version of the bytes, `writtenAt` says since when they are there. */
export type StoredFile = {
  readonly blobName: string;
  readonly sizeBytes: number;
  readonly sha256?: string;
  readonly etag?: string;
  readonly writtenAt?: string;
};

/** A container of files that we only read. */
export interface FileArchive {
  find(blobName: string): Promise<StoredFile | undefined>;
  /** @returns undefined when there is no such file */
  open(blobName: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The same by its pieces. */
  openRandomAccess(blobName: string): Promise<RandomAccessFile | undefined>;
  readText(blobName: string): Promise<string | undefined>;
  list(prefix: string): Promise<readonly StoredFile[]>;
}

/** The evidence: raw bytes as they came, written once and never changed, each with its SHA-256. */
export interface RawArchive extends FileArchive {
  /** @returns what is there afterwards, written now or before */
  create(blobName: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile>;
}

export interface DatasetStore {
  createDefinition(definition: DatasetDefinition): Promise<void>;
  readDefinition(datasetId: string): Promise<DatasetDefinition | undefined>;
  /** Brings the record to a later state; an earlier or equal one leaves it alone. */
  advance(record: DatasetRecord): Promise<void>;
  get(billingCycle: string, datasetId: string): Promise<DatasetRecord | undefined>;
  listCycle(billingCycle: string): Promise<readonly DatasetRecord[]>;
  list(): Promise<readonly DatasetRecord[]>;
  createShard(
    header: ShardHeader,
    contents: {
      readonly totals: readonly MeterTotal[];
      readonly plans: readonly PlanTotal[];
      readonly lines: readonly LineItem[];
    },
  ): Promise<void>;
  /** The parts that have a shard. */
  listShards(datasetId: string): Promise<ReadonlySet<number>>;
  readShardHeader(datasetId: string, part: number): Promise<ShardHeader>;
  readShardTotals(datasetId: string, part: number): AsyncIterable<MeterTotal>;
  readShardPlans(datasetId: string, part: number): AsyncIterable<PlanTotal>;
  readShardLines(datasetId: string, part: number): AsyncIterable<LineItem>;
  /** Keeps the rows of a part, grouped by subscription (`subscription-rows.ts`), unless they are there already. */
  createRows(datasetId: string, part: number, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** @returns undefined when the part has no grouped rows */
  openRows(datasetId: string, part: number): Promise<RandomAccessFile | undefined>;
  createSeal(seal: DatasetSeal): Promise<void>;
  readSeal(datasetId: string): Promise<DatasetSeal | undefined>;
}

/** Meter totals of sealed datasets, one partition per subscription. */
export interface MeterStore {
  /** `totals` ordered by subscription. */
  seed(datasetId: string, totals: AsyncIterable<MeterTotal>): Promise<void>;
  read(datasetId: string, subscriptionId: string): Promise<readonly MeterTotal[]>;
}

/** What sealed datasets come to by what was ordered, one partition per plan: what `invoicelines` compares. */
export interface PlanStore {
  /** `totals` ordered by plan. */
  seedUsage(datasetId: string, totals: AsyncIterable<PlanTotal>): Promise<void>;
  readUsage(datasetId: string, planId: string): Promise<readonly PlanTotal[]>;
  seedLines(datasetId: string, lines: AsyncIterable<PlanLine>): Promise<void>;
  readLines(datasetId: string, planId: string): Promise<readonly PlanLine[]>;
}

/** Line items of sealed datasets, one partition per customer. */
export interface LineStore {
  /** `lines` ordered by customer within each part. */
  seed(datasetId: string, lines: AsyncIterable<LineItem>): Promise<void>;
  /** Those of one customer, in the order of the download. */
  read(datasetId: string, customerId: string): AsyncIterable<LineItem>;
}

/** A record of the catalogue as it is stored, with the tag of its version and what people have changed in it. */
export type StoredRecord = {
  readonly record: CatalogueRecord;
  readonly etag: string;
  readonly changes: readonly RecordedChange[];
};

/** Resellers, customers, subscriptions and margins: the present ones, and the catalogues that files were made from. */
export interface CatalogueStore {
  read(): Promise<{ readonly catalogue: Catalogue; readonly etagOf: (kind: CatalogueKind, id: string) => string }>;
  get(kind: CatalogueKind, id: string): Promise<StoredRecord | undefined>;
  /**
   * Writes `record` if it is still at `etag`, or, without one, if there is none. `change` is kept with it.
   * @returns `conflict` when somebody else was there first; then nothing is written
   */
  write(kind: CatalogueKind, record: CatalogueRecord, on: CatalogueWrite): Promise<'written' | 'conflict'>;
  /** What was changed in the record stays known. */
  remove(
    kind: CatalogueKind,
    id: string,
    on: CatalogueWrite & { readonly etag: string },
  ): Promise<'removed' | 'conflict'>;
  /** Keeps a whole catalogue for good, under the hash of its contents. */
  keep(catalogueHash: string, catalogue: Catalogue): Promise<void>;
  /** @throws Error when there is none of this hash */
  readKept(catalogueHash: string): Promise<Catalogue>;
}

export type CatalogueWrite = { readonly etag: string | undefined; readonly change?: RecordedChange };
/** The tolerance policy that comparisons are made with; `ordinal` grows with each that is put up. */
export type CurrentPolicy = { readonly policy: TolerancePolicy; readonly ordinal: number };

/** Tolerance policies: documents that never change, and which of them is the present one. */
export interface PolicyStore {
  /** Keeps a policy without making it the present one. `taken`: its version is that of another policy. */
  keep(policy: TolerancePolicy): Promise<'kept' | 'taken'>;
  /** Those that are kept, ordered by version, the default one among them. */
  list(): Promise<readonly TolerancePolicy[]>;
  /** Takes a policy off the list. Its document stays: runs name it. */
  remove(version: string): Promise<void>;
  /** The default one until another is put up. */
  current(): Promise<CurrentPolicy>;
  get(version: string): Promise<TolerancePolicy | undefined>;
  /**
   * Makes `policy` the present one. `changed`: what was present when the caller looked (`ordinal`) is not any more.
   * `taken`: its version is that of another policy.
   */
  put(policy: TolerancePolicy, ordinal: number): Promise<'stored' | 'changed' | 'taken'>;
}

/** Where the breaks of a subscription, or plan, stand. */
export type BreakKey = {
  readonly tenantId: string;
  readonly comparedWith: ComparedWith;
  readonly subscriptionId: string;
};

export interface BreakStore {
  read(key: BreakKey): Promise<readonly Break[]>;
  /** Writes what `change` makes of the breaks; asks it again when somebody else wrote meanwhile. */
  update(key: BreakKey, change: (known: readonly Break[]) => readonly Break[]): Promise<void>;
}

/** What runs changed against the ones before them. */
export interface ChangeStore {
  putLines(runId: string, beforeRunId: string, lines: readonly LineChange[]): Promise<void>;
  putSummary(summary: ChangeSummary): Promise<void>;
  readSummary(runId: string): Promise<ChangeSummary | undefined>;
  readLines(runId: string, beforeRunId: string): Promise<readonly LineChange[]>;
}

export type RunKey = Pick<RunRecord, 'billingCycle' | 'comparedWith' | 'invoiceId'>;

export interface RunStore {
  create(record: RunRecord, plan: RunPlan): Promise<void>;
  get(runId: string): Promise<RunRecord | undefined>;
  readPlan(runId: string): Promise<RunPlan>;
  list(): Promise<readonly RunRecord[]>;
  putLines(runId: string, subscriptionId: string, lines: readonly MeterLine[]): Promise<void>;
  readLines(runId: string, subscriptionId: string): Promise<readonly MeterLine[]>;
  putSubscription(result: RunSubscription): Promise<void>;
  listSubscriptions(runId: string): Promise<readonly RunSubscription[]>;
  /** Ends this attempt of a run that is being compared; a run that has ended stays as it is. */
  finish(record: RunRecord): Promise<void>;
  /** Begins a further attempt of a run that has failed. @returns what is there afterwards */
  restart(record: RunRecord): Promise<RunRecord>;
  readPointer(key: RunKey): Promise<PublishedPointer | undefined>;
  /** The runs that readers see, of all comparisons; each of them is published. */
  listPointers(): Promise<readonly PublishedPointer[]>;
  /**
   * Makes `pointer` the run that readers see, unless one of a later order is there already.
   * @returns which of the two readers see afterwards
   */
  movePointer(key: RunKey, pointer: PublishedPointer): Promise<'moved' | 'laterIsThere'>;
}

export interface FileStore {
  get(fileId: string): Promise<FileRecord | undefined>;
  /** Brings the record to a later state; otherwise leaves it alone. @returns what is there afterwards */
  advance(record: FileRecord): Promise<FileRecord>;
  list(): Promise<readonly FileRecord[]>;
  writeContent(record: FileRecord, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  openContent(record: FileRecord): Promise<AsyncIterable<Uint8Array> | undefined>;
}

export type StoredGrant = { readonly grant: GrantRecord; readonly etag: string };

/** Which reseller's or customer's eyes each principal (`tenant/object`) has. */
export interface GrantStore {
  list(): Promise<readonly StoredGrant[]>;
  get(principalId: string): Promise<StoredGrant | undefined>;
  /**
   * Writes `grant`, or takes back what there is when it is undefined, if that is still at `etag`; without one, if there
   * is none. @returns `conflict` when somebody else was there first; then nothing is written
   */
  write(principalId: string, grant: GrantRecord | undefined, etag: string | undefined): Promise<'written' | 'conflict'>;
}

/** Who changed what others may see, or what counts as a match. Entries are never taken out. */
export interface AuditStore {
  /** Written before the change itself: no change is without its entry. */
  begin(entry: AuditEntry): Promise<void>;
  settle(entry: AuditEntry, outcome: 'done' | 'refused'): Promise<void>;
  /** Newest first. */
  list(): Promise<readonly AuditEntry[]>;
}

export interface IssueStore {
  /** Leaves an issue that is there alone. */
  create(record: IssueRecord): Promise<'created' | 'exists'>;
  get(issueId: string): Promise<IssueRecord | undefined>;
  list(): Promise<readonly IssueRecord[]>;
  /**
   * Writes what `change` makes of the issue; asks it again when somebody else wrote meanwhile. The same record back, or
   * undefined, writes nothing. @returns what is there afterwards; undefined where there is no such issue
   */
  update(issueId: string, change: (known: IssueRecord) => IssueRecord | undefined): Promise<IssueRecord | undefined>;
  /** What happened to the issue, from the first to the latest entry that `record` knows of. */
  readHistory(record: IssueRecord): Promise<readonly IssueChange[]>;
  /** The evidence is written once: what is there stays. */
  writeEvidence(issueId: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  openEvidence(issueId: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}

export interface FailureStore {
  put(failure: FailureRecord): Promise<void>;
  remove(failureId: string): Promise<void>;
  list(): Promise<readonly FailureRecord[]>;
}

/** The secret that continuation tokens are sealed with: one for all instances, made by the first that needs it. */
export interface PageKeyStore {
  read(): Promise<Uint8Array>;
}

export type QueueName = keyof typeof resources.queues;

/** `id` says what the message asks for: a repeat of the same request has the same id and may be swallowed. */
export type OutgoingMessage = { readonly id: string; readonly body: unknown; readonly notBefore?: string };

export interface Outbox {
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>;
}
