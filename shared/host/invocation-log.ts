import type { InvocationContext } from '@azure/functions';
import type { Log } from '../pipeline/ports.ts';

/** Logs through the invocation: static words first, data in fields, so that both can be searched. */
export function invocationLog(context: InvocationContext): Log {
  return {
    info: (message, fields) => context.info(message, fields),
    warn: (message, fields) => context.warn(message, fields),
  };
}
