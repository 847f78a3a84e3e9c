import functions from '@azure/functions';
import { attachEvidenceMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { attachEvidence } from '../shared/pipeline/attach-evidence.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('attachEvidence', {
  connection: 'ServiceBus',
  queueName: resources.queues.attachEvidence,
  handler: onQueueMessage('attachEvidence', attachEvidenceMessage, attachEvidence),
});
