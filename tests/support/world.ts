import { stores } from '../../shared/adapters/stores.ts';
import {
  attachEvidenceMessage,
  compareSubscriptionMessage,
  downloadInvoiceFileMessage,
  generateFileMessage,
  ingestPartMessage,
  planComparisonsMessage,
  pollExportMessage,
  publishRunMessage,
  sendNotificationMessage,
} from '../../shared/contracts/messages.ts';
import { TerminalError } from '../../shared/domain/terminal-error.ts';
import { attachEvidence } from '../../shared/pipeline/attach-evidence.ts';
import { compareSubscription } from '../../shared/pipeline/compare-subscription.ts';
import { downloadInvoiceFile } from '../../shared/pipeline/download-invoice-file.ts';
import { downloadInvoices } from '../../shared/pipeline/download-invoices.ts';
import { generateFile } from '../../shared/pipeline/generate-file.ts';
import { ingestCostExport } from '../../shared/pipeline/ingest-cost-export.ts';
import { ingestInvoice } from '../../shared/pipeline/ingest-invoice.ts';
import { ingestPart } from '../../shared/pipeline/ingest-part.ts';
import { planComparisons } from '../../shared/pipeline/plan-comparisons.ts';
import { pollExport } from '../../shared/pipeline/poll-export.ts';
import type { InvoiceSource, Log, Outbox, OutgoingMessage, QueueName } from '../../shared/pipeline/ports.ts';
import { publishRun } from '../../shared/pipeline/publish-run.ts';
import { recordFailure } from '../../shared/pipeline/record-failure.ts';
import { type Notifiers, sendNotification } from '../../shared/pipeline/send-notification.ts';
import { sweep } from '../../shared/pipeline/sweep.ts';
import resources from '../../shared/resources.json' with { type: 'json' };
import { Faults, InjectedFault } from './faults.ts';
import { type BlobsState, memoryBlobContainer } from './memory-blob-container.ts';
import { memoryTable, type TableState } from './memory-table.ts';
import {
  type TinyFile,
  tenantId,
  tinyCostExport,
  tinyInvoices,
  tinyLegacyFiles,
  tinyLineFiles,
  tinyUsageFiles,
} from './tiny-month.ts';
import type { Turns } from './turns.ts';

/** A piece of work, and what a failure of it would be recorded as. */
type Work = {
  readonly key: string;
  readonly step: string;
  readonly message: unknown;
  readonly run: () => Promise<void>;
};

type Pending = { readonly queue: QueueName; readonly message: OutgoingMessage };

export type WorldOptions = {
  readonly faults?: Faults;
  /** Which of the pending pieces of work comes next; the default takes the oldest. */
  readonly pick?: (count: number) => number;
  /** How often each message is delivered. */
  readonly deliveries?: number;
  /** The n-th message sent is lost on its way, counted from 1. */
  readonly loseMessage?: number;
  /** Messages that are lost on their way, whatever their number. */
  readonly loses?: (queue: QueueName, message: OutgoingMessage) => boolean;
  /** Blob events do not arrive. */
  readonly withoutEvents?: boolean;
  readonly source?: Partial<InvoiceSource>;
  /** Where digests of runs go; the default is nowhere. */
  readonly notifiers?: Notifiers;
  /** What the steps log goes here; the default is nowhere. */
  readonly log?: Log;
  /** Time stands still, so waits are over at once; but a message that is due later than this waits for the clock. */
  readonly waitAtMostMs?: number;
  readonly costExportFiles?: readonly TinyFile[];
  /** Dropped by hand into the inbox. */
  readonly inboxFiles?: readonly TinyFile[];
  /** What a step gives up for good becomes a visible failure, as under the Functions host; otherwise it ends the test. */
  readonly recordsFailures?: boolean;
  /** Several invocations run at once and take turns at every call of the outside world. */
  readonly turns?: Turns;
  /** Goes on from here; then files given for the beginning do not count. */
  readonly from?: WorldState;
};

/** All that the next invocation can depend on, at a moment when none is under way. */
export type WorldState = {
  readonly containers: Readonly<Record<keyof typeof resources.containers, BlobsState>>;
  readonly tables: Readonly<Record<keyof typeof resources.tables, TableState>>;
  readonly now: string;
  readonly pending: readonly Pending[];
  readonly triggered: ReadonlySet<string>;
  readonly polls: ReadonlyMap<string, number>;
};

/** More than any run of the tiny month needs; reaching it means that the pipeline does not come to rest. */
const invocationsMax = 5_000;
const stepsMax = 50_000;

export type World = ReturnType<typeof createWorld>;

/**
 * The whole pipeline over drivers in memory, with time standing still but for `advanceClock`. Work that fails is
 * delivered again, as a queue would, until all is quiet.
 */
