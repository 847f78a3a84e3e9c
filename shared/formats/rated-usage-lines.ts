import { type RatedUsageLine, ratedUsageLine } from '../domain/file-columns-rated-usage.ts';
import { detectParquet, detectText } from './detected-file.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { pulledRows } from './pulled-rows.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import type { SourceFile } from './source-file.ts';
import { fromUsageRow, usageRowColumns } from './usage-rows.ts';

/** Every column of daily rated usage that a file of ours repeats. */
const columns = {
  ...usageRowColumns,
  partnerName: { names: ['PartnerName'], type: 'text', required: false },
  serviceInfo1: { names: ['ServiceInfo1'], type: 'text', required: false },
  serviceInfo2: { names: ['ServiceInfo2'], type: 'text', required: false },
} as const;

export type PlacedUsageLine = { readonly line: RatedUsageLine; readonly lineNumber: number };

/**
 * The rows of a file of daily rated usage as lines of our files, while it is read.
 * @throws FileRefusedError when the file is none, or a row of it is bad
 */
export function ratedUsageLines(file: SourceFile | RandomAccessFile): AsyncGenerator<PlacedUsageLine> {
  return pulledRows<SourceFile | RandomAccessFile, PlacedUsageLine>(file, async (gated, take) => {
    const detected = 'read' in gated ? await detectParquet(gated) : await detectText(gated);
    if (detected.detection.format !== 'dailyratedusage') {
      await detected.close();
      const message = `${file.name}: its columns are not those of daily rated usage`;
      throw new FileRefusedError({ code: 'otherDataset', file: file.name, message });
    }
    await detected.readRows(columns, {
      // One object is filled up rather than taken apart and copied: a tenth of the time of a file.
      onRow: (row, lineNumber) => {
        const { partnerName, serviceInfo1, serviceInfo2 } = row;
        const usage = fromUsageRow(row, { file: file.name, line: lineNumber });
        take({ line: ratedUsageLine(Object.assign(usage, { partnerName, serviceInfo1, serviceInfo2 })), lineNumber });
      },
      onRefused: (problem) => {
        throw new FileRefusedError(problem);
      },
    });
  });
}
