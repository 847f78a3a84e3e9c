import type { DetailRow } from '../domain/detail-row.ts';
import { type MeterTotalKey, MeterTotals } from '../domain/meter-totals.ts';
import { ChargeRowValues } from './charge-row-values.ts';
import type { ChargeRow } from './charge-rows.ts';
import { detectText } from './detected-file.ts';
import { FileRefusedError } from './file-refused-error.ts';
import { readCharges } from './read-charges.ts';
import type { RowsAsFile } from './subscription-row-reader.ts';

/** What a detail row does not say of itself. */
export type DetailPlace = {
  /** What the row adds to. */
  readonly meter: MeterTotalKey;
  /** In its one spelling; empty where there is none. May be asked for while the row is handed over, and not later. */
  readonly resourceId: () => string;
};

export type DetailRequest = {
  /** The part that the rows are of; its name and lines are those of the details. */
  readonly fileName: string;
  readonly isWanted: (meter: MeterTotalKey) => boolean;
};

/**
 * Reads rows that were kept of a part, by their bytes: of a row whose meter line is not wanted, nothing is made text.
 * @throws FileRefusedError when they are not what was kept
 */
export async function readDetails(
  { file, lineOf }: RowsAsFile,
  { fileName, isWanted }: DetailRequest,
  onRow: (row: DetailRow, place: DetailPlace) => void,
): Promise<void> {
  const values = new ChargeRowValues();
  /** By the key of the rows: whether they are wanted. */
  const wanted: (boolean | undefined)[] = [];
  const isRowWanted = ({ key, charge }: ChargeRow): boolean => {
    if (key === -1) return isWanted(charge.line.line.names);
    const known = wanted[key];
    if (known !== undefined) return known;
    const found = isWanted(charge.line.line.names);
    wanted[key] = found;
    return found;
  };
  await readCharges(
    await detectText(file),
    {
      totals: new MeterTotals(),
      onCharge: () => {},
      onRefused: (problem) => {
        throw new FileRefusedError(problem);
      },
      chargeRows: {
        header: () => values.header(),
        add: (row) => {
          if (!isRowWanted(row)) return;
          const { charge, day, line } = row;
          if (charge.detail === undefined) throw new Error('A charge was learned without its detail');
          const detail: DetailRow = {
            source: { file: fileName, line: lineOf(line) },
            usageDate: day,
            resourceKey: values.resourceKey(row),
            quantity: values.quantity(row),
            cost: values.cost(row),
            ...charge.detail,
          };
          onRow(detail, { meter: charge.line.line.names, resourceId: () => values.resourceId(row) });
        },
        drain: async () => {},
      },
    },
    { isExcerpt: true },
  );
}
