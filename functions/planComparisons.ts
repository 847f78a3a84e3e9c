import functions from '@azure/functions';
import { planComparisonsMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { planComparisons } from '../shared/pipeline/plan-comparisons.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('planComparisons', {
  connection: 'ServiceBus',
  queueName: resources.queues.planComparisons,
  handler: onQueueMessage('planComparisons', planComparisonsMessage, planComparisons),
});
