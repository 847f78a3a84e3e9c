import { type RatedUsageLine, ratedUsageLine } from '../domain/file-columns-rated-usage.ts';
import { type DetectedFile, detectParquet, detectText } from './detected-file.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { pulledRows } from './pulled-rows.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import type { SourceFile } from './source-file.ts';
import { fromUsageRow, usageRowColumns } from './usage-rows.ts';

/** @throws FileRefusedError when the file is none of daily rated usage; it is let go then */
export async function detectRatedUsage(file: SourceFile | RandomAccessFile): Promise<DetectedFile> {
  const detected = 'read' in file ? await detectParquet(file) : await detectText(file);
  if (detected.detection.format === 'dailyratedusage') return detected;
  await detected.close();
  const message = `${file.name}: its columns are not those of daily rated usage`;
  throw new FileRefusedError({ code: 'otherDataset', file: file.name, message });
}

export type PlacedUsageLine = { readonly line: RatedUsageLine; readonly lineNumber: number };

/**
 * The rows of a file of daily rated usage as lines of our files, while it is read.
 * @throws FileRefusedError when the file is none, or a row of it is bad
 */
export function ratedUsageLines(file: SourceFile | RandomAccessFile): AsyncGenerator<PlacedUsageLine> {
  return pulledRows<SourceFile | RandomAccessFile, PlacedUsageLine>(file, async (gated, take) => {
    const detected = await detectRatedUsage(gated);
    await detected.readRows(usageRowColumns, {
      onRow: (row, lineNumber) =>
        take({ line: ratedUsageLine(fromUsageRow(row, { file: file.name, line: lineNumber })), lineNumber }),
      onRefused: (problem) => {
        throw new FileRefusedError(problem);
      },
    });
  });
}
