import functions from '@azure/functions';
import { onDeadLetter } from '../shared/host/on-dead-letter.ts';
import resources from '../shared/resources.json' with { type: 'json' };

for (const [step, queueName] of Object.entries(resources.queues)) {
  functions.app.serviceBusQueue(`recordDeadLetter_${step}`, {
    connection: 'ServiceBus',
    queueName: `${queueName}/$deadletterqueue`,
    handler: onDeadLetter(step),
  });
}