export function createWorld(options: WorldOptions = {}) {
  const faults = options.faults ?? new Faults(undefined, options.turns?.take);
  const { from } = options;
  const containers = fromNames(resources.containers, (name) => memoryBlobContainer(from?.containers[name]));
  const tables = fromNames(resources.tables, (name) => memoryTable(from?.tables[name]));
  if (from === undefined) {
    for (const file of options.costExportFiles ?? tinyCostExport().files)
      containers.costExports.put(file.name, file.bytes);
    for (const file of options.inboxFiles ?? []) containers.inbox.put(file.name, file.bytes);
  }
  const drivers = {
    containers: mapValues(containers, (driver, name) => faults.wrap(driver, name)),
    tables: mapValues(tables, (driver, name) => faults.wrap(driver, name)),
  };
  let now = from?.now ?? '2026-11-08T06:00:00.000Z';
  const pending: Pending[] = [...(from?.pending ?? [])];
  const polls = new Map(from?.polls);
  let sent = 0;
  const outbox: Outbox = {
    send: async (queue, messages) => {
      for (const message of messages) {
        sent += 1;
        const isLost = sent === options.loseMessage || options.loses?.(queue, message) === true;
        if (!isLost) pending.push({ queue, message });
      }
    },
  };
  const ports = {
    clock: { now: () => now },
    log: options.log ?? { info: () => {}, warn: () => {} },
    notifiers: notifiersOf(options, faults),
    portalUrl: undefined,
    source: faults.wrap({ ...tinySource(polls), ...options.source }, 'source'),
    outbox: faults.wrap(outbox, 'outbox'),
    ...stores(drivers),
  };
  const triggered = new Set(from?.triggered);
  /** What has failed and not been done since. */
  const failed = new Set<string>();

  async function runMessage({ queue, message }: Pending): Promise<void> {
    const { body } = message;
    switch (queue) {
      case 'pollExport':
        return pollExport(ports, pollExportMessage.parse(body));
      case 'downloadInvoiceFile':
        return downloadInvoiceFile(ports, downloadInvoiceFileMessage.parse(body));
      case 'ingestPart':
        return ingestPart(ports, ingestPartMessage.parse(body));
      case 'planComparisons':
        return planComparisons(ports, planComparisonsMessage.parse(body));
      case 'compareSubscription':
        return compareSubscription(ports, compareSubscriptionMessage.parse(body));
      case 'publishRun':
        return publishRun(ports, publishRunMessage.parse(body));
      case 'generateFile':
        return generateFile(ports, generateFileMessage.parse(body));
      case 'attachEvidence':
        return attachEvidence(ports, attachEvidenceMessage.parse(body));
      case 'sendNotification':
        return sendNotification(ports, sendNotificationMessage.parse(body));
    }
  }

  /** Manifests that no successful invocation has seen yet; the drivers are asked without faults, as a host would be. */
  function newManifests(): readonly Work[] {
    if (options.withoutEvents === true) return [];
    const found: Work[] = [];
    for (const name of containers.invoices.names()) {
      if (name.endsWith('/manifest.json'))
        found.push(manifestWork('ingestInvoice', `invoices/${name}`, name, () => ingestInvoice(ports, name)));
    }
    for (const name of containers.costExports.names()) {
      if (name.endsWith('manifest.json'))
        found.push(manifestWork('ingestCostExport', `cost-exports/${name}`, name, () => ingestCostExport(ports, name)));
    }
    return found.filter(({ key }) => !triggered.has(key));
  }

  function manifestWork(step: string, key: string, manifestName: string, run: () => Promise<void>): Work {
    return { key, step, message: { manifestName }, run };
  }

  function messageWork(next: Pending): Work {
    return { key: next.message.id, step: next.queue, message: next.message.body, run: () => runMessage(next) };
  }

  /** Runs one piece of work; false when it failed and must be done again. */
  async function attempt(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      if (error instanceof InjectedFault) return false;
      throw error;
    }
  }

  async function attemptWork(work: Work): Promise<boolean> {
    const isDone = await attemptOrGiveUp(work);
    if (isDone) failed.delete(work.key);
    else failed.add(work.key);
    return isDone;
  }

  /** The same for work of the pipeline, which may be given up. */
  async function attemptOrGiveUp({ run, step, message }: Work): Promise<boolean> {
    faults.revive();
    try {
      return await attempt(run);
    } catch (error) {
      if (!(error instanceof TerminalError) || options.recordsFailures !== true) throw error;
      return attempt(() => recordFailure(ports, { step, kind: 'permanent', message, reason: error.message }));
    }
  }

  /** Asks `isEnough` between two invocations, and stops before it is quiet when it is. */
  async function untilQuiet(isEnough: () => boolean = () => false): Promise<void> {
    if (options.turns !== undefined) return untilQuietTakingTurns(options.turns);
    const pick = options.pick ?? (() => 0);
    for (let invocations = 0; ; invocations += 1) {
      if (invocations > invocationsMax) throw new Error('The pipeline does not come to rest');
      const manifests = newManifests();
      const due = pending.filter(isDue);
      if (due.length + manifests.length === 0 || isEnough()) return;
      const chosen = pick(due.length + manifests.length);
      const manifest = manifests[chosen - due.length];
      if (manifest !== undefined) {
        if (await attemptWork(manifest)) triggered.add(manifest.key);
        continue;
      }
      const next = due[chosen];
      if (next === undefined) throw new Error('unreachable: the choice is within bounds');
      pending.splice(pending.indexOf(next), 1);
      for (let delivery = 0; delivery < (options.deliveries ?? 1); delivery += 1) {
        if (!(await attemptWork(messageWork(next)))) {
          pending.push(next);
          break;
        }
      }
    }
  }

  /** Some messages are delivered twice, also while the first delivery is still under way. */
  async function untilQuietTakingTurns(turns: Turns): Promise<void> {
    for (let steps = 0; ; steps += 1) {
      if (steps > stepsMax) throw new Error('The pipeline does not come to rest');
      const manifests = newManifests();
      const due = pending.filter(isDue);
      if (turns.running === 0 && due.length + manifests.length === 0) return;
      if (turns.running < turns.atOnceMax && due.length + manifests.length > 0) {
        const chosen = turns.random(due.length + manifests.length);
        const next = due[chosen];
        const manifest = manifests[chosen - due.length];
        if (next !== undefined && turns.random(4) > 0) pending.splice(pending.indexOf(next), 1);
        if (manifest !== undefined) triggered.add(manifest.key);
        const work = manifest ?? (next === undefined ? undefined : messageWork(next));
        if (work !== undefined) turns.start(() => attemptWork(work));
      }
      await turns.next();
    }
  }

  function isDue({ message }: Pending): boolean {
    return (
      message.notBefore === undefined ||
      Date.parse(message.notBefore) - Date.parse(now) <= (options.waitAtMostMs ?? Number.POSITIVE_INFINITY)
    );
  }

  async function repeat(work: () => Promise<void>): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      if (tries > 4) throw new Error('failed too often');
      faults.revive();
      if (await attempt(work)) return;
    }
  }

  return {
    ports,
    faults,
    containers,
    tables,
    untilQuiet,
    sentCount: () => sent,
    startTimer: () => repeat(() => downloadInvoices(ports, tenantId)),
    sweep: () => repeat(() => sweep(ports, { stuckAfterMs: 60_000 })),
    advanceClock: (moment: string) => {
      now = moment;
    },
    dump,
    /** False while work that has failed waits to be done again. */
    isWhole: () => failed.size === 0,
    state: (): WorldState => ({
      containers: mapValues(containers, (driver) => driver.state()),
      tables: mapValues(tables, (driver) => driver.state()),
      now,
      pending: [...pending],
      triggered: new Set(triggered),
      polls: new Map(polls),
    }),
    /** The state as text, without the ETags of rows: no invocation knows one of before its time. */
    stateText: () => `${JSON.stringify([now, pending, [...triggered].sort(), [...polls].sort()])}\n${dump()}`,
  };

  function dump(): string {
    return [...Object.entries(tables), ...Object.entries(containers)]
      .map(([name, driver]) => `## ${name}\n${driver.dump()}`)
      .join('\n');
  }
}

