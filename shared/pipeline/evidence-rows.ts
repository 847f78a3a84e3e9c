import type { DatasetSeal } from '../contracts/datasets.ts';
import { add, type Decimal, decimal, toText, zero } from '../domain/decimal.ts';
import type { DetailRow } from '../domain/detail-row.ts';
import type {
  EvidenceFile,
  EvidenceLimits,
  EvidenceRow,
  EvidenceSide,
  LeftOutRows,
  SideName,
} from '../domain/evidence.ts';
import type { IdsOfRows } from '../domain/support-checks.ts';
import { RowIds } from '../formats/row-ids.ts';
import type { PartLayout, VerbatimRow } from '../formats/subscription-rows.ts';

/** The rows of one file that are shown, in the order of the file within each subscription. */
export type EvidenceEntry = {
  readonly path: string;
  readonly layout: PartLayout;
  readonly rows: readonly Uint8Array[];
};

/** A row that is to be shown: what was read of it, and the key of its meter line. */
export type FoundRow = { readonly detail: DetailRow; readonly meterKey: string };

type PartRows = {
  readonly seal: DatasetSeal;
  readonly part: number;
  readonly entry: string;
  readonly layout: PartLayout;
  readonly rows: Uint8Array[];
};

/**
 * The rows of one side as they are gathered, within what evidence may hold: what comes after that is counted and named
 * by its file and lines.
 */
export class EvidenceRows {
  readonly #side: SideName;
  readonly #limits: EvidenceLimits;
  readonly #parts = new Map<string, PartRows>();
  readonly #leftOut = new Map<string, LeftOutRows>();
  readonly #remarks: string[] = [];
  readonly #ids = new RowIds();
  readonly #details: EvidenceRow[] = [];
  #asked = 0;
  #bytes = 0;
  #quantity: Decimal = zero;
  #cost: Decimal = zero;

  constructor(side: SideName, limits: EvidenceLimits) {
    this.#side = side;
    this.#limits = limits;
  }

  /** Whether one more row may be shown; if not, it is counted as left out. */
  asks(place: DetailRow['source']): boolean {
    if (this.#asked >= this.#limits.rowsMax) {
      this.leaveOut(place);
      return false;
    }
    this.#asked += 1;
    return true;
  }

  leaveOut({ file, line }: DetailRow['source']): void {
    const known = this.#leftOut.get(file) ?? { file, rows: 0, firstLine: line, lastLine: line };
    this.#leftOut.set(file, {
      file,
      rows: known.rows + 1,
      firstLine: Math.min(known.firstLine, line),
      lastLine: Math.max(known.lastLine, line),
    });
  }

  remark(sentence: string): void {
    if (!this.#remarks.includes(sentence)) this.#remarks.push(sentence);
  }

  /** Shows the rows of one part that were asked for; `wanted` by their lines. */
  async take(
    of: { readonly seal: DatasetSeal; readonly part: number; readonly layout: PartLayout },
    wanted: ReadonlyMap<number, FoundRow>,
    rows: AsyncIterable<VerbatimRow> | Iterable<VerbatimRow>,
  ): Promise<void> {
    if (wanted.size === 0) return;
    const own = this.#partOf(of);
    const taken: Uint8Array[] = [];
    for await (const { line, bytes } of rows) {
      const found = wanted.get(line);
      if (found === undefined) continue;
      const { detail, meterKey } = found;
      if (this.#bytes + bytes.length > this.#limits.bytesMax) {
        this.leaveOut(detail.source);
        continue;
      }
      this.#bytes += bytes.length;
      // A copy: the row is a piece of a far larger buffer.
      taken.push(Uint8Array.from(bytes));
      this.#details.push({
        ...detail,
        side: this.#side,
        entry: own.entry,
        row: own.rows.length + taken.length,
        meterKey,
      });
      this.#quantity = add(this.#quantity, decimal(detail.quantity));
      this.#cost = add(this.#cost, decimal(detail.cost));
    }
    this.#ids.add(of.layout, taken);
    own.rows.push(...taken);
  }

  #partOf({ seal, part, layout }: Pick<PartRows, 'seal' | 'part' | 'layout'>): PartRows {
    const key = `${seal.datasetId} ${part}`;
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    const number = String(this.#parts.size + 1).padStart(3, '0');
    const own = { seal, part, layout, entry: `${this.#side}/${number}-${entryName(seal, part, layout)}`, rows: [] };
    this.#parts.set(key, own);
    return own;
  }

  get details(): readonly EvidenceRow[] {
    return this.#details;
  }

  get ids(): IdsOfRows {
    return this.#ids.found();
  }

  get isWhole(): boolean {
    return this.#leftOut.size === 0 && this.#remarks.length === 0;
  }

  entries(): readonly EvidenceEntry[] {
    return [...this.#parts.values()].map(({ entry, layout, rows }) => ({ path: entry, layout, rows }));
  }

  /** The side as evidence tells it; `files` are all that the target stands on. */
  told(name: string, files: readonly EvidenceFile[]): EvidenceSide {
    return {
      name,
      files: files.map((file) => {
        const own = this.#parts.get(`${file.datasetId} ${file.part}`);
        if (own === undefined) return file;
        return { ...file, entry: own.entry, isVerbatim: isVerbatim(file.name, own) };
      }),
      listed: this.#details.length,
      quantity: toText(this.#quantity),
      cost: toText(this.#cost),
      leftOut: [...this.#leftOut.values()],
      remarks: this.#remarks,
    };
  }
}

/**
 * Rows without bytes of their own (Parquet, FOCUS, pages of the API) were kept as JSON with all values as text, which
 * none of Microsoft's lines of JSON has: amounts there are numbers.
 */
function isVerbatim(fileName: string, { layout, rows }: PartRows): boolean {
  if (layout.format === 'csv') return true;
  if (!/\.jsonl?(\.gz)?$/i.test(fileName)) return false;
  const [first] = rows;
  if (first === undefined) return true;
  const value: unknown = JSON.parse(Buffer.from(first).toString('utf8'));
  return typeof value === 'object' && value !== null && Object.values(value).some((cell) => typeof cell !== 'string');
}

const entryNameCharactersMax = 80;

function entryName(seal: DatasetSeal, part: number, layout: PartLayout): string {
  const name = seal.files[part]?.name ?? `part-${part}`;
  const base = (name.split(/[\\/]/).at(-1) ?? '').replace(/\.gz$/i, '').replace(/\.(csv|jsonl?|parquet)$/i, '');
  const safe = base
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '_')
    .slice(0, entryNameCharactersMax);
  return `${safe || 'part'}.${layout.format === 'csv' ? 'csv' : 'jsonl'}`;
}
