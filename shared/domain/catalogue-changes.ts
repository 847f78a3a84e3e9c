import type { CatalogueKind } from './catalogue.ts';
import { type CatalogueRecord, type FlatRecord, toFlat } from './flat-record.ts';

/** What one field was and is to be; empty where there is nothing. */
export type FieldChange = { readonly column: string; readonly before: string; readonly after: string };

export type CatalogueChange = {
  readonly kind: CatalogueKind;
  readonly id: string;
  readonly change: 'added' | 'changed' | 'same';
  /** What changed; of an added record every field that holds something. */
  readonly fields: readonly FieldChange[];
};

/** What becomes of `before` when it is written as `after`. */
export function changeOf(
  kind: CatalogueKind,
  before: CatalogueRecord | undefined,
  after: CatalogueRecord,
): CatalogueChange {
  const was: FlatRecord = before === undefined ? {} : toFlat(kind, before);
  const fields = Object.entries(toFlat(kind, after))
    .map(([column, value]) => ({ column, before: was[column] ?? '', after: value }))
    .filter((field) => field.before !== field.after);
  const change = before === undefined ? 'added' : fields.length === 0 ? 'same' : 'changed';
  return { kind, id: after.id, change, fields };
}
