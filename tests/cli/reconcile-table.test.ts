import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reconciliation, reconcile } from '../../cli/reconcile.ts';
import { formatReconciliation } from '../../cli/reconcile-table.ts';
import { cell, paintFor, widthOf, wrapped } from '../../cli/terminal-text.ts';
import { tinyFocus, tinyPortalUsage } from '../support/tiny-month.ts';

let folder: string;
let result: Reconciliation;
const longName = 'Ein Abonnement mit einem sehr langen Namen für die Datenplattform 東京の本番環境 '.repeat(3);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-table-'));
  const usage = join(folder, `${'usage-of-october-'.repeat(8)}.csv`);
  const cost = join(folder, 'focus.csv');
  const renamed = (text: string) =>
    text
      .replaceAll('Subscription a', longName.replaceAll(',', ''))
      .replaceAll(',Meter,', `,${'Meter\u001b[31m '.repeat(20)},`)
      .replace(',16.92405332,', ',123456789012345678901234567890.123456789,');
  await writeFile(usage, tinyPortalUsage(renamed));
  await writeFile(cost, tinyFocus());
  result = await reconcile({ usage: [usage], cost: [cost], invoice: [] }, () => {});
});
afterAll(async () => {
  result.close();
  await rm(folder, { recursive: true });
});

describe('the table', () => {
  it('fits 100 columns, however long names and amounts are, and prints no control character of a file', () => {
    const lines = formatReconciliation(result);
    for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(100);
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines.join('\n')).toContain('123456789012345678901234567890.12');
    expect(lines.join('\n')).toContain('Ein Abonnement');
  });

  it('is the same in colours', () => {
    const painted = formatReconciliation(result, (_, text) => `\u001b[31m${text}\u001b[39m`);
    const plain = formatReconciliation(result);
    expect(painted.map(stripVTControlCharacters)).toEqual(plain);
    expect(painted).not.toEqual(plain);
  });
});

describe('text for a terminal', () => {
  it('is cut and filled by the columns that it takes', () => {
    expect([widthOf('abc'), widthOf('東京'), widthOf('e\u0301'), widthOf('🙂')]).toEqual([3, 4, 1, 2]);
    expect(cell('東京の本番', 6)).toBe('東京… ');
    expect(cell('a\tb', 5)).toBe('a b  ');
    expect(wrapped('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('has colours on a terminal that shows them alone', () => {
    const paintOn = (isTTY: boolean, hasColors: boolean) =>
      paintFor({ isTTY, hasColors: () => hasColors } as NodeJS.WriteStream)('red', 'x');
    expect(paintOn(true, true)).toBe('\u001b[31mx\u001b[39m');
    expect([paintOn(true, false), paintOn(false, true)]).toEqual(['x', 'x']);
  });
});
