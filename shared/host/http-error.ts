import type { HttpResponseInit } from '@azure/functions';
import type { ErrorBody } from '../contracts/http.ts';
import type { Problem } from '../domain/problem.ts';

/** Thrown when a request cannot be answered as asked. The message is for the caller. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly code: string;
  readonly target: string | undefined;
  /** Everything that is wrong, where it is more than one thing. */
  readonly details: readonly Problem[];
  /** Beside the code: when to come again, how to sign in. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    target?: string,
    details: readonly Problem[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.headers = headers;
    this.status = status;
    this.code = code;
    this.target = target;
    this.details = details;
  }
}

/** Foreign and unknown things answer alike. */
export function notFound(what: string): HttpError {
  return new HttpError(404, 'NotFound', `There is no such ${what}`);
}

/** There is one, and the request does not say which version of it is to be changed. */
export function versionMissing(what: string): HttpError {
  const message = `There is such a ${what}; say in If-Match which version of it you saw`;
  return new HttpError(428, 'PreconditionRequired', message, 'If-Match');
}

/** Somebody else was there first. */
export function versionChanged(what: string): HttpError {
  return new HttpError(412, 'PreconditionFailed', `The ${what} is not the version that you saw`, 'If-Match');
}

export function errorResponse({ status, code, message, target, details, headers }: HttpError): HttpResponseInit {
  const more = {
    ...(target === undefined ? {} : { target }),
    ...(details.length === 0 ? {} : { details: [...details] }),
  };
  const jsonBody: ErrorBody = { error: { code, message, ...more } };
  return { status, headers: { ...headers, 'x-ms-error-code': code }, jsonBody };
}
