import functions from '@azure/functions';
import { compareSubscriptionMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { compareSubscription } from '../shared/pipeline/compare-subscription.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('compareSubscription', {
  connection: 'ServiceBus',
  queueName: resources.queues.compareSubscription,
  handler: onQueueMessage('compareSubscription', compareSubscriptionMessage, compareSubscription),
});
