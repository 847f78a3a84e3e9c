import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { jsonArrayItems, jsonObjectMembers } from './json-parts.ts';
import type { BilledData } from './script.ts';

/**
 * The folder the stand-in serves. It is read anew for every request, so that a test can let an invoice appear while
 * the stand-in runs; only large line-item files are kept, for as long as they do not change.
 */
export type DataFolder = {
  readonly tenants: () => Promise<readonly Tenant[]>;
  readonly invoices: (tenantId: string) => Promise<readonly FolderInvoice[]>;
  /** The invoice or the amendment with this id, if it is the tenant's own. */
  readonly invoice: (tenantId: string, invoiceId: string) => Promise<FolderInvoice | undefined>;
  /** The items of `legacy/<invoiceId>/<provider>-<type>.json` as they are written; undefined when there is no file. */
  readonly lineItems: (invoiceId: string, provider: string, type: string) => Promise<readonly string[] | undefined>;
  /** The folder of an export's line blobs; undefined when the invoice has no such data. */
  readonly exportFolder: (invoiceId: string, data: BilledData) => Promise<string | undefined>;
};

export type Tenant = z.infer<typeof Tenant>;

type FolderInvoice = {
  readonly id: string;
  readonly isLegacy: boolean;
  /** `YYYYMM` of the billing period, or of the invoice where it names none. */
  readonly billingMonth: string;
  /** The resource as it is written in the folder. */
  readonly json: string;
};

const Guid = z.guid().transform((text) => text.toLowerCase());

const Tenant = z.object({ tenantId: Guid, clientId: Guid, clientSecret: z.string().min(1), name: z.string().min(1) });

/** Ids become folder names, so nothing else may stand in them. */
const InvoiceId = z.string().regex(/^[A-Za-z0-9-]+$/);

const InvoiceDetail = z.looseObject({ invoiceLineItemType: z.string(), billingProvider: z.string() });

const Invoice = z.looseObject({
  id: InvoiceId,
  invoiceDate: z.string().regex(/^\d{4}-\d{2}-\d{2}/),
  billingPeriodStartDate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}/)
    .optional(),
  invoiceType: z.enum(['OneTime', 'Recurring', 'one_time', 'recurring']),
  invoiceDetails: z.array(InvoiceDetail).optional(),
});

export function createDataFolder(folder: string): DataFolder {
  const lineItemFiles = new Map<string, { readonly stamp: string; readonly items: readonly string[] }>();
  const invoices = async (tenantId: string) => (await readInvoices(folder)).get(tenantId) ?? [];
  return {
    tenants: () => readTenants(folder),
    invoices,
    invoice: async (tenantId, invoiceId) =>
      (await invoices(tenantId)).flatMap(withAmendments).find((one) => one.id === invoiceId),
    lineItems: async (invoiceId, provider, type) => {
      const path = lineItemPath(folder, invoiceId, provider, type);
      const stamp = await stampOf(path);
      if (stamp === undefined) return undefined;
      const kept = lineItemFiles.get(path);
      if (kept?.stamp === stamp) return kept.items;
      const items = jsonArrayItems(await readFile(path, 'utf8'));
      lineItemFiles.set(path, { stamp, items });
      return items;
    },
    exportFolder: async (invoiceId, data) => {
      const path = join(folder, 'exports', invoiceId, data);
      return (await stampOf(path)) === undefined ? undefined : path;
    },
  };
}

/**
 * Refuses a folder that would only fail later, request by request.
 * @throws Error naming the file, and what is wrong in it
 */
export async function checkDataFolder(folder: string): Promise<void> {
  const tenants = await readTenants(folder);
  const seen = new Set<string>();
  for (const [tenantId, invoices] of await readInvoices(folder)) {
    if (!tenants.some((tenant) => tenant.tenantId === tenantId)) {
      throw new Error(`invoices.json has invoices of tenant ${tenantId}, which tenants.json does not know`);
    }
    for (const invoice of invoices.flatMap(withAmendments)) {
      if (seen.has(invoice.id)) throw new Error(`invoices.json names invoice ${invoice.id} twice`);
      seen.add(invoice.id);
      if (invoice.isLegacy) await checkLegacyFiles(folder, invoice);
    }
  }
}

async function checkLegacyFiles(folder: string, invoice: FolderInvoice): Promise<void> {
  for (const detail of Invoice.parse(JSON.parse(invoice.json)).invoiceDetails ?? []) {
    const type = detail.invoiceLineItemType.replaceAll('_', '').toLowerCase();
    const path = lineItemPath(folder, invoice.id, detail.billingProvider.toLowerCase(), type);
    if ((await stampOf(path)) === undefined) {
      throw new Error(`Invoice ${invoice.id} lists ${detail.billingProvider} ${type}, but there is no file ${path}`);
    }
  }
}

/** The line blobs in `folder`, in the order of their names. */
export async function blobNames(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.json.gz')).sort();
}

/** Changes whenever the file does; undefined when it is not there. */
export async function stampOf(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  return facts === undefined ? undefined : `${facts.size} ${facts.mtimeNs} ${facts.ino}`;
}

async function readTenants(folder: string): Promise<readonly Tenant[]> {
  return z.array(Tenant).parse(JSON.parse(await readFile(join(folder, 'tenants.json'), 'utf8')));
}

async function readInvoices(folder: string): Promise<ReadonlyMap<string, readonly FolderInvoice[]>> {
  const members = jsonObjectMembers(await readFile(join(folder, 'invoices.json'), 'utf8'));
  return new Map(members.map(([tenantId, json]) => [tenantId.toLowerCase(), jsonArrayItems(json).map(folderInvoice)]));
}

function folderInvoice(json: string): FolderInvoice {
  const invoice = Invoice.parse(JSON.parse(json));
  return {
    id: invoice.id,
    isLegacy: invoice.invoiceType.toLowerCase() === 'recurring',
    billingMonth: (invoice.billingPeriodStartDate ?? invoice.invoiceDate).slice(0, 7).replace('-', ''),
    json,
  };
}

/** A voided invoice carries its replacement inside; the replacement is an invoice like any other. */
function withAmendments(invoice: FolderInvoice): readonly FolderInvoice[] {
  const amendments = jsonObjectMembers(invoice.json).find(([name]) => name === 'amendments');
  return [invoice, ...(amendments === undefined ? [] : jsonArrayItems(amendments[1]).map(folderInvoice))];
}

function lineItemPath(folder: string, invoiceId: string, provider: string, type: string): string {
  return join(folder, 'legacy', invoiceId, `${provider}-${type}.json`);
}
