import { z } from 'zod';
import { addMilliseconds, type BillingCycle, billingCycleOf, parseMicrosoftDay } from '../domain/calendar.ts';
import type { Problem } from '../domain/problem.ts';
import { readCostExportPath } from './cost-export-path.ts';
import { limits } from './limits.ts';

function toDay(text: string, context: z.RefinementCtx): string {
  const day = parseMicrosoftDay(text);
  if (day !== undefined) return day;
  context.addIssue('not a day');
  return z.NEVER;
}

const count = z.int().nonnegative();

/** The fields of Cost Management's manifest that we use; versions differ in the others, and counts may be missing. */
const manifestFields = z.object({
  blobCount: count.optional(),
  dataRowCount: count.optional(),
  exportConfig: z.object({ exportName: z.string(), resourceId: z.string(), type: z.string() }),
  runInfo: z.object({
    submittedTime: z.iso.datetime({ offset: true }),
    runId: z.string(),
    startDate: z.string().transform(toDay),
    endDate: z.string().transform(toDay).optional(),
  }),
  blobs: z.array(z.object({ blobName: z.string(), byteCount: count, dataRowCount: count.optional() })),
});

/** The older `_manifest.json` tells the files alone; export, month and run are told by its folders. */
const olderManifestFields = z.object({
  manifestVersion: z.string(),
  exportConfig: z.undefined().optional(),
  ...manifestFields.pick({ blobCount: true, dataRowCount: true, blobs: true }).shape,
});

/** One run of a cost export, as its manifest tells it. */
export type CostExportManifest = {
  readonly runId: string;
  readonly exportName: string;
  /** The scope that was exported, a resource id in lower case; of an older manifest the folder of the export. */
  readonly scope: string;
  /** `ActualCost`, `AmortizedCost`, `FocusCost` …; empty in an older manifest: its files tell. */
  readonly type: string;
  readonly submittedTime: string;
  readonly billingCycle: BillingCycle;
  /** First and last day that the run covers; the last is unknown in manifests that do not tell it. */
  readonly startDate: string;
  readonly endDate?: string;
  readonly rows?: number;
  readonly blobs: readonly { readonly blobName: string; readonly sizeBytes: number; readonly rows?: number }[];
};

/** What is known of a manifest's blob beside its text. */
export type ManifestBlob = {
  /** When it was written, ISO in UTC: orders the runs of exports whose manifests tell no time. */
  readonly writtenAt?: string;
};

/**
 * Reads a manifest, `manifest.json` or the older `_manifest.json`. A manifest that is not one is an outcome, not an
 * exception: the problem says what is wrong.
 */
export function readCostExportManifest(
  name: string,
  text: string,
  blob: ManifestBlob = {},
): CostExportManifest | Problem {
  if (text.length > limits.manifestBytesMax) return bad(name, `longer than ${limits.manifestBytesMax} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { code: 'badManifest', file: name, message: `${name}: the manifest is not valid JSON` };
  }
  const older = olderManifestFields.safeParse(json);
  if (older.success) return fromOlder(name, older.data, blob);
  const parsed = manifestFields.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    return bad(name, `not a manifest of a cost export${where}`);
  }
  const { exportConfig, runInfo } = parsed.data;
  return checked(name, parsed.data, {
    runId: runInfo.runId,
    exportName: exportConfig.exportName,
    scope: exportConfig.resourceId
      .trim()
      .toLowerCase()
      .replace(/\/providers\/microsoft\.costmanagement\/exports\/[^/]*$/, ''),
    type: exportConfig.type,
    submittedTime: addMilliseconds(runInfo.submittedTime, 0),
    billingCycle: billingCycleOf(runInfo.startDate),
    startDate: runInfo.startDate,
    ...(runInfo.endDate === undefined ? {} : { endDate: runInfo.endDate }),
  });
}

type ManifestFiles = Pick<z.infer<typeof manifestFields>, 'blobCount' | 'dataRowCount' | 'blobs'>;

function fromOlder(name: string, files: ManifestFiles, blob: ManifestBlob): CostExportManifest | Problem {
  const path = readCostExportPath(name);
  if (path === undefined) return bad(name, 'a manifest of the older kind outside a folder {export}/{from}-{to}');
  const submittedTime = path.startedAt ?? blob.writtenAt;
  if (submittedTime === undefined)
    return bad(name, 'a manifest of the older kind, and nothing says when it was written');
  return checked(name, files, {
    runId: path.runId,
    exportName: path.exportName,
    scope: path.folder,
    type: '',
    submittedTime: addMilliseconds(submittedTime, 0),
    billingCycle: path.billingCycle,
    startDate: `${path.billingCycle}-01`,
  });
}

/** The run with its files, if the manifest agrees with itself: a file named twice would count twice. */
function checked(
  name: string,
  { blobCount, dataRowCount, blobs }: ManifestFiles,
  run: Omit<CostExportManifest, 'rows' | 'blobs'>,
): CostExportManifest | Problem {
  // Microsoft's own example has stray spaces in its blob names.
  const files = blobs.map((blob) => ({ ...blob, blobName: blob.blobName.trim() }));
  if (files.length > limits.manifestBlobsMax) {
    return bad(name, `${files.length} files are named; expected at most ${limits.manifestBlobsMax}`);
  }
  // That no file is named at all is for the reader of the manifest to say.
  if (files.length > 0 && blobCount !== undefined && blobCount !== files.length) {
    return bad(name, `blobCount says ${blobCount} files, ${files.length} are named`);
  }
  const names = new Set<string>();
  for (const { blobName } of files) {
    if (names.has(blobName)) return bad(name, `the file ${blobName} is named twice`);
    names.add(blobName);
  }
  return {
    ...run,
    ...(dataRowCount === undefined ? {} : { rows: dataRowCount }),
    blobs: files.map((blob) => ({
      blobName: blob.blobName,
      sizeBytes: blob.byteCount,
      ...(blob.dataRowCount === undefined ? {} : { rows: blob.dataRowCount }),
    })),
  };
}

function bad(name: string, reason: string): Problem {
  return { code: 'badManifest', file: name, message: `${name}: ${reason}` };
}
