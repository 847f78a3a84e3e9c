import functions from '@azure/functions';
import { downloadInvoiceFileMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { downloadInvoiceFile } from '../shared/pipeline/download-invoice-file.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('downloadInvoiceFile', {
  connection: 'ServiceBus',
  queueName: resources.queues.downloadInvoiceFile,
  handler: onQueueMessage('downloadInvoiceFile', downloadInvoiceFileMessage, downloadInvoiceFile),
});
