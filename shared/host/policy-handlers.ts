import { parsePolicy } from '../contracts/policies.ts';
import type { routes } from '../contracts/routes.ts';
import { defaultPolicy, type TolerancePolicy } from '../domain/tolerance.ts';
import { audited } from '../pipeline/audited.ts';
import type { PolicyStore } from '../pipeline/ports.ts';
import { HttpError, notFound } from './http-error.ts';
import type { StepPorts } from './on-queue-message.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';

/** The version of what is present; `If-Match` names it, so that nobody undoes a change unseen. */
function etagOf(ordinal: number): string {
  return `"policy-${ordinal}"`;
}

/** In addresses it stands for the present policy, whatever its version. */
const reservedVersion = 'current';

export const listPolicies: RouteHandler<typeof routes.listPolicies> = async (ports, { page }) => {
  const [{ policy: current }, policies] = [await ports.policies.current(), await ports.policies.list()];
  const items = policies.map((policy) => ({
    version: policy.version,
    isCurrent: policy.version === current.version,
    policy,
  }));
  return page.answer(pageOfList(items, ({ version }) => version, page));
};

export const getCurrentPolicy: RouteHandler<typeof routes.getCurrentPolicy> = async (ports) => {
  const { policy, ordinal } = await ports.policies.current();
  return { headers: { etag: etagOf(ordinal) }, jsonBody: policy };
};

export const putCurrentPolicy: RouteHandler<typeof routes.putCurrentPolicy> = async (ports, { caller, body, http }) => {
  const ifMatch = http.headers.get('if-match');
  if (ifMatch === null)
    throw new HttpError(
      428,
      'IfMatchRequired',
      'A policy is changed with If-Match and the ETag that GET gave',
      'If-Match',
    );
  const policy = policyOf(body);
  const ordinal = Number(/^"policy-(\d{1,9})"$/.exec(ifMatch)?.[1] ?? Number.NaN);
  const outcome = Number.isNaN(ordinal)
    ? 'changed'
    : await putAudited(ports, policy, { ordinal, by: caller.principalId });
  if (outcome === 'changed')
    throw new HttpError(412, 'PolicyChanged', 'Another policy has been put up since; read it first', 'If-Match');
  if (outcome === 'taken') throw versionTaken(policy);
  ports.log.info('policy put up', { version: policy.version });
  return { headers: { etag: etagOf(ordinal + 1) }, jsonBody: policy };
};

export const getPolicy: RouteHandler<typeof routes.getPolicy> = async (ports, { params }) => {
  const policy = (await ports.policies.list()).find(({ version }) => version === params.version);
  if (policy === undefined) throw notFound('policy');
  return { jsonBody: policy };
};

export const keepPolicy: RouteHandler<typeof routes.keepPolicy> = async (ports, { caller, params, body }) => {
  const policy = policyOf(body);
  if (policy.version !== params.version) {
    const message = `The body is of the version '${policy.version}', the address of '${params.version}'`;
    throw new HttpError(400, 'InvalidPolicy', message, 'version');
  }
  if ((await keepAudited(ports, policy, caller.principalId)) === 'taken') throw versionTaken(policy);
  ports.log.info('policy kept', { version: policy.version });
  return { jsonBody: policy };
};

export const deletePolicy: RouteHandler<typeof routes.deletePolicy> = async (ports, { caller, params }) => {
  const { version } = params;
  if (!(await ports.policies.list()).some((policy) => policy.version === version)) throw notFound('policy');
  const { policy: current } = await ports.policies.current();
  if (version === current.version)
    throw new HttpError(409, 'PolicyInUse', 'Comparisons are made with this policy; put up another first', 'version');
  if (version === defaultPolicy.version)
    throw new HttpError(409, 'PolicyInUse', 'The default policy comes with the product', 'version');
  await audited(ports, { what: 'policyRemoved', by: caller.principalId, policyVersion: version }, async () => {
    await ports.policies.remove(version);
    return { isMade: true, result: undefined };
  });
  ports.log.info('policy removed', { version });
  return { status: 204 };
};

function policyOf(body: unknown): TolerancePolicy {
  const parsed = parsePolicy(body);
  if (parsed.kind === 'refused') {
    const problems = parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
    throw new HttpError(400, 'InvalidPolicy', problems, parsed.problems[0]?.path);
  }
  if (parsed.policy.version !== reservedVersion) return parsed.policy;
  const message = `version: '${reservedVersion}' stands for the present policy; choose another name`;
  throw new HttpError(400, 'InvalidPolicy', message, 'version');
}

function versionTaken({ version }: TolerancePolicy): HttpError {
  return new HttpError(409, 'VersionTaken', `Another policy has the version ${version}`, 'version');
}

/** What is on the list already is not kept again. */
async function keepAudited(ports: StepPorts, policy: TolerancePolicy, by: string): ReturnType<PolicyStore['keep']> {
  if ((await ports.policies.list()).some(({ version }) => version === policy.version))
    return ports.policies.keep(policy);
  return audited(ports, { what: 'policyKept', by, policyVersion: policy.version }, async () => {
    const result = await ports.policies.keep(policy);
    return { isMade: result === 'kept', result };
  });
}

async function putAudited(
  ports: StepPorts,
  policy: TolerancePolicy,
  { ordinal, by }: { readonly ordinal: number; readonly by: string },
): ReturnType<PolicyStore['put']> {
  const before = await ports.policies.current();
  const change = { what: 'policy', by, before: before.policy.version, after: policy.version } as const;
  return audited(ports, change, async () => {
    const result = await ports.policies.put(policy, ordinal);
    return { isMade: result === 'stored', result };
  });
}
