import { join } from 'node:path';
import type { Answer, AnswerBody } from './answer.ts';
import type { BlobContent } from './blob-content.ts';
import { storageError } from './errors.ts';
import type { ManifestDeps } from './manifests.ts';
import { headerOf, type Route, type StandInRequest } from './request.ts';
import { checkSas, type SasRefusal } from './sas.ts';

const STORAGE_VERSION = '2021-08-06';

/** `GET {rootDirectory}/{name}?{sasToken}`: Get Blob of Azure Storage, as far as a download needs it. */
export function blobRoute(deps: ManifestDeps, request: StandInRequest): Route | undefined {
  if (!request.path.startsWith('/blobs/')) return undefined;
  return { group: 'blob', methods: ['GET', 'HEAD'], answer: () => answerBlob(deps, request) };
}

async function answerBlob(deps: ManifestDeps, request: StandInRequest): Promise<Answer> {
  const cut = request.path.lastIndexOf('/');
  const directoryPath = request.path.slice(0, cut);
  const name = request.path.slice(cut + 1);
  const sas = checkSas(deps.context, directoryPath, request.query);
  if (sas.kind === 'refused') return refusedAnswer(deps, sas.why, sas.expiry);
  const directory = deps.directories.get(directoryPath);
  // Only names without a path get here, and `.` and `..` do not end in .json.gz.
  const content =
    directory === undefined || !name.endsWith('.json.gz')
      ? undefined
      : await deps.readBlob(join(directory.folder, name), directory.data, directory.attributeSet);
  if (content === undefined) {
    return storageError(deps.context, {
      status: 404,
      code: 'BlobNotFound',
      message: 'The specified blob does not exist.',
    });
  }
  const wantedETag = headerOf(request, 'if-match');
  if (wantedETag !== undefined && wantedETag !== '*' && wantedETag !== blobETag(content)) {
    return storageError(deps.context, {
      status: 412,
      code: 'ConditionNotMet',
      message: 'The condition specified using HTTP conditional header(s) is not met.',
    });
  }
  return contentAnswer(deps, request, name, content);
}

function contentAnswer(deps: ManifestDeps, request: StandInRequest, name: string, content: BlobContent): Answer {
  const range = rangeOf(request, content.sizeBytes);
  if (range === 'unsatisfiable') {
    return storageError(deps.context, {
      status: 416,
      code: 'InvalidRange',
      message: 'The range specified is invalid for the current size of the resource.',
    });
  }
  const md5 = content.md5.toString('base64');
  const startByte = range?.startByte ?? 0;
  const sizeBytes = range?.sizeBytes ?? content.sizeBytes;
  // No Content-Encoding: the blob is a gzip file, not a file sent as gzip, and a client must not unpack it unasked.
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'Accept-Ranges': 'bytes',
    ETag: blobETag(content),
    'Last-Modified': content.modifiedAt.toUTCString(),
    'x-ms-request-id': deps.context.nextId('storage-request'),
    'x-ms-version': STORAGE_VERSION,
    'x-ms-creation-time': content.modifiedAt.toUTCString(),
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-lease-status': 'unlocked',
    'x-ms-lease-state': 'available',
    'x-ms-server-encrypted': 'true',
  };
  const body = bodyOf(deps, request, { name, content, startByte, sizeBytes });
  if (range === undefined) return { status: 200, headers: { ...headers, 'Content-MD5': md5 }, body };
  const contentRange = `bytes ${startByte}-${startByte + sizeBytes - 1}/${content.sizeBytes}`;
  return { status: 206, headers: { ...headers, 'Content-Range': contentRange, 'x-ms-blob-content-md5': md5 }, body };
}

function bodyOf(
  deps: ManifestDeps,
  request: StandInRequest,
  part: {
    readonly name: string;
    readonly content: BlobContent;
    readonly startByte: number;
    readonly sizeBytes: number;
  },
): AnswerBody {
  const { content, startByte, sizeBytes } = part;
  const asked = request.method === 'GET' && sizeBytes > 0 ? deps.context.script.takeBlobBreak(part.name) : undefined;
  // A break after the last byte would be none: at least one byte is always missing.
  const broken = asked === undefined ? {} : { breakAfterBytes: Math.min(asked, sizeBytes - 1) };
  if (content.source.kind === 'file') {
    return { kind: 'file', path: content.source.path, startByte, sizeBytes, ...broken };
  }
  return { kind: 'bytes', bytes: content.source.bytes.subarray(startByte, startByte + sizeBytes), ...broken };
}

/** One range of bytes, from either header that Get Blob reads; other forms are ignored, as RFC 9110 allows. */
function rangeOf(
  request: StandInRequest,
  totalBytes: number,
): { readonly startByte: number; readonly sizeBytes: number } | 'unsatisfiable' | undefined {
  const found = /^bytes=(\d+)-(\d*)$/.exec(headerOf(request, 'x-ms-range') ?? headerOf(request, 'range') ?? '');
  if (found === null) return undefined;
  const startByte = Number(found[1]);
  const lastByte = Math.min(found[2] === '' ? totalBytes - 1 : Number(found[2]), totalBytes - 1);
  return startByte > lastByte ? 'unsatisfiable' : { startByte, sizeBytes: lastByte - startByte + 1 };
}

function refusedAnswer(deps: ManifestDeps, why: SasRefusal, expiry: string): Answer {
  const now = deps.context.now().toUTCString();
  const details = {
    missing: 'No authentication information is given, and public access is not permitted.',
    malformed: 'se is mandatory and must be a valid date.',
    mismatch: 'Signature did not match.',
    expired: `Signed expiry time [${expiry}] has to be after signed start time [${now}]`,
  } as const satisfies Record<SasRefusal, string>;
  return storageError(deps.context, {
    status: 403,
    code: 'AuthenticationFailed',
    message:
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    detail: details[why],
  });
}

function blobETag(content: BlobContent): string {
  return `"0x${content.md5.toString('hex').slice(0, 15).toUpperCase()}"`;
}
