import pLimit from 'p-limit';
import { catalogueRecords } from '../contracts/catalogue.ts';
import type { DatasetDefinition, SubscriptionName } from '../contracts/datasets.ts';
import type { Catalogue, CatalogueKind } from '../domain/catalogue.ts';
import { changeOf } from '../domain/catalogue-changes.ts';
import {
  type Discovered,
  Discovery,
  type DiscoveryLine,
  type MetFields,
  metFieldNames,
  withDiscovered,
} from '../domain/catalogue-discovery.ts';
import { fromInvoiceLine, fromLegacyUsageLine, fromLicenseLine } from '../domain/discovery-lines.ts';
import { fileLineOf } from '../domain/file-lines.ts';
import type { CatalogueRecord } from '../domain/flat-record.ts';
import type { LineItem } from '../domain/line-item.ts';
import type { CatalogueStore, Log } from './ports.ts';

export type DiscoverCataloguePorts = { readonly log: Log; readonly catalogue: CatalogueStore };

/**
 * What a dataset tells: line items of everyone they name, daily rated usage of its subscriptions, their customers and
 * the resellers.
 */
export type MetInDataset = {
  readonly lines: AsyncIterable<LineItem>;
  readonly subscriptions: readonly SubscriptionName[];
  readonly resellerMpnIds: readonly string[];
};

/** Somebody who writes the same records at the same time makes a try in vain; each try writes what is missing still. */
const triesMax = 10;
const writesAtOnce = 16;

/**
 * Adds the resellers, customers and subscriptions of a dataset to the catalogue, marked `discovered`. What a person has
 * entered stays. Twice is as once.
 */
export async function discoverCatalogue(
  ports: DiscoverCataloguePorts,
  { datasetId, kind, billingCycle }: Pick<DatasetDefinition, 'datasetId' | 'kind' | 'billingCycle'>,
  met: MetInDataset,
): Promise<void> {
  if (kind === 'costexport') return;
  const discovery = new Discovery();
  for await (const line of met.lines) discovery.take(discoveryLineOf(line));
  const found = discovery.found();
  const day = `${billingCycle}-01`;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const stored = await ports.catalogue.read();
    const all = withUsage(found, met, day);
    const { catalogue, problems, met: merged } = withDiscovered(stored.catalogue, all, stored.metOf);
    const writes = changedRecords(stored, keepable(catalogue), merged);
    if ((await writeAll(ports.catalogue, stored.etagOf, writes)) === 'conflict') continue;
    if (writes.length + problems.length > 0) {
      const first = problems[0]?.message ?? '';
      ports.log.info('catalogue grew', { datasetId, records: writes.length, problems: problems.length, first });
    }
    return;
  }
  throw new Error('The catalogue kept changing');
}

function discoveryLineOf(item: LineItem): DiscoveryLine {
  const of = fileLineOf(item);
  switch (of.kind) {
    case 'onetime':
      return fromInvoiceLine(of.line);
    case 'license':
      return fromLicenseLine(of.line);
    case 'usage':
      return fromLegacyUsageLine(of.line);
    case 'dailyratedusage':
      throw new Error('Daily rated usage is no line item');
  }
}

/**
 * With what daily rated usage tells, which names days row by row and not here: its names are of the first day of the
 * month. Which reseller a customer has today, line items tell.
 */
function withUsage(
  found: Discovered,
  { subscriptions: names, resellerMpnIds }: Omit<MetInDataset, 'lines'>,
  day: string,
): Discovered {
  const owned = names.filter(({ subscriptionId, customerId }) => subscriptionId !== '' && customerId !== '');
  const customers = new Map<string, MetFields>(owned.map(({ customerId }) => [customerId, {}]));
  const subscriptions = new Map<string, MetFields>(
    owned.map(({ subscriptionId, customerId, name }) => [
      subscriptionId,
      { customerId: { day, value: customerId }, ...(name === '' ? {} : { name: { day, value: name } }) },
    ]),
  );
  return {
    ...found,
    resellers: [...new Set([...found.resellers, ...resellerMpnIds])].sort(),
    subscriptions: [...found.subscriptions, ...owned.map(({ subscriptionId: id, customerId }) => ({ id, customerId }))],
    met: {
      customers: new Map([...customers, ...found.met.customers]),
      subscriptions: new Map([...subscriptions, ...found.met.subscriptions]),
    },
  };
}

/** The records that the catalogue can hold: what an invoice writes is no reason to refuse it. */
function keepable(catalogue: Catalogue): Catalogue {
  const resellers = catalogue.resellers.filter((record) => isKeepable('resellers', record));
  const resellerIds = new Set(resellers.map(({ id }) => id));
  const customers = catalogue.customers
    .map(({ resellerId, ...customer }) =>
      resellerId === undefined || !resellerIds.has(resellerId) ? customer : { ...customer, resellerId },
    )
    .filter((record) => isKeepable('customers', record));
  const customerIds = new Set(customers.map(({ id }) => id));
  const subscriptions = catalogue.subscriptions.filter(
    (record) => customerIds.has(record.customerId) && isKeepable('subscriptions', record),
  );
  return { ...catalogue, resellers, customers, subscriptions };
}

function isKeepable(kind: CatalogueKind, record: CatalogueRecord): boolean {
  return catalogueRecords[kind].safeParse({ version: 1, ...record }).success;
}

type CatalogueWrites = readonly {
  readonly kind: CatalogueKind;
  readonly record: CatalogueRecord;
  readonly isNew: boolean;
  readonly met?: MetFields;
}[];

const discoveredKinds = ['resellers', 'customers', 'subscriptions'] as const satisfies readonly CatalogueKind[];

/** Also records of which a line said something later that changes nothing: the next one is held against that. */
function changedRecords(
  { catalogue: before, metOf }: Awaited<ReturnType<CatalogueStore['read']>>,
  after: Catalogue,
  merged: Discovered['met'],
): CatalogueWrites {
  return discoveredKinds.flatMap((kind) => {
    const known = new Map<string, CatalogueRecord>(before[kind].map((record) => [record.id, record]));
    return after[kind].flatMap((record) => {
      const was = known.get(record.id);
      const metNow = kind === 'resellers' ? undefined : merged[kind].get(record.id);
      const isSame = changeOf(kind, was, record).change === 'same' && isMetBefore(metNow, metOf(kind, record.id));
      return isSame
        ? []
        : [{ kind, record, isNew: was === undefined, ...(metNow === undefined ? {} : { met: metNow }) }];
    });
  });
}

function isMetBefore(now: MetFields = {}, before: MetFields = {}): boolean {
  return metFieldNames.every(
    (field) =>
      now[field] === undefined || (now[field].day === before[field]?.day && now[field].value === before[field].value),
  );
}

/** Resellers before the customers who name them, customers before their subscriptions. */
async function writeAll(
  catalogue: CatalogueStore,
  etagOf: (kind: CatalogueKind, id: string) => string,
  writes: CatalogueWrites,
): Promise<'written' | 'conflict'> {
  const limit = pLimit(writesAtOnce);
  let outcome: 'written' | 'conflict' = 'written';
  for (const kind of discoveredKinds) {
    const written = await limit.map(
      writes.filter((write) => write.kind === kind),
      ({ record, isNew, met }) => {
        const etag = isNew ? undefined : etagOf(kind, record.id);
        return catalogue.write(kind, record, { etag, ...(met === undefined ? {} : { met }) });
      },
    );
    if (written.includes('conflict')) outcome = 'conflict';
  }
  return outcome;
}
