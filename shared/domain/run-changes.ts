import { type MeterLine, meterKeyOf } from './comparison.ts';
import type { ComparedWith } from './tolerance.ts';

/** What a run was made of. */
export type RunMadeOf = {
  readonly comparedWith: ComparedWith;
  readonly invoiceId: string;
  readonly invoiceHash: string;
  readonly otherHashes: readonly string[];
  readonly policyVersion: string;
  readonly engineVersion: string;
};

export const changeReasons = ['newInvoiceFile', 'newOtherFile', 'newPolicy', 'newEngine'] as const;
export type ChangeReason = (typeof changeReasons)[number];

/** What differs between two runs of one comparison, in their inputs. Empty where they are the same run. */
export function reasonsOf(before: RunMadeOf, after: RunMadeOf): readonly ChangeReason[] {
  const hashes = (run: RunMadeOf) => [...run.otherHashes].sort().join(' ');
  const holds: Record<ChangeReason, boolean> = {
    newInvoiceFile: before.invoiceHash !== after.invoiceHash,
    newOtherFile: hashes(before) !== hashes(after),
    newPolicy: before.policyVersion !== after.policyVersion,
    newEngine: before.engineVersion !== after.engineVersion,
  };
  return changeReasons.filter((reason) => holds[reason]);
}

/** What became of one line from one run to the next. */
export type LineChange = {
  readonly subscriptionId: string;
  readonly meterKey: string;
  readonly kind: 'new' | 'gone' | 'changed';
  readonly before?: MeterLine;
  readonly after?: MeterLine;
  /** Which of the inputs that differ can have done it. */
  readonly why: readonly ChangeReason[];
};

export type RunChanges = {
  readonly why: readonly ChangeReason[];
  readonly new: number;
  readonly gone: number;
  readonly changed: number;
  readonly same: number;
  /** All but those that are the same, ordered by subscription and meter key. */
  readonly lines: readonly LineChange[];
};

/**
 * What changed between the lines of two runs, or of one subscription in two runs. Amounts can change by new files or a new
 * engine; what changes beside them (status, rule, severity) by a new policy or a new engine, and by nothing else.
 */
export function changesOf(
  before: readonly MeterLine[],
  after: readonly MeterLine[],
  why: readonly ChangeReason[],
): RunChanges {
  const old = byKey(before);
  const now = byKey(after);
  const lines = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((key): readonly LineChange[] => {
    const [left, right] = [old.get(key), now.get(key)];
    const line = right ?? left;
    if (line === undefined || (left !== undefined && right !== undefined && isSame(left, right))) return [];
    return [
      {
        subscriptionId: line.subscriptionId,
        meterKey: meterKeyOf(line),
        kind: left === undefined ? 'new' : right === undefined ? 'gone' : 'changed',
        ...(left === undefined ? {} : { before: left }),
        ...(right === undefined ? {} : { after: right }),
        why: reasonsFor(left, right, why),
      },
    ];
  });
  const count = (kind: LineChange['kind']) => lines.filter((line) => line.kind === kind).length;
  const changed = { new: count('new'), gone: count('gone'), changed: count('changed') };
  return { why, ...changed, same: now.size - changed.new - changed.changed, lines };
}

function reasonsFor(
  before: MeterLine | undefined,
  after: MeterLine | undefined,
  why: readonly ChangeReason[],
): readonly ChangeReason[] {
  const fits = (side: 'invoice' | 'other') => JSON.stringify(before?.[side]) !== JSON.stringify(after?.[side]);
  const sides = { invoice: fits('invoice'), other: fits('other') };
  return why.filter((reason) => {
    if (reason === 'newInvoiceFile') return sides.invoice;
    if (reason === 'newOtherFile') return sides.other;
    if (reason === 'newPolicy') return !sides.invoice && !sides.other;
    return true;
  });
}

function isSame(left: MeterLine, right: MeterLine): boolean {
  return JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
}

function byKey(lines: readonly MeterLine[]): ReadonlyMap<string, MeterLine> {
  return new Map(lines.map((line) => [`${line.subscriptionId} ${meterKeyOf(line)}`, line]));
}
