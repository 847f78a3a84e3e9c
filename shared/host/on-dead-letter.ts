import type { InvocationContext } from '@azure/functions';
import { recordFailure } from '../pipeline/record-failure.ts';
import { getDeps } from './deps.ts';
import { invocationLog } from './invocation-log.ts';

/** A function on the dead letters of the queue of `step`: makes the message that was given up a visible failure. */
export function onDeadLetter(step: string): (message: unknown, context: InvocationContext) => Promise<void> {
  return async (message, context) => {
    const ports = { ...getDeps(), log: invocationLog(context) };
    const reason = text(context.triggerMetadata?.['deadLetterReason']) ?? 'no reason given';
    const description = text(context.triggerMetadata?.['deadLetterErrorDescription']);
    await recordFailure(ports, {
      step,
      kind: 'exhausted',
      message,
      reason: `Given up by the queue: ${reason}${description === undefined ? '' : ` (${description})`}`,
    });
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
