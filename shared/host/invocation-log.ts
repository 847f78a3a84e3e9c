import type { InvocationContext } from '@azure/functions';
import type { Log } from '../pipeline/ports.ts';

/**
 * Logs through the invocation, one JSON object per line: the words under `message`, the data in fields of their own.
 * The Functions library makes text of whatever it is given; JSON is text that Application Insights can still search.
 */
export function invocationLog(context: InvocationContext): Log {
  return {
    info: (message, fields) => context.info(JSON.stringify({ message, ...fields })),
    warn: (message, fields) => context.warn(JSON.stringify({ message, ...fields })),
  };
}
