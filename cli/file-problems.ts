import type { Problem } from '../shared/domain/problem.ts';
import type { Detection } from '../shared/formats/detect.ts';
import { datasetNames } from './dataset-names.ts';

/* What the command line finds wrong with a file that was read whole. */

export function otherDataset(path: string, found: Detection['dataset'], expected: Detection['dataset']): Problem {
  const message = `${path}: the file holds ${datasetNames[found]}; expected ${datasetNames[expected]}`;
  return { code: 'otherDataset', file: path, value: found, message };
}

export function givenTwice(path: string, other: string, contents: 'rows' | 'lines' = 'rows'): Problem {
  const message = `${path}: the same bytes as ${other}; its ${contents} would count twice`;
  return { code: 'duplicateFile', file: path, message };
}

/** How long a file is, and how many rows it has, as far as somebody says. */
export type FileSize = { readonly rows?: number | undefined; readonly sizeBytes?: number | undefined };

/** What the manifest says of a file and the file is not. */
export function brokenPromises(path: string, promised: FileSize, found: FileSize): readonly Problem[] {
  const problems: Problem[] = [];
  if (differ(promised.sizeBytes, found.sizeBytes)) {
    const message = `${path}: the manifest says ${promised.sizeBytes} bytes, the file has ${found.sizeBytes}`;
    problems.push({ code: 'wrongSize', file: path, message });
  }
  if (differ(promised.rows, found.rows)) {
    const message = `${path}: the manifest says ${promised.rows} rows, the file has ${found.rows}`;
    problems.push({ code: 'wrongRowCount', file: path, message });
  }
  return problems;
}

function differ(promised: number | undefined, found: number | undefined): boolean {
  return promised !== undefined && found !== undefined && promised !== found;
}
