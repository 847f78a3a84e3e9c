import { type DownloadRecord, downloadRecord, invoiceRecord } from '../contracts/invoices.ts';
import type { DownloadStore, InvoiceStore } from '../pipeline/ports.ts';
import { advanceRow } from './advance-row.ts';
import type { Table } from './table.ts';

export function tableInvoiceStore(table: Table): InvoiceStore {
  return {
    put: (invoice) => table.put(invoice.tenantId, invoice.invoiceId, invoice),
    list: () => Array.fromAsync(table.listAll(), (row) => invoiceRecord.parse(row.value)),
  };
}

export function tableDownloadStore(table: Table): DownloadStore {
  return {
    get: async (key) => {
      const row = await table.get(downloadPartition(key), key.kind);
      return row === undefined ? undefined : downloadRecord.parse(row.value);
    },
    advance: (record) =>
      advanceRow(table, { partitionKey: downloadPartition(record), rowKey: record.kind }, record, {
        parse: (value) => downloadRecord.parse(value),
        isLater: isLaterDownload,
      }),
    list: () => Array.fromAsync(table.listAll(), (row) => downloadRecord.parse(row.value)),
    walk: async function* ({ after, atOnce }) {
      const key = after === undefined ? undefined : { partitionKey: downloadPartition(after), rowKey: after.kind };
      for await (const row of table.listAll(key, atOnce)) yield downloadRecord.parse(row.value);
    },
  };
}

function downloadPartition(key: { readonly tenantId: string; readonly invoiceId: string }): string {
  return `${key.tenantId}|${key.invoiceId}`;
}

const stateOrder = { requested: 0, downloading: 1, downloaded: 2, failed: 2 } as const satisfies Record<
  DownloadRecord['state'],
  number
>;

/** A new generation begins from the start; within one, states only go forward. */
function isLaterDownload(present: DownloadRecord, next: DownloadRecord): boolean {
  if (present.generation !== next.generation) return present.generation < next.generation;
  if (present.state === 'requested' && next.state === 'requested')
    return (present.nextPollAt ?? '') < (next.nextPollAt ?? '');
  return stateOrder[present.state] < stateOrder[next.state];
}
