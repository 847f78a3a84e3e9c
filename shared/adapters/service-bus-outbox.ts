import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { Outbox, OutgoingMessage } from '../pipeline/ports.ts';
import resources from '../resources.json' with { type: 'json' };

/** Sends messages as JSON, in batches as large as the queue takes. Senders are kept: opening one costs a round trip. */
export function serviceBusOutbox(client: ServiceBusClient): Outbox {
  const senders = new Map<string, ServiceBusSender>();
  const senderOf = (queueName: string): ServiceBusSender => {
    const sender = senders.get(queueName) ?? client.createSender(queueName);
    senders.set(queueName, sender);
    return sender;
  };
  return {
    send: async (queue, messages) => {
      const sender = senderOf(resources.queues[queue]);
      let batch = await sender.createMessageBatch();
      for (const message of messages) {
        const outgoing = toServiceBus(message);
        if (batch.tryAddMessage(outgoing)) continue;
        if (batch.count > 0) await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        if (!batch.tryAddMessage(outgoing)) throw new Error(`Message ${message.id} is too large for queue ${queue}`);
      }
      if (batch.count > 0) await sender.sendMessages(batch);
    },
  };
}

function toServiceBus(message: OutgoingMessage): ServiceBusMessage {
  return {
    messageId: message.id,
    body: message.body,
    contentType: 'application/json',
    ...(message.notBefore === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(message.notBefore) }),
  };
}
