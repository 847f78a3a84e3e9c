import { z } from 'zod';
import { addMilliseconds, type BillingCycle, billingCycleOf, parseMicrosoftDay } from '../domain/calendar.ts';
import type { Problem } from '../domain/problem.ts';

function toDay(text: string, context: z.RefinementCtx): string {
  const day = parseMicrosoftDay(text);
  if (day !== undefined) return day;
  context.addIssue('not a day');
  return z.NEVER;
}

/** The fields of Cost Management's manifest that we use; versions differ in the others, and counts may be missing. */
const manifestFields = z.object({
  dataRowCount: z.int().nonnegative().optional(),
  exportConfig: z.object({ exportName: z.string(), resourceId: z.string(), type: z.string() }),
  runInfo: z.object({
    submittedTime: z.iso.datetime({ offset: true }),
    runId: z.string(),
    startDate: z.string().transform(toDay),
    endDate: z.string().transform(toDay).optional(),
  }),
  blobs: z.array(
    z.object({
      blobName: z.string(),
      byteCount: z.int().nonnegative(),
      dataRowCount: z.int().nonnegative().optional(),
    }),
  ),
});

/** One run of a cost export, as its manifest tells it. */
export type CostExportManifest = {
  readonly runId: string;
  readonly exportName: string;
  /** The scope that was exported, a resource id in lower case. */
  readonly scope: string;
  /** `ActualCost`, `AmortizedCost`, `FocusCost` … */
  readonly type: string;
  readonly submittedTime: string;
  readonly billingCycle: BillingCycle;
  /** First and last day that the run covers; the last is unknown in manifests that do not tell it. */
  readonly startDate: string;
  readonly endDate?: string;
  readonly rows?: number;
  readonly blobs: readonly { readonly blobName: string; readonly sizeBytes: number; readonly rows?: number }[];
};

/** Reads a manifest. A manifest that is not one is an outcome, not an exception: the problem says what is wrong. */
export function readCostExportManifest(name: string, text: string): CostExportManifest | Problem {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { code: 'badManifest', file: name, message: `${name}: the manifest is not valid JSON` };
  }
  const parsed = manifestFields.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    return { code: 'badManifest', file: name, message: `${name}: not a manifest of a cost export${where}` };
  }
  const { dataRowCount, exportConfig, runInfo, blobs } = parsed.data;
  const names = blobs.map((blob) => blob.blobName.trim());
  const doubled = names.find((blobName, index) => names.indexOf(blobName) !== index);
  if (doubled !== undefined) {
    return { code: 'badManifest', file: name, message: `${name}: the manifest names the file ${doubled} twice` };
  }
  return {
    runId: runInfo.runId,
    exportName: exportConfig.exportName,
    scope: exportConfig.resourceId.toLowerCase().replace(/\/providers\/microsoft\.costmanagement\/exports\/[^/]*$/, ''),
    type: exportConfig.type,
    submittedTime: addMilliseconds(runInfo.submittedTime, 0),
    billingCycle: billingCycleOf(runInfo.startDate),
    startDate: runInfo.startDate,
    ...(runInfo.endDate === undefined ? {} : { endDate: runInfo.endDate }),
    ...(dataRowCount === undefined ? {} : { rows: dataRowCount }),
    // Microsoft's own example has stray spaces in its blob names.
    blobs: blobs.map((blob) => ({
      blobName: blob.blobName.trim(),
      sizeBytes: blob.byteCount,
      ...(blob.dataRowCount === undefined ? {} : { rows: blob.dataRowCount }),
    })),
  };
}
