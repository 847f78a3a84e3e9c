import type { FailureRecord } from '../contracts/failures.ts';
import { identityOf } from '../domain/content-hash.ts';
import type { FailureStore, FileStore, Log } from './ports.ts';

export type RecordFailurePorts = { readonly log: Log; readonly failures: FailureStore; readonly files: FileStore };

/** Work that was given up: by a step that saw that no retry can help, or by the queue after its last delivery. */
export type GivenUp = { readonly step: string; readonly message: unknown; readonly reason: string };

/**
 * Makes given-up work visible. Its id is that of the work, so that giving up twice is one failure, and the sweep can
 * tell that this work must not be started again by itself.
 */
export async function recordFailure(ports: RecordFailurePorts, givenUp: GivenUp): Promise<void> {
  const subject = namesIn(givenUp.message);
  const failure: FailureRecord = {
    version: 1,
    failureId: failureIdOf(givenUp.step, subject),
    step: givenUp.step,
    subject,
    reason: givenUp.reason,
  };
  await ports.failures.put(failure);
  if (givenUp.step === 'generateFile') await failFile(ports.files, subject, givenUp.reason);
  ports.log.warn('work given up', { step: givenUp.step, reason: givenUp.reason });
}

/** Counters tell repeats of the same work apart and are not part of what the work is. */
const counters: readonly string[] = ['version', 'attempt', 'generation'];

export function failureIdOf(step: string, subject: object): string {
  const names = Object.entries(subject).filter(([name]) => !counters.includes(name));
  return identityOf([
    step,
    ...names.sort(([left], [right]) => (left < right ? -1 : 1)).flatMap(([name, value]) => [name, String(value)]),
  ]);
}

/** Longest name that is kept of a message that may be anything. */
const nameLengthMax = 300;

function namesIn(message: unknown): FailureRecord['subject'] {
  if (typeof message !== 'object' || message === null) return {};
  const names: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(message)) {
    if (typeof value === 'string') names[name] = value.slice(0, nameLengthMax);
    if (typeof value === 'number') names[name] = value;
  }
  return names;
}

async function failFile(files: FileStore, subject: FailureRecord['subject'], reason: string): Promise<void> {
  const fileId = subject['fileId'];
  const record = typeof fileId === 'string' ? await files.get(fileId) : undefined;
  if (record !== undefined) await files.advance({ ...record, state: 'failed', reason });
}
