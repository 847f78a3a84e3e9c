import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { causeNames } from '../../shared/domain/cause.ts';
import { causeTexts } from '../../shared/domain/cause-texts.ts';
import type { DetailRow } from '../../shared/domain/detail-row.ts';
import { explainVariance } from '../../shared/domain/explain-variance.ts';
import { factsOf } from './variance-facts.ts';

/* The worked examples of docs/matching.md, computed from its own text. */

const doc = readFileSync(new URL('../../docs/matching.md', import.meta.url), 'utf8');

type Example = {
  readonly name: string;
  readonly invoice: readonly DetailRow[];
  readonly other: readonly DetailRow[];
  readonly amounts: string;
};

const examples: readonly Example[] = doc
  .split('\n')
  .filter((line) => /^\|.*\d\d-\d\d: /.test(line))
  .map((line) => {
    const [, name = '', invoice = '', other = '', amounts = ''] = line.split('|').map((cell) => cell.trim());
    return { name, invoice: rowsOf(invoice), other: rowsOf(other), amounts };
  });

function rowsOf(cell: string): readonly DetailRow[] {
  return cell.split('; ').map((text, line) => {
    const match = /^(\d\d-\d\d): (\S+) × (\S+) × (\S+) = (\S+)(?: list (\S+))?( credit)?$/.exec(text);
    if (match === null) throw new Error(`Not a row: ${text}`);
    const [, day, quantity = '', unitPrice = '', exchangeRate = '', cost = '', listPrice, credit] = match;
    return {
      source: { file: 'doc', line },
      usageDate: `2026-${day}`,
      resourceKey: 'vm',
      quantity,
      unitPrice,
      exchangeRate,
      cost,
      ...(listPrice === undefined ? {} : { listPrice }),
      ...(credit === undefined ? {} : { isCredit: true }),
    };
  });
}

describe('docs/matching.md', () => {
  it.each(examples)('works out $name', ({ invoice, other, amounts }) => {
    const { causes } = explainVariance(factsOf({ invoice, other }));
    expect(causes.map(({ cause, amount }) => `${cause} ${amount}`).join(', ')).toBe(amounts);
  });

  it('has an example for every cause', () => {
    for (const cause of causeNames) expect(examples.map((example) => example.name)).toContain(`\`${cause}\``);
  });
});

describe('the text of a cause', () => {
  it.each(Object.entries(causeTexts))('%s is a sentence, and its link is a page of Microsoft’s', (_, text) => {
    expect(text.sentence).toMatch(/^[A-Z].*\.$/);
    if ('link' in text) expect(text.link).toMatch(/^https:\/\/learn\.microsoft\.com\/en-us\//);
  });
});
