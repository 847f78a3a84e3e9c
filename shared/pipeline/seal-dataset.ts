import type { DatasetDefinition, DatasetSeal, ShardHeader } from '../contracts/datasets.ts';
import { identityOf, sha256 } from '../domain/content-hash.ts';
import { isMeterKind } from '../domain/datasets.ts';
import type { Problem } from '../domain/problem.ts';
import { subscriptionsByReseller } from '../domain/reseller-subscriptions.ts';
import { datasetRecordOf, shownProblems } from './begin-dataset.ts';
import { discoverCatalogue } from './discover-catalogue.ts';
import type { CatalogueStore, Clock, Log, Outbox } from './ports.ts';
import { request } from './requests.ts';
import { mergeNames } from './run-sides.ts';
import { linesOf, type SeedDatasetPorts, type SeededFacts, seedDataset } from './seed-dataset.ts';

export type SealDatasetPorts = SeedDatasetPorts & {
  readonly clock: Clock;
  readonly log: Log;
  readonly catalogue: CatalogueStore;
  readonly outbox: Outbox;
};

/**
 * All shards of a dataset are there: checks its control totals, seeds Table Storage, seals it and asks for the
 * comparisons it makes possible. One refused row or one broken promise of the manifest, and the whole dataset is
 * refused with every reason, and nothing of it is seeded.
 */
export async function sealDataset(ports: SealDatasetPorts, definition: DatasetDefinition): Promise<void> {
  const { datasetId, billingCycle } = definition;
  const headers: ShardHeader[] = [];
  for (const part of definition.parts.keys()) headers.push(await ports.datasets.readShardHeader(datasetId, part));
  const present = await ports.datasets.get(billingCycle, datasetId);
  const record = {
    ...datasetRecordOf(definition, present?.manifestName ?? '', present?.recordedAt ?? ports.clock.now()),
    ...(present?.attempt === undefined ? {} : { attempt: present.attempt }),
  };
  const problems = [
    ...headers.flatMap((header) => header.problems),
    ...brokenTotal(definition, headers),
    ...sameFiles(headers),
    ...otherInvoices(definition, headers),
    ...severalInvoices(definition, headers),
    ...twoCustomers(headers),
  ];
  const unused = notCompared(definition, headers);
  const allRows = headers.reduce((sum, header) => sum + header.file.rows, 0);
  if (unused !== undefined) {
    const shown = shownProblems([unused.problem, ...problems]);
    await ports.datasets.advance({ ...record, state: unused.state, rows: allRows, ...shown });
    ports.log.info('dataset not compared', { datasetId, state: unused.state, reason: unused.problem.message });
    return;
  }
  if (problems.length > 0) {
    const hidden = headers.reduce((sum, header) => sum + Math.max(0, header.refusedRows - header.problems.length), 0);
    const shown = shownProblems(problems);
    await ports.datasets.advance({
      ...record,
      state: 'refused',
      rows: allRows,
      ...shown,
      problemCount: shown.problemCount + hidden,
    });
    ports.log.warn('dataset refused', {
      datasetId,
      problems: shown.problemCount + hidden,
      first: problems[0]?.message ?? '',
    });
    return;
  }
  const seal = toSeal(definition, headers, await seedDataset(ports, definition));
  await discover(ports, definition, seal);
  await ports.datasets.createSeal(seal);
  const { contentHash, rows, tenantIds, invoiceIds } = seal;
  await ports.datasets.advance({ ...record, state: 'sealed', rows, contentHash, tenantIds, invoiceIds });
  await request(ports.outbox, 'planComparisons', [{ datasetId }]);
  ports.log.info('dataset sealed', { datasetId, rows, subscriptions: seal.subscriptions.length });
}

/** Who the rows are of comes into the catalogue before anybody can ask for a file of them. */
async function discover(ports: SealDatasetPorts, definition: DatasetDefinition, seal: DatasetSeal): Promise<void> {
  const isLines = !isMeterKind(definition.kind);
  await discoverCatalogue(ports, definition, {
    lines: linesOf(ports.datasets, definition.datasetId, isLines ? [...definition.parts.keys()] : []),
    subscriptions: isLines ? [] : seal.subscriptions,
    resellerMpnIds: Object.keys(seal.subscriptionsOfReseller),
  });
}

function brokenTotal(definition: DatasetDefinition, headers: readonly ShardHeader[]): readonly Problem[] {
  const rows = headers.reduce((sum, header) => sum + header.file.rows, 0);
  if (definition.rows === undefined || definition.rows === rows) return [];
  return [
    { code: 'wrongRowCount', message: `The manifest says ${definition.rows} rows in all, the files have ${rows}` },
  ];
}

/** Two parts of the same bytes are one part delivered twice; an empty part says nothing twice. */
function sameFiles(headers: readonly ShardHeader[]): readonly Problem[] {
  const byHash = Map.groupBy(
    headers.filter((header) => header.file.rows > 0),
    (header) => header.file.sha256,
  );
  return [...byHash.values()].flatMap(([first, ...others]) =>
    others.map(({ file }) => ({
      code: 'duplicateFile',
      file: file.name,
      message: `${file.name}: the same bytes as ${first?.file.name ?? ''}; one of them would count twice`,
    })),
  );
}

