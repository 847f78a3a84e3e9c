import { z } from 'zod';

/** A .NET time span as host.json writes it: `hh:mm:ss`, with days in front and fractions behind if need be. */
const timeSpanMs = z.string().transform((text, context) => {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(\.\d{1,7})?$/.exec(text);
  if (match === null) {
    context.addIssue({ code: 'custom', message: `'${text}' is not a time span like 00:05:00` });
    return z.NEVER;
  }
  const [, days = '0', hours, minutes, seconds, fraction = '0'] = match;
  const wholeSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Math.round((wholeSeconds + Number(fraction)) * 1000);
});

/** The parts of host.json that the local host honours, with Azure's defaults; it passes over all others. */
const hostJsonSchema = z.looseObject({
  version: z.literal('2.0'),
  extensions: z
    .looseObject({
      http: z.looseObject({ routePrefix: z.string().optional() }).optional(),
      serviceBus: z
        .looseObject({
          maxConcurrentCalls: z.int().min(1).optional(),
          maxAutoLockRenewalDuration: timeSpanMs.optional(),
          autoCompleteMessages: z.boolean().optional(),
        })
        .optional(),
      queues: z
        .looseObject({ maxDequeueCount: z.int().min(1).optional(), visibilityTimeout: timeSpanMs.optional() })
        .optional(),
      blobs: z.looseObject({ maxDegreeOfParallelism: z.int().min(1).optional() }).optional(),
    })
    .optional(),
});

export type HostJson = {
  readonly routePrefix: string;
  readonly serviceBus: {
    readonly maxConcurrentCalls: number;
    readonly maxAutoLockRenewalMs: number;
    readonly autoCompleteMessages: boolean;
  };
  readonly blobs: {
    readonly maxDequeueCount: number;
    readonly retryDelayMs: number;
    readonly maxParallel: number;
  };
};

export function parseHostJson(value: unknown): HostJson {
  const parsed = hostJsonSchema.safeParse(value);
  if (!parsed.success) {
    throw new Error(`host.json is not valid: ${z.prettifyError(parsed.error)}`);
  }
  const { http, serviceBus, queues, blobs } = parsed.data.extensions ?? {};
  return {
    routePrefix: http?.routePrefix ?? 'api',
    serviceBus: {
      maxConcurrentCalls: serviceBus?.maxConcurrentCalls ?? 16,
      maxAutoLockRenewalMs: serviceBus?.maxAutoLockRenewalDuration ?? 5 * 60 * 1000,
      autoCompleteMessages: serviceBus?.autoCompleteMessages ?? true,
    },
    blobs: {
      maxDequeueCount: queues?.maxDequeueCount ?? 5,
      retryDelayMs: queues?.visibilityTimeout ?? 0,
      maxParallel: blobs?.maxDegreeOfParallelism ?? 8,
    },
  };
}
