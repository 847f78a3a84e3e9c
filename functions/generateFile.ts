import functions from '@azure/functions';
import { generateFileMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { generateFile } from '../shared/pipeline/generate-file.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('generateFile', {
  connection: 'ServiceBus',
  queueName: resources.queues.generateFile,
  handler: onQueueMessage('generateFile', generateFileMessage, generateFile),
});
