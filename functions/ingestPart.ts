import functions from '@azure/functions';
import { ingestPartMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { ingestPart } from '../shared/pipeline/ingest-part.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('ingestPart', {
  connection: 'ServiceBus',
  queueName: resources.queues.ingestPart,
  handler: onQueueMessage('ingestPart', ingestPartMessage, ingestPart),
});
