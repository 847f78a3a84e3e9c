import {
  type ProcessErrorArgs,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import type { RpcTypedData } from './core-api.ts';
import { describeFunction } from './function-app.ts';
import { invoke, systemMetadata } from './invocation.ts';
import { triggerConnection, triggerText } from './settings.ts';
import type { Trigger, TriggerContext } from './trigger.ts';

/**
 * Receives from one queue under peek-lock and runs the function once for each message: completed when the function
 * succeeds, abandoned when it fails, so that Service Bus delivers it again or moves it to the dead-letter queue.
 * The SDK renews the lock while the function runs, up to host.json's `maxAutoLockRenewalDuration`.
 */
export class ServiceBusTrigger implements Trigger {
  readonly #context: TriggerContext;
  readonly #queueName: string;
  readonly #client: ServiceBusClient;
  readonly #receiver: ServiceBusReceiver;
  readonly #autoComplete: boolean;
  #subscription: { close(): Promise<void> } | undefined;

  constructor(context: TriggerContext) {
    const { registration, settings, hostJson } = context;
    refuseUnsupported(context);
    this.#context = context;
    this.#queueName = triggerText(registration, 'queueName', settings);
    const ownChoice = registration.trigger['autoCompleteMessages'];
    this.#autoComplete = typeof ownChoice === 'boolean' ? ownChoice : hostJson.serviceBus.autoCompleteMessages;
    this.#client = createClient(triggerConnection(registration, settings), describeFunction(registration));
    this.#receiver = this.#client.createReceiver(this.#queueName, {
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: hostJson.serviceBus.maxAutoLockRenewalMs,
      skipParsingBodyAsJson: true,
    });
  }

  start(): Promise<void> {
    this.#subscription = this.#receiver.subscribe(
      {
        processMessage: (message) => this.#context.work.run(() => this.#handle(message)),
        processError: (args) => this.#reportError(args),
      },
      { autoCompleteMessages: false, maxConcurrentCalls: this.#context.hostJson.serviceBus.maxConcurrentCalls },
    );
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  async dispose(): Promise<void> {
    await this.#receiver.close();
    await this.#client.close();
  }

  async #handle(message: ServiceBusReceivedMessage): Promise<void> {
    const { app, registration } = this.#context;
    try {
      await invoke(app, registration, {
        reason: `New ServiceBus message detected on '${this.#queueName}'.`,
        data: messageBody(message, registration.trigger['dataType']),
        metadata: { ...messageMetadata(message), sys: systemMetadata(registration.name) },
      });
    } catch {
      // The failure is in the log, with its cause; the message goes back to the queue.
      await this.#settle('abandon', message, () => this.#receiver.abandonMessage(message));
      return;
    }
    if (this.#autoComplete) {
      await this.#settle('complete', message, () => this.#receiver.completeMessage(message));
    }
  }

  /** When settling fails, the lock runs out and the message is delivered again: at least once. */
  async #settle(verb: string, message: ServiceBusReceivedMessage, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#log('warning', `Could not ${verb} message '${String(message.messageId)}' of '${this.#queueName}'`, error);
    }
  }

  #reportError({ error, errorSource }: ProcessErrorArgs): Promise<void> {
    this.#log('warning', `Trouble with '${this.#queueName}' (${errorSource}): ${error.message}`, error);
    return Promise.resolve();
  }

  #log(level: string, message: string, ...args: readonly unknown[]): void {
    this.#context.app.onLog({ level, functionName: this.#context.registration.name, message, args });
  }
}

function refuseUnsupported({ registration }: TriggerContext): void {
  const { trigger } = registration;
  const refuse = (what: string): never => {
    throw new Error(`${describeFunction(registration)}: ${what} is not supported locally`);
  };
  if (trigger['topicName'] !== undefined) {
    refuse('a Service Bus topic trigger');
  }
  if (trigger['cardinality'] === 'many') {
    refuse("cardinality 'many'");
  }
  if (trigger['isSessionsEnabled'] === true) {
    refuse('a session-aware queue');
  }
  if (trigger['sdkBinding'] === true) {
    refuse('sdkBinding');
  }
}

function createClient(connection: string, who: string): ServiceBusClient {
  try {
    return new ServiceBusClient(connection);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${who}: the Service Bus connection string cannot be used: ${reason}`, { cause });
  }
}

/** The host gives Node the body as UTF-8 text, which the library parses when it is JSON; `binary` gives the bytes. */
function messageBody(message: ServiceBusReceivedMessage, dataType: unknown): RpcTypedData {
  const body: unknown = message.body;
  if (body instanceof Uint8Array) {
    return dataType === 'binary' ? { bytes: body } : { string: Buffer.from(body).toString('utf8') };
  }
  if (typeof body === 'string') {
    return { string: body };
  }
  throw new TypeError(`A message with a body of type ${typeof body} cannot be bound to a string`);
}

/** In .NET's names and types: numbers, moments and objects as JSON, and a delivery count that begins with 1. */
function messageMetadata(message: ServiceBusReceivedMessage): Readonly<Record<string, RpcTypedData>> {
  const texts = {
    MessageId: message.messageId,
    CorrelationId: message.correlationId,
    ContentType: message.contentType,
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    SessionId: message.sessionId,
    PartitionKey: message.partitionKey,
    LockToken: message.lockToken,
    DeadLetterSource: message.deadLetterSource,
  };
  const values = {
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    EnqueuedTimeUtc: message.enqueuedTimeUtc?.toISOString(),
    EnqueuedTime: message.enqueuedTimeUtc?.toISOString(),
    ExpiresAtUtc: message.expiresAtUtc?.toISOString(),
    ExpiresAt: message.expiresAtUtc?.toISOString(),
    ApplicationProperties: message.applicationProperties ?? {},
    UserProperties: message.applicationProperties ?? {},
  };
  const metadata: Record<string, RpcTypedData> = {};
  for (const [name, value] of Object.entries(texts)) {
    if (value !== undefined) {
      metadata[name] = { string: String(value) };
    }
  }
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) {
      metadata[name] = { json: JSON.stringify(value) };
    }
  }
  // A 64-bit number: as JSON text it reaches the function as a plain number, as in Azure.
  if (message.sequenceNumber !== undefined) {
    metadata['SequenceNumber'] = { json: message.sequenceNumber.toString() };
  }
  return metadata;
}
