import type { InvocationContext } from '@azure/functions';
import { recordFailure } from '../pipeline/record-failure.ts';
import { getDeps } from './deps.ts';
import { invocationLog } from './invocation-log.ts';

/** A function on the dead letters of the queue of `step`: makes the message that was given up a visible failure. */
export function onDeadLetter(step: string): (message: unknown, context: InvocationContext) => Promise<void> {
  return async (message, context) => {
    const ports = { ...getDeps(), log: invocationLog(context) };
    const reason = propertyOf(context, 'DeadLetterReason') ?? 'no reason given';
    const description = propertyOf(context, 'DeadLetterErrorDescription');
    await recordFailure(ports, {
      step,
      kind: 'exhausted',
      message,
      reason: `Given up by the queue: ${reason}${description === undefined ? '' : ` (${description})`}`,
    });
  };
}

/** Service Bus says why among the message's application properties; the Functions library lowers their first letters. */
function propertyOf(context: InvocationContext, name: string): string | undefined {
  const properties = context.triggerMetadata?.['applicationProperties'];
  if (typeof properties !== 'object' || properties === null) return undefined;
  const found = Object.entries(properties).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return typeof found === 'string' && found !== '' ? found : undefined;
}
