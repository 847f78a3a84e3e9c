import type { IssueRecord } from '../contracts/issues.ts';
import type { RunRecord } from '../contracts/runs.ts';
import { type MeterLine, meterKeyOf } from '../domain/comparison.ts';
import { absolute, compareDecimals, decimal } from '../domain/decimal.ts';
import {
  causesOf,
  type EvidenceLimits,
  evidenceLimits,
  evidenceLineOf,
  type SideName,
  sideName,
} from '../domain/evidence.ts';
import { sumTexts } from '../domain/meter-totals.ts';
import { supportChecks } from '../domain/support-checks.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import {
  type EvidenceUnit,
  filesOf,
  type GatherEvidencePorts,
  type GatheredEvidence,
  type GatheredSides,
  headOf,
} from './evidence-parts.ts';
import { EvidenceRows } from './evidence-rows.ts';
import { gatherLineItem, gatherPlanRows } from './gather-line-items.ts';
import { gatherMeterRows } from './gather-meter-rows.ts';
import { brokenLines } from './issue-target.ts';

/** Gathers the evidence of an issue from what never changes: a published run, sealed data. The same issue, the same evidence. */
export function gatherEvidence(
  ports: GatherEvidencePorts,
  issue: IssueRecord,
  limits: EvidenceLimits = evidenceLimits,
): Promise<GatheredEvidence> {
  return issue.target.kind === 'lineItem'
    ? gatherLineItem(ports, issue, limits)
    : gatherOfRun(ports, { issue, runId: issue.target.runId }, limits);
}

async function gatherOfRun(
  ports: GatherEvidencePorts,
  { issue, runId }: { readonly issue: IssueRecord; readonly runId: string },
  limits: EvidenceLimits,
): Promise<GatheredEvidence> {
  const run = await ports.runs.get(runId);
  if (run?.state !== 'published') throw new TerminalError(`Issue ${issue.issueId} is about no published run`);
  const { units, linesLeftOut } = await unitsOf(ports.runs, { issue, run }, limits);
  const sides = { invoice: new EvidenceRows('invoice', limits), other: new EvidenceRows('other', limits) };
  for (const unit of units) await gatherUnit(ports, unit, sides);
  const lines = units.flatMap((unit) => unit.lines).map((line) => evidenceLineOf(line, run.comparedWith));
  if (linesLeftOut === 0 && issue.target.kind !== 'run') checkSums(run, lines, sides);
  const { comparedWith, policyVersion, engineVersion, plannedAt, invoiceDatasetIds, otherDatasetIds } = run;
  const told = async (side: SideName) =>
    sides[side].told(
      sideName(comparedWith, side),
      await filesOf(ports.datasets, {
        side,
        ids: side === 'invoice' ? invoiceDatasetIds : otherDatasetIds,
        ...(comparedWith === 'costexport' ? { units } : {}),
      }),
    );
  const ids = { invoice: sides.invoice.ids, other: sides.other.ids };
  return {
    evidence: {
      ...headOf(issue),
      run: { runId, comparedWith, policyVersion, engineVersion, plannedAt, invoiceDatasetIds, otherDatasetIds },
      sides: { invoice: await told('invoice'), other: await told('other') },
      lines,
      linesLeftOut,
      causes: causesOf(lines),
      checks: supportChecks({ lines, ids }),
      limits,
    },
    rows: [...sides.invoice.details, ...sides.other.details],
    entries: [...sides.invoice.entries(), ...sides.other.entries()],
  };
}

/** Of a run the lines out of tolerance of the subscriptions that differ most; of a subscription all its lines. */
async function unitsOf(
  runs: GatherEvidencePorts['runs'],
  { issue: { target }, run }: { readonly issue: IssueRecord; readonly run: RunRecord },
  limits: EvidenceLimits,
): Promise<{ readonly units: readonly EvidenceUnit[]; readonly linesLeftOut: number }> {
  if (target.kind === 'run') return unitsOfRun(runs, run, limits);
  if (target.kind === 'lineItem') throw new Error('A line item is of no run');
  const { subscriptionId } = target;
  const all = await runs.readLines(run.runId, subscriptionId);
  const wanted = target.kind === 'meter' ? all.filter((line) => meterKeyOf(line) === target.meterKey) : worstFirst(all);
  const lines = wanted.slice(0, limits.linesMax);
  return { units: [{ run, subscriptionId, lines }], linesLeftOut: wanted.length - lines.length };
}

function worstFirst(lines: readonly MeterLine[]): readonly MeterLine[] {
  const broken = brokenLines(lines);
  const isBroken = new Set(broken);
  return [...broken, ...lines.filter((line) => !isBroken.has(line))];
}

async function unitsOfRun(runs: GatherEvidencePorts['runs'], run: RunRecord, limits: EvidenceLimits) {
  const units: (EvidenceUnit & { readonly off: string })[] = [];
  for (const { subscriptionId } of (await runs.readPlan(run.runId)).subscriptions) {
    const lines = brokenLines(await runs.readLines(run.runId, subscriptionId));
    const off = sumTexts(lines.map(({ variance }) => variance.cost.replace('-', '')));
    if (lines.length > 0) units.push({ run, subscriptionId, lines, off });
  }
  units.sort((left, right) => compareDecimals(absolute(decimal(right.off)), absolute(decimal(left.off))));
  const shown: EvidenceUnit[] = [];
  let left: number = limits.linesMax;
  for (const { off: _, ...unit } of units.slice(0, limits.subscriptionsMax)) {
    const lines = unit.lines.slice(0, left);
    left -= lines.length;
    if (lines.length > 0) shown.push({ ...unit, lines });
  }
  const count = (of: readonly EvidenceUnit[]) => of.reduce((sum, { lines }) => sum + lines.length, 0);
  return { units: shown, linesLeftOut: count(units) - count(shown) };
}

async function gatherUnit(ports: GatherEvidencePorts, unit: EvidenceUnit, sides: GatheredSides): Promise<void> {
  switch (unit.run.comparedWith) {
    case 'costexport':
      return gatherMeterRows(ports, unit, sides);
    case 'invoicelines':
      return gatherPlanRows(ports, unit, sides);
    case 'invoicetotal':
      sides.invoice.remark('The whole invoice is compared: its rows are those of the files that are named.');
      sides.other.remark('The header of the invoice is one amount, as Partner Center lists it; it stands in no file.');
  }
}

/** Where every row is shown, the rows have to come to what the run counted; else this evidence shows other rows. */
function checkSums(run: RunRecord, lines: readonly MeterLine[], sides: GatheredSides): void {
  for (const side of ['invoice', 'other'] as const) {
    if (!sides[side].isWhole) continue;
    const expected = sumTexts(lines.map((line) => line[side]?.cost ?? '0'));
    const found = sumTexts(sides[side].details.map(({ cost }) => cost));
    if (found !== expected)
      throw new Error(`The rows of the ${side} side of run ${run.runId} come to ${found}; the run counted ${expected}`);
  }
}
