import type { InvocationContext } from '@azure/functions';
import type { Log } from '../pipeline/ports.ts';

/**
 * Logs through the invocation, one JSON object per line: the words under `message`, the data in fields of their own.
 * The Functions library makes text of whatever it is given; JSON is text that Application Insights can still search.
 */
export function invocationLog(context: InvocationContext): Log {
  return {
    info: (message, fields) => context.info(lineOf({ message, ...fields })),
    warn: (message, fields) => context.warn(lineOf({ message, ...fields })),
  };
}

/** JSON leaves some characters as they are that end a line, or tell a terminal or a reader's eye another story. */
function lineOf(entry: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(entry).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
