import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import rhea, { type Container, type EventContext, type Receiver, type Sender } from 'rhea';
import { entityNotFound, NO_SENDING_HERE } from './amqp-error.ts';
import { ConsumerLink } from './consumer-link.ts';
import { type EntityAddress, entityAddress } from './entity-address.ts';
import { answerManagement } from './management.ts';
import { openProducerLink } from './producer-link.ts';
import type { QueueCounts } from './queue.ts';
import { QueueHost } from './queue-host.ts';
import { answerRequests, CBS_STATUS, MANAGEMENT_STATUS, type Request, type Response } from './request-response.ts';
import { receiveRawMessages } from './rhea-internals.ts';

export type { QueueCounts };

export type QueueOptions = {
  readonly name: string;
  /** 60,000 unless given. */
  readonly lockDurationMs?: number;
  /** 10 unless given. */
  readonly maxDeliveryCount?: number;
  /** 0, which is the default, turns duplicate detection off. */
  readonly duplicateDetectionWindowMs?: number;
  /** Messages live for ever unless given. */
  readonly defaultTimeToLiveMs?: number;
  /** 262,144 unless given. */
  readonly maxMessageSizeBytes?: number;
};

export type ServiceBusStandIn = {
  readonly connectionString: string;
  readonly port: number;
  /** @throws Error when there is no such queue; `<queue>/$deadletterqueue` is one too */
  counts(queueName: string): QueueCounts;
  close(): Promise<void>;
};

type Hosts = ReadonlyMap<string, QueueHost>;
type Entity = EntityAddress & { readonly host: QueueHost };

const LOOPBACK = '127.0.0.1';
const CBS = '$cbs';

/**
 * Azure Service Bus queues for one machine: an AMQP 1.0 server on loopback that `@azure/service-bus` cannot tell from the
 * service in what this project uses. Nothing is stored: closing forgets all messages.
 */
export async function startServiceBus(options: {
  readonly queues: readonly QueueOptions[];
  readonly port?: number;
}): Promise<ServiceBusStandIn> {
  const hosts: Hosts = new Map(options.queues.map((queue) => [queue.name.toLowerCase(), hostOf(queue)]));
  const container = rhea.create_container({
    autoaccept: false,
    autosettle: false,
    treat_modified_as_released: false,
  });
  listenForLinks(container, hosts);
  const sockets = new Set<Socket>();
  const server = container.listen({ host: LOOPBACK, port: options.port ?? 0 });
  server.on('connection', (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    connectionString: `Endpoint=sb://${LOOPBACK}:${port};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true;`,
    counts: (queueName) => {
      const entity = findEntity(hosts, queueName);
      if (entity === undefined) throw new Error(`There is no queue '${queueName}'`);
      return entity.host.counts(entity.subqueue);
    },
    close: async () => {
      for (const host of hosts.values()) host.close();
      const closed = once(server, 'close');
      server.close();
      // With an error, as rhea clears a connection's timers on `error` and `end` only.
      for (const socket of sockets) socket.destroy(new Error('The Service Bus stand-in was closed'));
      await closed;
    },
  };
}

function hostOf(queue: QueueOptions): QueueHost {
  return new QueueHost({
    settings: {
      lockDurationMs: queue.lockDurationMs ?? 60_000,
      maxDeliveryCount: queue.maxDeliveryCount ?? 10,
      duplicateDetectionWindowMs: queue.duplicateDetectionWindowMs ?? 0,
      defaultTimeToLiveMs: queue.defaultTimeToLiveMs,
    },
    maxMessageSizeBytes: queue.maxMessageSizeBytes ?? 262_144,
    // Clients schedule by their own clock, which on one machine is this one.
    now: Date.now,
  });
}

function listenForLinks(container: Container, hosts: Hosts): void {
  const dropClosed = (): void => {
    for (const host of hosts.values()) host.dropClosedConsumers();
  };
  container.on('connection_open', ({ connection }: EventContext) => receiveRawMessages(connection));
  container.on('receiver_open', ({ receiver }: EventContext) => {
    if (receiver !== undefined) openReceiver(receiver, hosts);
  });
  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender !== undefined) openSender(sender, hosts);
  });
  for (const event of ['sender_close', 'session_close', 'disconnected']) container.on(event, dropClosed);
  // Errors a client ends a link or connection with: it is gone, and its locks run out.
  for (const event of ['sender_error', 'receiver_error', 'session_error', 'connection_error']) {
    container.on(event, dropClosed);
  }
  // rhea ends the connection; what remains to be done is that nobody overlooks it.
  for (const event of ['error', 'protocol_error']) {
    container.on(event, (error: Error) => process.emitWarning(error));
  }
}

/** A link on which a client sends: messages for a queue, or requests. */
function openReceiver(receiver: Receiver, hosts: Hosts): void {
  const address = receiver.target?.address ?? '';
  receiver.set_target({ address });
  if (address === CBS) {
    answerRequests(receiver, CBS_STATUS, (request) => answerToken(request, hosts));
    return;
  }
  const entity = findEntity(hosts, address);
  if (entity === undefined) receiver.close(entityNotFound(address));
  else if (entity.isManagement) {
    answerRequests(receiver, MANAGEMENT_STATUS, (request) => answerManagement(entity, request));
  } else if (entity.subqueue === 'dead-letter') receiver.close(NO_SENDING_HERE);
  else openProducerLink(receiver, entity.host);
}

/** A link on which a client receives: messages of a queue, or answers to its requests. */
function openSender(sender: Sender, hosts: Hosts): void {
  const address = sender.source?.address ?? '';
  sender.set_source({ address });
  if (address === CBS) return;
  const entity = findEntity(hosts, address);
  if (entity === undefined) sender.close(entityNotFound(address));
  else if (!entity.isManagement) new ConsumerLink(sender, entity.host, entity.subqueue);
}

/** Every token is good here. A queue that does not exist is refused already at this point, as by the service. */
function answerToken(request: Request, hosts: Hosts): Response {
  const audience = String(request.properties['name'] ?? '');
  if (findEntity(hosts, audience) !== undefined) return { kind: 'done' };
  return { kind: 'refused', status: 404, error: entityNotFound(audience) };
}

function findEntity(hosts: Hosts, text: string): Entity | undefined {
  const address = entityAddress(text);
  const host = hosts.get(address.queueName);
  return host === undefined ? undefined : { ...address, host };
}
