import { z } from 'zod';
import type { Problem } from '../domain/problem.ts';

export const problem = z.strictObject({
  code: z.string(),
  message: z.string(),
  file: z.string().exactOptional(),
  line: z.int().positive().exactOptional(),
  column: z.string().exactOptional(),
  value: z.string().exactOptional(),
}) satisfies z.ZodType<Problem>;
