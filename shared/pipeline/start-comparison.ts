import type { RunRecord } from '../contracts/runs.ts';
import { allPairs, type DatasetKind, type RunInputs, runOrderOf } from '../domain/datasets.ts';
import type { ComparedWith } from '../domain/tolerance.ts';
import { type PlanComparisonsPorts, planRun, requestUnits, toDocument, toSealed } from './plan-comparisons.ts';
import type { CurrentPolicy, PolicyStore } from './ports.ts';

export type ComparisonRequest = {
  readonly invoiceId: string;
  readonly comparedWith: ComparedWith;
  /** A policy to try: another than the present one makes a run that readers do not see. */
  readonly policyVersion?: string | undefined;
};

/** `notReady`: a side is not there, or not sealed. */
export type ComparisonOutcome =
  | { readonly kind: 'started'; readonly run: RunRecord }
  | { readonly kind: 'unknownInvoice' | 'unknownPolicy' }
  | { readonly kind: 'notReady'; readonly message: string };

/**
 * Compares an invoice by what is sealed now: the run of these inputs, which may be there already. One that has failed
 * gets a further attempt.
 */
export async function startComparison(
  ports: PlanComparisonsPorts,
  request: ComparisonRequest,
): Promise<ComparisonOutcome> {
  const chosen = await policyOf(ports.policies, request.policyVersion);
  if (chosen === undefined) return { kind: 'unknownPolicy' };
  const documents = (await ports.invoices.list()).map(toDocument);
  const datasets = await ports.datasets.list();
  const wanted = [...Map.groupBy(datasets, ({ billingCycle }) => billingCycle)]
    .flatMap(([billingCycle, records]) =>
      allPairs(records.flatMap(toSealed), documents).map((inputs) => ({ inputs, billingCycle })),
    )
    .filter(({ inputs }) => isWanted(inputs, request))
    .map(({ inputs, billingCycle }) => ({ inputs, billingCycle, order: runOrderOf(inputs, chosen.ordinal) }))
    .sort((left, right) => (left.order < right.order ? 1 : -1));
  const [newest] = wanted;
  if (newest === undefined) {
    const isKnown = documents.some(({ invoiceId }) => invoiceId === request.invoiceId);
    return isKnown ? { kind: 'notReady', message: missingSides(request) } : { kind: 'unknownInvoice' };
  }
  const runId = await planRun(ports, { ...newest, policy: chosen.policy, ...chosen.tryOut });
  const run = await ports.runs.get(runId);
  if (run === undefined) throw new Error(`Run ${runId} was planned and is not there`);
  return { kind: 'started', run: run.state === 'failed' ? await restartRun(ports, run) : run };
}

/** A further attempt of a run that has failed, from its plan on. @returns the run as it is afterwards */
export async function restartRun(
  ports: Pick<PlanComparisonsPorts, 'clock' | 'runs' | 'outbox' | 'log'>,
  run: RunRecord,
): Promise<RunRecord> {
  const { problem: _, summary: __, ...rest } = run;
  const attempt = (run.attempt ?? 0) + 1;
  const restarted = await ports.runs.restart({
    ...rest,
    state: 'comparing',
    attempt,
    plannedAt: ports.clock.now(),
  });
  if (restarted.state !== 'comparing') return restarted;
  await requestUnits(ports, await ports.runs.readPlan(run.runId), `attempt-${restarted.attempt ?? 0}`);
  ports.log.info('comparison started again', { runId: run.runId, attempt });
  return restarted;
}

type ChosenPolicy = CurrentPolicy & { readonly tryOut: { readonly isTryOut?: true } };

async function policyOf(policies: PolicyStore, version: string | undefined): Promise<ChosenPolicy | undefined> {
  const current = await policies.current();
  if (version === undefined || version === current.policy.version) return { ...current, tryOut: {} };
  const policy = await policies.get(version);
  return policy === undefined ? undefined : { policy, ordinal: current.ordinal, tryOut: { isTryOut: true } };
}

function isWanted(inputs: RunInputs, { invoiceId, comparedWith }: ComparisonRequest): boolean {
  return inputs.invoiceId === invoiceId && inputs.comparedWith === comparedWith;
}

const sidesOf = {
  costexport: ['dailyratedusage', 'costexport'],
  invoicelines: ['dailyratedusage', 'onetime'],
  invoicetotal: ['onetime', 'license', 'usage'],
} as const satisfies Record<ComparedWith, readonly DatasetKind[]>;

function missingSides({ invoiceId, comparedWith }: ComparisonRequest): string {
  const kinds = sidesOf[comparedWith].join(', ');
  return `Invoice ${invoiceId} cannot be compared with ${comparedWith} yet: not all of ${kinds} is there and sealed. GET /api/runs tells how far each is`;
}
