import functions from '@azure/functions';
import { expect, it } from 'vitest';
import { invocationLog } from '../../shared/host/invocation-log.ts';

it('a log line is one line of JSON without a character that a terminal obeys, and says what it was given', () => {
  const lines: string[] = [];
  const context = new functions.InvocationContext({
    functionName: 'things',
    logHandler: (_level, ...args) => lines.push(args.map(String).join(' ')),
  });
  const fields = { reason: 'a\r\n{"message":"b"}\u001b[2J\u007f\u0085\u009b31m\u2028\u2029\u202e\u2066ü' };
  invocationLog(context).info('work given up', fields);
  invocationLog(context).warn('work given up', fields);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    expect(JSON.parse(line)).toEqual({ message: 'work given up', ...fields });
  }
});
