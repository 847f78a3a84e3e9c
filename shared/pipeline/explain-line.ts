import type { FileRecord } from '../contracts/files.ts';
import { isLineOf } from '../domain/catalogue-directory.ts';
import type { Audience } from '../domain/file-columns.ts';
import { type FileLine, subscriptionIdsOf } from '../domain/file-lines.ts';
import { foldId } from '../domain/ids.ts';
import { explainedLine, type LineExplanation } from '../domain/line-explanation.ts';
import { pricingBy } from '../domain/line-prices.ts';
import { scopeOfFile, scopeText } from './file-scope.ts';
import type { CatalogueStore, FileStore } from './ports.ts';
import { type ReadFileLinesPorts, readFileLine, readFileLines } from './read-file-lines.ts';

export type ExplainLinePorts = ReadFileLinesPorts & {
  readonly files: FileStore;
  readonly catalogue: CatalogueStore;
};

export type ExplainLineRequest = {
  readonly fileId: string;
  /**
   * For the CSP part of the dataset and line in it, `0-17`: what the reason of a failed file and the drill-down name.
   * For a reseller `0-` and which line of its file it is: where it stands in the invoice would tell how many of others'
   * stand before it.
   */
  readonly lineId: string;
  /** Of daily rated usage: the line's subscription, where it is known. For the CSP its rows alone are read then. */
  readonly subscriptionId?: string;
  /** Who asks. A customer is told no cost and no margin, so there is nothing to tell. */
  readonly audience: Audience;
};

export type ExplainLineOutcome =
  | { readonly kind: 'explained'; readonly explanation: LineExplanation }
  | { readonly kind: 'refused'; readonly code: 'notForAudience' | 'notFound'; readonly message: string };

/** Of a reseller's file, lines up to this one are explained: each costs reading the file's lines from the first on. */
const resellerLinesMax = 100_000;

const lineIdForm = /^(\d{1,5})-(\d{1,10})$/;

/**
 * How a line of a file came to its prices, by the data and the catalogue that the file was made from, whatever has
 * changed since; also where no price was found and the file failed. A line of others is not found.
 */
export async function explainLine(ports: ExplainLinePorts, asked: ExplainLineRequest): Promise<ExplainLineOutcome> {
  const { fileId, lineId, audience } = asked;
  if (audience === 'customer') {
    const message = 'Prices are explained to the CSP, and to a reseller its own; expected csp or reseller';
    return { kind: 'refused', code: 'notForAudience', message };
  }
  const record = await ports.files.get(fileId);
  if (record === undefined || (audience === 'reseller' && record.resellerMpnId === undefined)) {
    return { kind: 'refused', code: 'notFound', message: `There is no file ${fileId}` };
  }
  const [, part, line] = lineIdForm.exec(lineId) ?? [];
  const find = audience === 'reseller' ? lineOfFile : ownLine;
  const found = part === undefined ? undefined : await find(ports, record, asked, [Number(part), Number(line)]);
  if (found === undefined) {
    const message = `File ${fileId} has no line '${lineId.slice(0, 50)}' for ${scopeText(record)}; expected part and line, such as 0-17`;
    return { kind: 'refused', code: 'notFound', message };
  }
  const catalogue = await ports.catalogue.readKept(record.catalogueHash);
  const pricing = pricingBy(catalogue, record.undatedDay);
  return { kind: 'explained', explanation: explainedLine(pricing, found, audience) };
}

async function ownLine(
  ports: ReadFileLinesPorts,
  record: FileRecord,
  { subscriptionId }: ExplainLineRequest,
  [part, line]: readonly [number, number],
): Promise<FileLine | undefined> {
  const wanted = { part, line, ...(subscriptionId === undefined ? {} : { subscriptionId }) };
  const found = await readFileLine(ports, record, wanted);
  return found !== undefined && isLineOf(scopeOfFile(record), found.line) ? found : undefined;
}

/** The line that stands at this place among those of the file. */
async function lineOfFile(
  ports: ReadFileLinesPorts,
  record: FileRecord,
  { subscriptionId }: ExplainLineRequest,
  [part, wanted]: readonly [number, number],
): Promise<FileLine | undefined> {
  if (part !== 0 || wanted < 1 || wanted > resellerLinesMax) return undefined;
  const scope = scopeOfFile(record);
  let count = 0;
  for await (const found of readFileLines(ports, record)) {
    if (!isLineOf(scope, found.line)) continue;
    count += 1;
    if (count < wanted) continue;
    const isMeant =
      subscriptionId === undefined || subscriptionIdsOf(found.line).map(foldId).includes(foldId(subscriptionId));
    return isMeant ? { ...found, place: `Line ${count} of the file` } : undefined;
  }
  return undefined;
}
