import { parsePolicy } from '../contracts/policies.ts';
import type { routes } from '../contracts/routes.ts';
import { HttpError } from './http-error.ts';
import type { RouteHandler } from './serve-route.ts';

/** The version of what is present; `If-Match` names it, so that nobody undoes a change unseen. */
function etagOf(ordinal: number): string {
  return `"policy-${ordinal}"`;
}

export const getPolicy: RouteHandler<typeof routes.getPolicy> = async (ports) => {
  const { policy, ordinal } = await ports.policies.current();
  return { headers: { etag: etagOf(ordinal) }, jsonBody: policy };
};

export const putPolicy: RouteHandler<typeof routes.putPolicy> = async (ports, { body, http }) => {
  const ifMatch = http.headers.get('if-match');
  if (ifMatch === null)
    throw new HttpError(
      428,
      'IfMatchRequired',
      'A policy is changed with If-Match and the ETag that GET gave',
      'If-Match',
    );
  const parsed = parsePolicy(body);
  if (parsed.kind === 'refused') {
    const problems = parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new HttpError(400, 'InvalidPolicy', problems, parsed.problems[0]?.path);
  }
  const ordinal = Number(/^"policy-(\d{1,9})"$/.exec(ifMatch)?.[1] ?? Number.NaN);
  const outcome = Number.isNaN(ordinal) ? 'changed' : await ports.policies.put(parsed.policy, ordinal);
  if (outcome === 'changed')
    throw new HttpError(412, 'PolicyChanged', 'Another policy has been put up since; read it first', 'If-Match');
  if (outcome === 'taken')
    throw new HttpError(409, 'VersionTaken', `Another policy has the version ${parsed.policy.version}`, 'version');
  ports.log.info('policy put up', { version: parsed.policy.version });
  return { headers: { etag: etagOf(ordinal + 1) }, jsonBody: parsed.policy };
};