function notifiersOf({ notifiers = {} }: WorldOptions, faults: Faults): Notifiers {
  const { teams, webhook } = notifiers;
  return {
    ...(teams === undefined ? {} : { teams: faults.wrap(teams, 'teams') }),
    ...(webhook === undefined ? {} : { webhook: faults.wrap(webhook, 'webhook') }),
  };
}

/** Microsoft's side for the tiny month: an export runs for one poll and is then ready; `polls` counts them. */
export function tinySource(polls: Map<string, number> = new Map()): InvoiceSource {
  const filesOf = (url: string) => {
    if (url.includes('-license')) return tinyLegacyFiles('license');
    if (url.includes('-usage')) return tinyLegacyFiles('usage');
    return url.includes('-dailyratedusage') ? tinyUsageFiles() : tinyLineFiles();
  };
  return {
    listInvoices: async () => tinyInvoices,
    requestExport: async ({ invoiceId, kind }) => `https://graph.example/operations/${invoiceId}-${kind}`,
    readOperation: async ({ operationUrl }) => {
      const count = (polls.get(operationUrl) ?? 0) + 1;
      polls.set(operationUrl, count);
      if (count === 1) return { kind: 'running', retryAfterMs: 1_000 };
      const parts = filesOf(operationUrl).map((file) => file.name);
      const manifestUrl = operationUrl.replace('operations', 'manifests');
      return {
        kind: 'ready',
        manifest: { version: 1, manifestUrl, dataVersion: 'v1', sourceTime: '2026-11-08T05:00:00.000Z', parts },
      };
    },
    openPart: async ({ manifest, part }) => {
      const file = filesOf(manifest.manifestUrl)[part];
      if (file === undefined) throw new Error('no such file');
      return { kind: 'open', bytes: bytesOf(file.bytes) };
    },
  };
}

export async function* bytesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const middle = Math.floor(bytes.length / 2);
  yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}

function fromNames<K extends string, V>(names: Readonly<Record<K, string>>, make: (name: K) => V): Record<K, V> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, make(name as K)])) as Record<K, V>;
}

function mapValues<K extends string, V, W>(values: Record<K, V>, change: (value: V, name: K) => W): Record<K, W> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, change(value as V, name as K)]),
  ) as Record<K, W>;
}
