import { type Answer, jsonAnswer, withHeaders } from './answer.ts';
import type { StandInContext } from './context.ts';
import type { Fault, RouteGroup } from './script.ts';

/** Microsoft Graph's error body. Source: "Microsoft Graph error responses and resource types". */
export function graphError(context: StandInContext, status: number, code: string, message: string): Answer {
  const requestId = context.nextId('request');
  return jsonAnswer(
    status,
    {
      error: {
        code,
        message,
        innerError: { date: graphDate(context), 'request-id': requestId, 'client-request-id': requestId },
      },
    },
    { 'request-id': requestId },
  );
}

/** Partner Center's error body. Source: "Partner Center REST error codes". */
export function partnerCenterError(status: number, code: string, description: string): Answer {
  return jsonAnswer(status, { code, description, data: [], source: 'PartnerApiServiceStandIn' });
}

/** Azure Storage's error body. Source: "Status and error codes" of the Blob Storage REST API. */
export function storageError(
  context: StandInContext,
  error: { readonly status: number; readonly code: string; readonly message: string; readonly detail?: string },
): Answer {
  const requestId = context.nextId('storage-request');
  const detail =
    error.detail === undefined ? '' : `<AuthenticationErrorDetail>${error.detail}</AuthenticationErrorDetail>`;
  const bytes = Buffer.from(
    `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${error.message}\n` +
      `RequestId:${requestId}\nTime:${context.now().toISOString()}</Message>${detail}</Error>`,
    'utf8',
  );
  return {
    status: error.status,
    headers: {
      'Content-Type': 'application/xml',
      'Content-Length': String(bytes.length),
      'x-ms-request-id': requestId,
      'x-ms-error-code': error.code,
    },
    body: { kind: 'bytes', bytes },
  };
}

/** Microsoft Entra's error body. Source: "Microsoft identity platform authentication and authorization error codes". */
export function entraError(
  context: StandInContext,
  status: number,
  error: string,
  aadsts: { readonly code: number; readonly text: string },
): Answer {
  const traceId = context.nextId('trace');
  const timestamp = `${context.now().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return jsonAnswer(status, {
    error,
    error_description: `AADSTS${aadsts.code}: ${aadsts.text} Trace ID: ${traceId} Correlation ID: ${traceId} Timestamp: ${timestamp}`,
    error_codes: [aadsts.code],
    timestamp,
    trace_id: traceId,
    correlation_id: traceId,
    error_uri: `https://login.microsoftonline.com/error?code=${aadsts.code}`,
  });
}

/** A scripted fault in the words of the service that is asked. */
export function faultAnswer(context: StandInContext, group: RouteGroup, fault: Fault): Answer {
  if (fault.kind === 'fail') return failAnswer(context, group, fault.status);
  return withHeaders(throttleAnswer(context, group, fault.retryAfterSeconds), retryAfter(context, fault));
}

function retryAfter(
  context: StandInContext,
  fault: { readonly retryAfterSeconds: number },
): Readonly<Record<string, string>> {
  switch (context.script.retryAfterForm) {
    case 'seconds':
      return { 'Retry-After': String(fault.retryAfterSeconds) };
    case 'date':
      return { 'Retry-After': new Date(context.now().getTime() + fault.retryAfterSeconds * 1000).toUTCString() };
    case 'absent':
      return {};
  }
}

function throttleAnswer(context: StandInContext, group: RouteGroup, seconds: number): Answer {
  switch (group) {
    case 'token':
      return entraError(context, 429, 'temporarily_unavailable', {
        code: 90055,
        text: 'There are too many incoming requests for the tenant.',
      });
    case 'export':
    case 'operation':
    case 'manifest':
      return graphThrottled(context);
    case 'invoices':
    case 'line-items':
      // This body, unlike all others of Partner Center, comes from its gateway. Source: "API throttling guidance".
      return jsonAnswer(429, {
        statusCode: 429,
        message: `Rate limit is exceeded. Try again in ${seconds} seconds.`,
      });
    case 'blob':
      return storageError(context, { status: 503, code: 'ServerBusy', message: 'The server is busy.' });
  }
}

/** Source: "Microsoft Graph throttling guidance", sample response. */
function graphThrottled(context: StandInContext): Answer {
  const requestId = context.nextId('request');
  return jsonAnswer(
    429,
    {
      error: {
        code: 'TooManyRequests',
        innerError: {
          code: '429',
          date: graphDate(context),
          message: 'Please retry after',
          'request-id': requestId,
          status: '429',
        },
        message: 'Please retry again later.',
      },
    },
    { 'request-id': requestId },
  );
}

function failAnswer(context: StandInContext, group: RouteGroup, status: number): Answer {
  switch (group) {
    case 'token':
      return entraError(context, status, status >= 500 ? 'temporarily_unavailable' : 'invalid_request', {
        code: 90033,
        text: 'A transient error has occurred. Please try again.',
      });
    case 'export':
    case 'operation':
    case 'manifest':
      return graphError(context, status, graphCodeOf(status), `The service answered ${status} as scripted.`);
    case 'invoices':
    case 'line-items':
      return partnerCenterError(status, '800003', `Unexpected service error, ${status} as scripted.`);
    case 'blob':
      return storageError(context, {
        status,
        code: status === 503 ? 'ServerBusy' : 'InternalError',
        message: 'The server encountered an internal error. Please retry the request.',
      });
  }
}

function graphCodeOf(status: number): string {
  if (status === 503) return 'serviceNotAvailable';
  if (status === 403) return 'Authorization_RequestDenied';
  return status >= 500 ? 'generalException' : 'badRequest';
}

function graphDate(context: StandInContext): string {
  return context.now().toISOString().slice(0, 19);
}
