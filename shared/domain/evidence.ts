import { causeTexts } from './cause-texts.ts';
import { type MeterLine, type MeterSide, meterKeyOf } from './comparison.ts';
import { decimal, divide, isZero, multiply, subtract, toText } from './decimal.ts';
import type { DetailRow } from './detail-row.ts';
import type { LineItem } from './line-item.ts';
import type { LineVerdict } from './line-verdict.ts';
import type { ComparedWith } from './tolerance.ts';

/* What an issue shows: figures, how they come about, and where each row stands. Amounts are exact decimal text. */

export type SideName = 'invoice' | 'other';

/** How much evidence may hold: a person reads it, and it is gathered in memory. */
export const evidenceLimits = {
  /** Source rows of one side. */
  rowsMax: 10_000,
  /** Bytes of these rows. */
  bytesMax: 32 * 1024 * 1024,
  /** Meter lines that are shown. */
  linesMax: 5_000,
  /** Subscriptions of a run whose rows are shown: those that differ most. */
  subscriptionsMax: 20,
} as const;

export type EvidenceLimits = { readonly [limit in keyof typeof evidenceLimits]: number };

/** A source file, as its dataset was sealed with it. `entry`: where its rows stand in the zip. */
export type EvidenceFile = {
  readonly side: SideName;
  readonly datasetId: string;
  readonly part: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly rows: number;
  readonly entry?: string;
  /** False where the file has no rows of bytes, as Parquet: then they stand as lines of JSON, values as text. */
  readonly isVerbatim?: boolean;
};

/** Rows of one file that are not in the zip. */
export type LeftOutRows = {
  readonly file: string;
  readonly rows: number;
  readonly firstLine: number;
  readonly lastLine: number;
};

export type EvidenceSide = {
  /** What the side is, in words. */
  readonly name: string;
  readonly files: readonly EvidenceFile[];
  /** Rows in the zip, and what they come to. */
  readonly listed: number;
  readonly quantity: string;
  readonly cost: string;
  readonly leftOut: readonly LeftOutRows[];
  /** Why there are no rows, or fewer than one would expect. */
  readonly remarks: readonly string[];
};

/** A row in the zip: which entry, and which row of it after the header, from 1. */
export type EvidenceRow = DetailRow & {
  readonly side: SideName;
  readonly entry: string;
  readonly row: number;
  readonly meterKey: string;
};

export type EvidenceLine = MeterLine & {
  readonly meterKey: string;
  readonly charged: string;
  readonly expected: string;
  /** Charged minus expected. */
  readonly difference: string;
  /** quantity × unit price × rate = cost, of each side that has them. */
  readonly formulas: { readonly invoice?: string; readonly other?: string };
};

/** What Microsoft's support asks to be looked at first, and what was found. */
export type SupportCheck = {
  readonly check: 'billableQuantity' | 'customerId' | 'productId' | 'skuId' | 'subscriptionId' | 'threeToFivePercent';
  readonly finding: 'agrees' | 'differs' | 'notOnBothSides' | 'notTold';
  readonly sentence: string;
};

export type Evidence = {
  readonly version: 1;
  readonly issueId: string;
  readonly reportedAt: string;
  readonly note?: string;
  readonly target: Readonly<Record<string, string | number>>;
  readonly subject: {
    readonly title: string;
    readonly invoiceId: string;
    readonly billingCycle: string;
    readonly tenantId: string;
    readonly customerId?: string;
    readonly amounts: readonly {
      readonly currency: string;
      readonly charged: string;
      readonly expected?: string;
      readonly difference?: string;
    }[];
    readonly severity?: string;
  };
  readonly engineVersion: string;
  readonly run?: {
    readonly runId: string;
    readonly comparedWith: ComparedWith;
    readonly policyVersion: string;
    readonly engineVersion: string;
    readonly plannedAt: string;
    readonly invoiceDatasetIds: readonly string[];
    readonly otherDatasetIds: readonly string[];
  };
  readonly sides: { readonly invoice: EvidenceSide; readonly other?: EvidenceSide };
  readonly lines: readonly EvidenceLine[];
  /** Lines of the target beyond those that are shown. */
  readonly linesLeftOut: number;
  /** Sentences for the causes that the lines have. */
  readonly causes: readonly { readonly cause: string; readonly sentence: string; readonly link?: string }[];
  readonly checks: readonly SupportCheck[];
  readonly lineItem?: { readonly line: LineItem; readonly verdict?: LineVerdict };
  readonly limits: EvidenceLimits;
};

/** Which side is what Microsoft charged: the invoice's line items, or its header, stand on the other side of their comparisons. */
export function chargedSide(comparedWith: ComparedWith): SideName {
  return comparedWith === 'costexport' ? 'invoice' : 'other';
}

const names = {
  costexport: { invoice: 'Daily rated usage of the invoice', other: 'Cost export of Cost Management' },
  invoicelines: { invoice: 'Daily rated usage of the invoice', other: 'Line items of the invoice (Subtotal)' },
  invoicetotal: { invoice: 'Line items of the invoice', other: 'Header of the invoice' },
} as const satisfies Record<ComparedWith, Record<SideName, string>>;

/** What a side of a comparison is, in words for people. */
export function sideName(comparedWith: ComparedWith, side: SideName): string {
  return names[comparedWith][side];
}

/** The amounts of both sides as what Microsoft charged and what was to be expected; `difference` is the one minus the other. */
export function chargedAgainstExpected(
  comparedWith: ComparedWith,
  amounts: { readonly invoice: string; readonly other: string },
): Pick<EvidenceLine, 'charged' | 'expected' | 'difference'> {
  const side = chargedSide(comparedWith);
  const charged = amounts[side];
  const expected = amounts[side === 'invoice' ? 'other' : 'invoice'];
  return { charged, expected, difference: toText(subtract(decimal(charged), decimal(expected))) };
}

/** A meter line as evidence shows it: what was charged, what was expected, and how each comes about. */
export function evidenceLineOf(line: MeterLine, comparedWith: ComparedWith): EvidenceLine {
  const [invoice, other] = [formulaOf(line.invoice), formulaOf(line.other)];
  return {
    meterKey: meterKeyOf(line),
    ...line,
    ...chargedAgainstExpected(comparedWith, { invoice: line.invoice?.cost ?? '0', other: line.other?.cost ?? '0' }),
    formulas: { ...(invoice === undefined ? {} : { invoice }), ...(other === undefined ? {} : { other }) },
  };
}

/** Places of a rate that is worked out from a cost, a quantity and a price. */
const ratePlaces = 10;

/** How the cost of a side comes about; the rate is worked out, since the rows of a line may have several. */
export function formulaOf(side: MeterSide | undefined): string | undefined {
  if (side?.unitPrice === undefined) return undefined;
  const priced = multiply(decimal(side.quantity), decimal(side.unitPrice));
  const words = `${side.quantity} × ${side.unitPrice}`;
  if (isZero(priced)) return `${words} = ${side.cost}`;
  const rate = toText(divide(decimal(side.cost), priced, ratePlaces));
  return rate === '1' ? `${words} = ${side.cost}` : `${words} × ${rate} = ${side.cost}`;
}

/** The sentences of all causes that these lines have, in the order in which causes are told. */
export function causesOf(lines: readonly Pick<MeterLine, 'causes'>[]): Evidence['causes'] {
  const told = new Set(lines.flatMap(({ causes }) => causes.map(({ cause }) => cause)));
  return (Object.keys(causeTexts) as (keyof typeof causeTexts)[])
    .filter((cause) => told.has(cause))
    .map((cause) => ({ cause, ...causeTexts[cause] }));
}
