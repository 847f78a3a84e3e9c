import type { FileRecord } from '../contracts/files.ts';
import type { GenerateFileMessage } from '../contracts/messages.ts';
import { defaultMarginRule } from '../domain/selling-price.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { customerOnetimeCsv } from '../formats/customer-onetime-file.ts';
import type { FileStore, LineStore, Log } from './ports.ts';

export type GenerateFilePorts = { readonly log: Log; readonly files: FileStore; readonly lines: LineStore };

/** Makes one reconciliation file from sealed line items. Nothing of it is visible before it is whole. */
export async function generateFile(ports: GenerateFilePorts, message: GenerateFileMessage): Promise<void> {
  const record = await ports.files.get(message.fileId);
  if (record === undefined) throw new TerminalError(`There is no file ${message.fileId}`);
  if (record.state === 'available' || record.state === 'failed') return;
  await ports.files.advance({ ...record, state: 'processing' });
  const finished = await makeContent(ports, record);
  await ports.files.advance(finished);
  ports.log.info('file generated', {
    fileId: record.fileId,
    invoiceId: record.invoiceId,
    state: finished.state,
    rows: finished.rows ?? 0,
  });
}

async function makeContent(ports: GenerateFilePorts, record: FileRecord): Promise<FileRecord> {
  let rows = 0;
  for await (const _ of ports.lines.readInvoiceLines(record.datasetId, record.customerId)) rows += 1;
  if (rows === 0)
    return {
      ...record,
      state: 'failed',
      reason: `Invoice ${record.invoiceId} has no line items for customer ${record.customerId}`,
    };
  const content = customerOnetimeCsv(ports.lines.readInvoiceLines(record.datasetId, record.customerId), {
    invoiceId: record.invoiceId,
    rule: defaultMarginRule,
  });
  const { sizeBytes, sha256 } = await ports.files.writeContent(record, content);
  return { ...record, state: 'available', rows, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }) };
}
