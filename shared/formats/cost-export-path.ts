import { type BillingCycle, billingCycleOf, parseMicrosoftDay } from '../domain/calendar.ts';

/** What the folders of an export tell: all that is known of a file without a manifest, or with an old one. */
export type CostExportPath = {
  /** Where the runs of this export stand, in lower case: what they are versions of. */
  readonly folder: string;
  readonly exportName: string;
  /** The folder's range is the whole month, also while the month goes on. */
  readonly billingCycle: BillingCycle;
  /** Empty where runs have no folder of their own. */
  readonly runId: string;
  /** When the run was started, ISO in UTC, in the layout whose folders say so. */
  readonly startedAt?: string;
};

const range = /^(\d{4})(\d{2})(\d{2})-\d{8}$/;
const minute = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/;

/**
 * Reads the path of an export's file in its container. Layouts met: `…/{export}/{from}-{to}/{run}/{file}`, with
 * overwriting or without; `…/{export}/{from}-{to}/{yyyyMMddHHmm}/{run}/{file}`, where the run may be left out; and
 * `…/{export}/{from}-{to}/{file}` of exports that were not split.
 * @returns undefined when no folder is a range of days
 */
export function readCostExportPath(blobName: string): CostExportPath | undefined {
  const folders = blobName.trim().split('/').slice(0, -1);
  const at = folders.findLastIndex((folder) => range.test(folder));
  const exportName = folders[at - 1];
  const [, year, month, day] = range.exec(folders[at] ?? '') ?? [];
  const from = parseMicrosoftDay(`${year}-${month}-${day}`);
  if (exportName === undefined || from === undefined) return undefined;
  const below = folders.slice(at + 1);
  const startedAt = minuteOf(below[0] ?? '');
  return {
    folder: folders.slice(0, at).join('/').toLowerCase(),
    exportName,
    billingCycle: billingCycleOf(from),
    runId: (startedAt === undefined ? below[0] : (below[1] ?? below[0])) ?? '',
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

function minuteOf(folder: string): string | undefined {
  const [, year, month, day, hour, minutes] = minute.exec(folder) ?? [];
  const date = parseMicrosoftDay(`${year}-${month}-${day}`);
  const isTime = Number(hour) < 24 && Number(minutes) < 60;
  return date === undefined || !isTime ? undefined : `${date}T${hour}:${minutes}:00.000Z`;
}
