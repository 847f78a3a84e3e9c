import { setTimeout as delay } from 'node:timers/promises';
import type { InvocationContext } from '@azure/functions';
import { z } from 'zod';
import { BusyError } from '../domain/busy-error.ts';
import { addMilliseconds } from '../domain/calendar.ts';
import { identityOf } from '../domain/content-hash.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import type { Log, QueueName } from '../pipeline/ports.ts';
import { recordFailure } from '../pipeline/record-failure.ts';
import { type Deps, getDeps } from './deps.ts';
import { invocationLog } from './invocation-log.ts';

/** Longest pause before a message is given back. Its lock is renewed meanwhile. */
const pauseMaxMs = 30_000;

export type StepPorts = Deps & { readonly log: Log };

/**
 * A queue-triggered function: checks the message against its contract and runs the step. This is the one place that
 * knows what a failure means: a TerminalError is recorded, visibly, and the message is done with; a BusyError puts the
 * message off for as long as it says; anything else pauses,
 * longer with every delivery, and gives the message back to the queue, which delivers it again or, in the end, to the
 * dead letters.
 */
export function onQueueMessage<S extends z.ZodType>(
  queue: QueueName,
  schema: S,
  step: (ports: StepPorts, message: z.infer<S>) => Promise<void>,
): (message: unknown, context: InvocationContext) => Promise<void> {
  return async (message, context) => {
    try {
      const ports = { ...getDeps(), log: invocationLog(context) };
      try {
        await step(ports, parseMessage(schema, message));
      } catch (error) {
        if (error instanceof BusyError) return await comeBack(ports, queue, { message, error });
        if (!(error instanceof TerminalError)) throw error;
        await recordFailure(ports, { step: context.functionName, kind: 'permanent', message, reason: error.message });
      }
    } catch (error) {
      await delay(Math.min(100 * 2 ** deliveryCountOf(context), pauseMaxMs));
      throw error;
    }
  };
}

/** The same message, later. Its id is of this moment, or duplicate detection would swallow it. */
async function comeBack(
  ports: StepPorts,
  queue: QueueName,
  put: { readonly message: unknown; readonly error: BusyError },
): Promise<void> {
  const now = ports.clock.now();
  const id = `${queue}-${identityOf([JSON.stringify(put.message), now])}`;
  await ports.outbox.send(queue, [{ id, body: put.message, notBefore: addMilliseconds(now, put.error.retryAfterMs) }]);
  ports.log.info('put off', { queue, reason: put.error.message });
}

function parseMessage<S extends z.ZodType>(schema: S, message: unknown): z.infer<S> {
  const parsed = schema.safeParse(message);
  if (!parsed.success)
    throw new TerminalError(`The message does not keep its contract: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function deliveryCountOf(context: InvocationContext): number {
  const count = context.triggerMetadata?.['deliveryCount'];
  return typeof count === 'number' ? count : 1;
}
