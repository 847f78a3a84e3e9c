import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { apiVersion } from '../contracts/http.ts';
import { getDeps } from './deps.ts';
import { errorResponse, HttpError } from './http-error.ts';
import { invocationLog } from './invocation-log.ts';
import type { StepPorts } from './on-queue-message.ts';

export type HttpHandler = (ports: StepPorts, request: HttpRequest) => Promise<HttpResponseInit>;

/**
 * An HTTP-triggered function: asks for the API version, runs the handler, and gives every error the same shape. What
 * is not an `HttpError` is our own trouble: it is logged, and the caller learns no more than that.
 */
export function onHttpRequest(
  handler: HttpHandler,
): (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit> {
  return async (request, context) => {
    try {
      requireApiVersion(request);
      return await handler({ ...getDeps(), log: invocationLog(context) }, request);
    } catch (error) {
      if (error instanceof HttpError) return errorResponse(error);
      context.error('request failed', error);
      return errorResponse(
        new HttpError(500, 'InternalError', 'Something went wrong on our side; the log has the details'),
      );
    }
  };
}

function requireApiVersion(request: HttpRequest): void {
  const version = request.query.get('api-version');
  if (version === apiVersion) return;
  const found = version === null ? 'is missing' : `is '${version}'`;
  throw new HttpError(
    400,
    'InvalidApiVersion',
    `The query parameter api-version ${found}; expected ${apiVersion}`,
    'api-version',
  );
}
