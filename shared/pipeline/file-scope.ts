import type { FileRecord } from '../contracts/files.ts';
import type { FileScope } from '../domain/catalogue-directory.ts';
import { TerminalError } from '../domain/terminal-error.ts';

/** Whose lines a file has. @throws TerminalError when its record does not say */
export function scopeOfFile(file: Pick<FileRecord, 'audience' | 'customerId' | 'resellerMpnId'>): FileScope {
  const { audience, customerId, resellerMpnId: mpnId } = file;
  if (audience === 'csp') return { audience };
  if (audience === 'reseller' && mpnId !== undefined) return { audience, mpnId };
  if (audience === 'customer' && customerId !== undefined) {
    return { audience, customerId, ...(mpnId === undefined ? {} : { mpnId }) };
  }
  throw new TerminalError(`A file for a ${audience} does not say for which`);
}

/** The same for people. */
export function scopeText({
  audience,
  customerId,
  resellerMpnId,
}: Pick<FileRecord, 'audience' | 'customerId' | 'resellerMpnId'>): string {
  if (audience === 'csp') return 'anybody';
  if (audience === 'reseller') return `reseller ${resellerMpnId ?? ''}`;
  return `customer ${customerId ?? ''}${resellerMpnId === undefined ? '' : ` through reseller ${resellerMpnId}`}`;
}