/** Usage is compared invoice by invoice, so a file of several would be taken for one of them. */
function severalInvoices(definition: DatasetDefinition, headers: readonly ShardHeader[]): readonly Problem[] {
  const invoiceIds = distinct(headers.flatMap((header) => header.invoiceIds));
  if (definition.kind === 'costexport' || definition.invoiceId !== undefined || invoiceIds.length === 0) return [];
  const file = headers[0]?.file.name ?? '';
  const value = invoiceIds.join(', ');
  const message = `${file}: rows of ${value} in a file whose first rows name no invoice; expected unbilled usage or one invoice`;
  return [{ code: 'otherInvoice', file, value, message }];
}

/** Each part was checked by itself; here the parts against each other. */
function twoCustomers(headers: readonly ShardHeader[]): readonly Problem[] {
  const owners = new Map<string, { readonly customerId: string; readonly file: string }>();
  const problems: Problem[] = [];
  for (const { file, subscriptions } of headers) {
    for (const { subscriptionId, customerId } of subscriptions) {
      if (subscriptionId === '' || customerId === '') continue;
      const known = owners.get(subscriptionId);
      if (known === undefined) owners.set(subscriptionId, { customerId, file: file.name });
      else if (known.customerId !== customerId) {
        const message = `${file.name}: subscription ${subscriptionId} is of customer ${customerId} here and of ${known.customerId} in ${known.file}; expected one customer`;
        problems.push({ code: 'twoCustomers', file: file.name, value: customerId, message });
      }
    }
  }
  return problems;
}

/** Why a dataset that may be whole is none to compare an invoice with. */
function notCompared(
  { kind, statedCosts }: DatasetDefinition,
  headers: readonly ShardHeader[],
): { readonly state: 'notComparable' | 'passedOver'; readonly problem: Problem } | undefined {
  if (kind !== 'costexport') return undefined;
  for (const { file, advice } of headers) {
    if (advice === undefined) continue;
    const problem = { code: 'retailScope', file: file.name, message: `${file.name}: ${advice}` };
    return { state: 'notComparable', problem };
  }
  const amortized = statedCosts === 'actual' ? undefined : headers.find(({ costView }) => costView === 'amortized');
  if (amortized === undefined) return undefined;
  const file = amortized.file.name;
  const message = `${file}: its rows are of amortized cost; invoices are compared with actual cost or FOCUS`;
  return { state: 'passedOver', problem: { code: 'otherCosts', file, message } };
}

/** Rows may leave their invoice out, but not name another one than the download is of. */
function otherInvoices(definition: DatasetDefinition, headers: readonly ShardHeader[]): readonly Problem[] {
  const { invoiceId } = definition;
  if (invoiceId === undefined) return [];
  return headers.flatMap(({ file, invoiceIds }) =>
    invoiceIds
      .filter((other) => other !== invoiceId)
      .map((other) => ({
        code: 'otherInvoice',
        file: file.name,
        value: other,
        message: `${file.name}: rows of invoice ${other} in the download of invoice ${invoiceId}`,
      })),
  );
}

function toSeal(definition: DatasetDefinition, headers: readonly ShardHeader[], facts: SeededFacts): DatasetSeal {
  const { datasetId, kind, billingCycle, sourceId, sourceTime } = definition;
  const files = headers.map((header) => header.file);
  return {
    version: 1,
    datasetId,
    kind,
    billingCycle,
    sourceId,
    sourceTime,
    contentHash: sha256(identityOf([kind, ...files.map((file) => file.sha256).sort()])),
    tenantIds:
      definition.tenantId === undefined
        ? distinct(headers.flatMap((header) => header.tenantIds))
        : [definition.tenantId],
    invoiceIds:
      definition.invoiceId === undefined
        ? distinct(headers.flatMap((header) => header.invoiceIds))
        : [definition.invoiceId],
    rowsByInvoice: addUpRows(headers.map((header) => header.rowsByInvoice)),
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    files,
    subscriptions: mergeNames(headers.flatMap((header) => header.subscriptions)),
    subscriptionsOfReseller: subscriptionsByReseller(
      headers.flatMap((header) => Object.entries(header.subscriptionsOfReseller)),
    ),
    ...facts,
    partsOf: partsOf(headers),
  };
}

function partsOf(headers: readonly ShardHeader[]): Record<string, number[]> {
  const parts = new Map<string, number[]>();
  for (const { part, subscriptions } of headers) {
    for (const { subscriptionId } of subscriptions)
      parts.set(subscriptionId, [...(parts.get(subscriptionId) ?? []), part]);
  }
  return Object.fromEntries([...parts].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function addUpRows(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const [invoiceId, rows] of counts.flatMap((count) => Object.entries(count))) {
    sums.set(invoiceId, (sums.get(invoiceId) ?? 0) + rows);
  }
  return Object.fromEntries([...sums].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
