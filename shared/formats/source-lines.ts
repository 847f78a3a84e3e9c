import type { FileKind } from '../domain/file-kinds.ts';
import type { FileLine } from '../domain/file-lines.ts';
import { detectParquet, detectText } from './detected-file.ts';
import { type DomainRow, readDomainRows } from './domain-rows.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { pulledRows } from './pulled-rows.ts';
import type { RandomAccessFile } from './random-access-file.ts';
import { ratedUsageLines } from './rated-usage-lines.ts';
import type { SourceFile } from './source-file.ts';

/**
 * The lines of one of Microsoft's files, while it is read; `part` is its place among the parts of a dataset, from 0.
 * @throws FileRefusedError when the file holds something else than `kind`, or a row of it is bad
 */
export async function* sourceLines(
  kind: FileKind,
  file: SourceFile | RandomAccessFile,
  part = 0,
): AsyncGenerator<FileLine> {
  if (kind === 'dailyratedusage') {
    for await (const { line, lineNumber } of ratedUsageLines(file)) {
      yield { kind, line, place: `${file.name}, line ${lineNumber}` };
    }
    return;
  }
  yield* pulledRows<SourceFile | RandomAccessFile, FileLine>(file, async (gated, take) => {
    const detected = 'read' in gated ? await detectParquet(gated) : await detectText(gated);
    if (detected.detection.dataset !== kind) {
      await detected.close();
      const found = detected.detection.dataset;
      const message = `${file.name}: holds ${found}; expected ${kind}`;
      throw new FileRefusedError({ code: 'otherDataset', file: file.name, value: found, message });
    }
    await readDomainRows(
      detected,
      { part, view: 'actual' },
      {
        onRow: (row) => take(lineOf(row, file.name, part)),
        onRefused: (problem) => {
          throw new FileRefusedError(problem);
        },
      },
    );
  });
}

function lineOf(of: DomainRow, fileName: string, part: number): FileLine {
  const place = `${fileName}, line ${of.row.line}`;
  switch (of.kind) {
    case 'invoiceLine':
      return { kind: 'onetime', place, line: of.row };
    case 'license':
      return { kind: 'license', place, line: { part, ...of.row } };
    case 'legacyUsage':
      return { kind: 'usage', place, line: { part, ...of.row } };
    case 'usage':
    case 'cost':
      throw new Error(`${place}: a row of charges is no line item`);
  }
}
