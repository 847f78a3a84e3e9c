import functions from '@azure/functions';
import { parsePolicy } from '../../shared/contracts/policies.ts';
import { HttpError } from '../../shared/host/http-error.ts';
import { readJsonBody } from '../../shared/host/json-body.ts';
import { onHttpRequest } from '../../shared/host/on-http-request.ts';
import { filtersOf } from '../../shared/host/page.ts';

/** The version of what is present; `If-Match` names it, so that nobody undoes a change unseen. */
function etagOf(ordinal: number): string {
  return `"policy-${ordinal}"`;
}

functions.app.http('policies', {
  route: 'catalogue/policies',
  methods: ['GET'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    filtersOf(request, {});
    const { policy, ordinal } = await ports.policies.current();
    return { headers: { etag: etagOf(ordinal) }, jsonBody: policy };
  }),
});

functions.app.http('policies_put', {
  route: 'catalogue/policies',
  methods: ['PUT'],
  authLevel: 'function',
  handler: onHttpRequest(async (ports, request) => {
    filtersOf(request, {});
    const ifMatch = request.headers.get('if-match');
    if (ifMatch === null)
      throw new HttpError(
        428,
        'IfMatchRequired',
        'A policy is changed with If-Match and the ETag that GET gave',
        'If-Match',
      );
    const parsed = parsePolicy(await readJsonBody(request));
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
  }),
});
