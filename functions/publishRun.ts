import functions from '@azure/functions';
import { publishRunMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { publishRun } from '../shared/pipeline/publish-run.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('publishRun', {
  connection: 'ServiceBus',
  queueName: resources.queues.publishRun,
  handler: onQueueMessage('publishRun', publishRunMessage, publishRun),
});
