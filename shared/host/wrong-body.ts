import type { z } from 'zod';
import { HttpError } from './http-error.ts';

/** A body that is not what the route takes: one line, and each fault by itself where there are several. */
export function wrongBody(code: 'InvalidBody' | 'InvalidRecord', { issues }: z.ZodError): HttpError {
  const faults = issues.map(({ path, message }) => `${path.length === 0 ? 'The body' : path.join('.')}: ${message}`);
  const details = faults.length > 1 ? faults.map((message) => ({ code, message })) : [];
  return new HttpError(400, code, faults.join('; '), 'body', details);
}
