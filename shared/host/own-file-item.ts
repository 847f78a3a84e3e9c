import type { FileRecord } from '../contracts/files.ts';
import type { FileItem, OwnFileItem } from '../contracts/http.ts';
import type { CallerScope } from '../domain/caller.ts';
import { isOfCsp } from '../domain/caller-scope.ts';
import { toFileItem } from '../pipeline/queries.ts';

/** Why a file could not be made, for those whom the catalogue and the CSP's costs are no business of. */
const failedReason = 'The file could not be made; your partner can see why';

/** A file as a caller sees it whose file it is. Through which reseller it was made, its customer does not see. */
export function fileItemFor(caller: CallerScope, record: FileRecord): FileItem | OwnFileItem {
  if (isOfCsp(caller)) return toFileItem(record);
  const { fileId, invoiceId, kind, audience, customerId, resellerMpnId, format, culture } = record;
  const { requestedAt, state, sizeBytes, sha256, rows, reason } = record;
  return {
    fileId,
    invoiceId,
    kind,
    audience,
    ...(customerId === undefined ? {} : { customerId }),
    ...(resellerMpnId === undefined || caller.role === 'customer' ? {} : { resellerMpnId }),
    format,
    culture,
    fileName: fileNameFor(caller, record),
    requestedAt,
    state,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(rows === undefined ? {} : { rows }),
    ...(reason === undefined ? {} : { reason: failedReason }),
  };
}

/** A file of one reseller's lines says so in its name, but not to the customer. */
export function fileNameFor(
  { role }: CallerScope,
  { fileName, kind, invoiceId, customerId, format }: FileRecord,
): string {
  return role === 'customer' ? `${kind}-${invoiceId}-${customerId ?? ''}.${format}` : fileName;
}
