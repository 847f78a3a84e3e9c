import functions from '@azure/functions';
import { sendNotificationMessage } from '../shared/contracts/messages.ts';
import { onQueueMessage } from '../shared/host/on-queue-message.ts';
import { sendNotification } from '../shared/pipeline/send-notification.ts';
import resources from '../shared/resources.json' with { type: 'json' };

functions.app.serviceBusQueue('sendNotification', {
  connection: 'ServiceBus',
  queueName: resources.queues.sendNotification,
  handler: onQueueMessage('sendNotification', sendNotificationMessage, sendNotification),
});
