import functions from '@azure/functions';
import { pollExportMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { pollExport } from '../shared/pipeline/poll-export.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('pollExport', {
  connection: 'ServiceBus',
  queueName: resources.queues.pollExport,
  handler: onQueueMessage('pollExport', pollExportMessage, pollExport),
});
