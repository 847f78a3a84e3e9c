import type { HttpHandler } from '@azure/functions';
import type { Route } from '../contracts/route.ts';
import { routes } from '../contracts/routes.ts';
import { finishAnswer } from './finish-answer.ts';
import { errorResponse, HttpError } from './http-error.ts';

/**
 * Answers what no route takes, in the shape that all errors have: 405 where the path is one of ours. `OPTIONS` is among
 * it, without a word on other origins: no browser sends us requests of other sites' pages.
 */
export const answerUnknown: HttpHandler = async (http) => {
  const methods = methodsOf(http.params['path'] ?? '');
  if (methods.length === 0) {
    return finishAnswer(http, errorResponse(new HttpError(404, 'NotFound', 'There is no such path')));
  }
  const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  const message = `The path does not take ${http.method}; expected ${allow}`;
  return finishAnswer(http, errorResponse(new HttpError(405, 'MethodNotAllowed', message, undefined, [], { allow })));
};

function methodsOf(path: string): readonly string[] {
  const segments = path.replace(/\/$/, '').split('/');
  const fitting = Object.values(routes as Readonly<Record<string, Route>>).filter((route) => {
    const wanted = route.path.split('/');
    return (
      wanted.length === segments.length &&
      wanted.every((part, at) => part.startsWith('{') || part.toLowerCase() === segments[at]?.toLowerCase())
    );
  });
  return [...new Set(fitting.map(({ method }) => method))];
}
