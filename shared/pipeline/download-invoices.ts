import type { DownloadRecord, InvoiceRecord } from '../contracts/invoices.ts';
import { downloadKindsOf } from '../contracts/messages.ts';
import { expectedInvoiceDay, previousCycle } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { Clock, DownloadStore, FailureStore, InvoiceSource, InvoiceStore, Log, Outbox } from './ports.ts';
import { request } from './requests.ts';

export type DownloadInvoicesPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: InvoiceSource;
  readonly invoices: InvoiceStore;
  readonly downloads: DownloadStore;
  readonly failures: FailureStore;
  readonly outbox: Outbox;
};

/**
 * Finds what is missing and starts it: records every invoice that Partner Center lists for `tenantId`, and asks for
 * the line items of each invoice whose download has not been begun. Running it twice starts nothing twice.
 */
export async function downloadInvoices(ports: DownloadInvoicesPorts, tenantId: string): Promise<void> {
  const invoices = await ports.source.listInvoices(tenantId);
  for (const invoice of invoices) await ports.invoices.put(invoice);
  let started = 0;
  for (const invoice of invoices.filter(hasLineItems)) {
    for (const kind of downloadKindsOf[invoice.type]) started += await startOrRecord(ports, invoice, kind);
  }
  await reportIfLate(ports, tenantId, invoices);
  ports.log.info('invoices listed', { tenantId, invoices: invoices.length, downloadsStarted: started });
}

/** A credit note or voided invoice has none: a voided one has been replaced by another. */
function hasLineItems(invoice: InvoiceRecord): boolean {
  return invoice.documentType === 'invoice';
}

/** One invoice that Microsoft refuses is a failure that a person sees; the others go on. @returns how many were started */
async function startOrRecord(
  ports: DownloadInvoicesPorts,
  invoice: InvoiceRecord,
  kind: DownloadRecord['kind'],
): Promise<number> {
  const { tenantId, invoiceId } = invoice;
  const failureId = identityOf(['startDownload', tenantId, invoiceId, kind]);
  try {
    const isNew = await startDownload(ports, invoice, kind);
    if (isNew) await ports.failures.remove(failureId);
    return isNew ? 1 : 0;
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const subject = { tenantId, invoiceId, kind };
    await ports.failures.put({
      version: 1,
      failureId,
      step: 'downloadInvoices',
      kind: 'permanent',
      subject,
      reason: error.message,
    });
    ports.log.warn('download refused', { invoiceId, kind, reason: error.message });
    return 0;
  }
}

async function startDownload(
  ports: DownloadInvoicesPorts,
  invoice: InvoiceRecord,
  kind: DownloadRecord['kind'],
): Promise<boolean> {
  const { tenantId, invoiceId, billingCycle } = invoice;
  const existing = await ports.downloads.get({ tenantId, invoiceId, kind });
  const download =
    existing ??
    (await ports.downloads.advance(await beginDownload(ports, { tenantId, invoiceId, kind, billingCycle })));
  if (download.state !== 'requested') return false;
  await request(ports.outbox, 'pollExport', [
    { tenantId, invoiceId, kind, generation: download.generation, attempt: 0 },
  ]);
  return existing === undefined;
}

async function beginDownload(
  ports: DownloadInvoicesPorts,
  key: Pick<DownloadRecord, 'tenantId' | 'invoiceId' | 'kind' | 'billingCycle'>,
): Promise<DownloadRecord> {
  const operationUrl = await ports.source.requestExport(key);
  const now = ports.clock.now();
  return { version: 1, ...key, state: 'requested', generation: 0, operationUrl, requestedAt: now, nextPollAt: now };
}

/** New-commerce invoices are there by the 8th; later than that a person should know, until it has come. */
async function reportIfLate(
  ports: DownloadInvoicesPorts,
  tenantId: string,
  invoices: readonly InvoiceRecord[],
): Promise<void> {
  const now = ports.clock.now();
  const billingCycle = previousCycle(now);
  const expected = expectedInvoiceDay(billingCycle);
  const failureId = identityOf(['lateInvoice', tenantId, billingCycle]);
  if (
    invoices.some(
      (invoice) => invoice.type === 'newCommerce' && hasLineItems(invoice) && invoice.billingCycle === billingCycle,
    )
  ) {
    return ports.failures.remove(failureId);
  }
  if (now.slice(0, 10) <= expected) return;
  await ports.failures.put({
    version: 1,
    failureId,
    step: 'downloadInvoices',
    kind: 'permanent',
    subject: { tenantId, billingCycle },
    reason: `The new-commerce invoice for ${billingCycle} was expected by ${expected} and is not there yet`,
  });
}
