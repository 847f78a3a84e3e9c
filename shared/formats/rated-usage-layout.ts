import type { Buyer } from '../domain/catalogue.ts';
import { type AudienceColumn, type AudienceTable, writtenColumns } from '../domain/file-columns.ts';
import { CellMemo } from './cell-memo.ts';
import type { CellType } from './file-columns.ts';
import { bindHeader } from './header.ts';
import { isUsageText, type UsageCell, type UsageField, usageCellOf, usageColumnOf } from './rated-usage-cells.ts';
import { usageRowColumns } from './usage-rows.ts';

/**
 * How the bytes of a value become a cell: `text` as they stand, `id` in an id's one spelling,
 * `decimal` without zeros that say nothing, `braced` with the braces that some exports leave out. What has more to it,
 * and everything `looked` up, which are values of which a file has few different ones, is read as text once.
 */
export type CellWay = 'text' | 'id' | 'decimal' | 'braced' | 'looked';

/** One cell that is made of one of Microsoft's columns. */
export type LineCell = {
  readonly kind: 'line';
  /** Where the file has it; −1 where it has none. */
  readonly position: number;
  readonly type: CellType;
  readonly way: CellWay;
  readonly isRequired: boolean;
  readonly cellOf: UsageCell;
  readonly memo: CellMemo;
};

/** A cell of our own: what it is made from, and its type. */
export type OwnCell = { readonly from: AudienceColumn['from']; readonly type: CellType };

/**
 * What a row is made of, from left to right: cells of Microsoft's; several cells that all rows of one `owner` share, or
 * all rows that are priced by the same `rules` in the same way; a `unitPrice`; an amount that is `sold`.
 */
export type Segment =
  | LineCell
  | {
      readonly kind: 'owner' | 'rules';
      /** Which of its kind it is, and which cell of the row is its first. */
      readonly index: number;
      readonly column: number;
      readonly cells: readonly OwnCell[];
    }
  | { readonly kind: 'unitPrice' | 'sold'; readonly buyer: Buyer };

export type OwnSegment = Extract<Segment, { readonly kind: 'owner' | 'rules' }>;

/** How the rows under one header become rows of a file. */
export type UsageLayout = {
  /** Of columns that the file does not have, but that are looked at all the same: a bad value refuses the row. */
  readonly unseen: readonly LineCell[];
  readonly segments: readonly Segment[];
  readonly ownerSegments: readonly OwnSegment[];
  readonly ruleSegments: readonly OwnSegment[];
  /** Of each of Microsoft's columns, as `usageRowColumns` has them. */
  readonly positions: readonly number[];
  /** Where the file has what tells whose a row is and what it is sold for; −1 where it has none. */
  readonly at: { readonly [field in KeyField]: number };
};

export type KeyField =
  | 'subscriptionId'
  | 'planId'
  | 'customerId'
  | 'resellerMpnId'
  | 'usageDate'
  | 'unitPrice'
  | 'listPrice'
  | 'cost';

/** @throws FileRefusedError when the header lacks what a row must have */
export function usageLayout(fileName: string, header: readonly string[], table: AudienceTable): UsageLayout {
  const positions = bindHeader(fileName, usageRowColumns, header);
  const names = Object.keys(usageRowColumns);
  const positionOf = (field: UsageField): number => {
    const column = usageColumnOf(field);
    return positions[names.findIndex((name) => Reflect.get(usageRowColumns, name) === column)] ?? -1;
  };
  const segments = segmentsOf(table, positionOf);
  const unseen = unseenFields(table).map((field) => lineCell(field, 'text', positionOf(field)));
  const at = (field: KeyField) => positionOf(field);
  return {
    unseen,
    segments,
    ownerSegments: ownSegments(segments, 'owner'),
    ruleSegments: ownSegments(segments, 'rules'),
    positions,
    at: {
      subscriptionId: at('subscriptionId'),
      planId: at('planId'),
      customerId: at('customerId'),
      resellerMpnId: at('resellerMpnId'),
      usageDate: at('usageDate'),
      unitPrice: at('unitPrice'),
      listPrice: at('listPrice'),
      cost: at('cost'),
    },
  };
}

function ownSegments(segments: readonly Segment[], kind: OwnSegment['kind']): readonly OwnSegment[] {
  return segments.filter((segment): segment is OwnSegment => segment.kind === kind);
}

const percentFields: Readonly<Record<string, UsageField>> = {
  partnerEarnedCredit: 'partnerEarnedCreditPercentage',
  credit: 'creditPercentage',
};

function unseenFields(table: AudienceTable): readonly UsageField[] {
  const seen = new Set(Object.values(table).map(({ from }) => ('line' in from ? from.line : '')));
  return Object.keys(usageRowColumns)
    .map((name) => percentFields[name] ?? (name as UsageField))
    .filter((field) => !seen.has(field));
}

function segmentsOf(table: AudienceTable, positionOf: (field: UsageField) => number): readonly Segment[] {
  const segments: Segment[] = [];
  const counts = { owner: 0, rules: 0 };
  let open: { readonly kind: OwnSegment['kind']; readonly cells: OwnCell[] } | undefined;
  const types = writtenColumns(table).map(({ type }) => type);
  for (const [column, { from }] of Object.values(table).entries()) {
    const type = types[column] ?? 'text';
    const kind = kindOf(from);
    if (kind === 'owner' || kind === 'rules') {
      if (open?.kind !== kind) {
        open = { kind, cells: [] };
        segments.push({ ...open, column, index: counts[kind] });
        counts[kind] += 1;
      }
      open.cells.push({ from, type });
      continue;
    }
    open = undefined;
    if ('line' in from) segments.push(lineCell(from.line as UsageField, type, positionOf(from.line as UsageField)));
    else if ('price' in from && kind !== 'line') segments.push({ kind, buyer: from.price });
  }
  return segments;
}

/** The tax on daily rated usage is always none, so it is one of the cells that rows of the same rules share. */
function kindOf(from: AudienceColumn['from']): Segment['kind'] {
  if ('line' in from) return 'line';
  if ('margin' in from) return 'rules';
  if (!('price' in from)) return 'owner';
  if (from.value === 'unitPrice') return 'unitPrice';
  return from.value === 'taxTotal' ? 'rules' : 'sold';
}

function lineCell(field: UsageField, type: CellType, position: number): LineCell {
  const { required: isRequired } = usageColumnOf(field);
  const memo = new CellMemo();
  return { kind: 'line', position, type, way: wayOf(field), isRequired, cellOf: usageCellOf(field), memo };
}

function wayOf(field: UsageField): CellWay {
  if (isUsageText(field)) return 'text';
  if (field === 'tags' || field === 'additionalInfo') return 'braced';
  switch (usageColumnOf(field).type) {
    case 'id':
    case 'idOrNone':
      return 'id';
    case 'decimal':
      return 'decimal';
    default:
      return 'looked';
  }
}
