import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cultureNames } from '../../shared/domain/culture-names.ts';
import { csvFile } from '../../shared/formats/csv-writer.ts';
import { cultureNamed, dayIn, UnknownCultureError } from '../../shared/formats/culture.ts';
import { bytesOf } from './bytes-of.ts';
import { sampleColumns, sampleRows } from './sample-table.ts';

const golden = new URL('../golden/cultures/', import.meta.url);

describe('the regional formats', () => {
  it('are the promised ones, and more', () => {
    const promised = 'en-US en-GB de-DE de-CH fr-FR es-ES it-IT pt-PT pt-BR nl-NL nb-NO sv-SE da-DK pl-PL invariant';
    expect(cultureNames).toEqual(expect.arrayContaining(promised.split(' ')));
  });

  it.each(cultureNames)('%s is, byte for byte, its golden file', async (name) => {
    const bytes = await bytesOf(csvFile(sampleColumns, sampleRows, cultureNamed(name)));
    expect(bytes.toString('utf8')).toBe(readFileSync(new URL(`${name}.csv`, golden)).toString('utf8'));
  });

  it('have a golden file each, and no other is there', () => {
    expect(readdirSync(golden).toSorted()).toEqual(cultureNames.map((name) => `${name}.csv`).toSorted());
  });

  it.each([
    ['en-US', '2/1/2026'],
    ['en-GB', '01/02/2026'],
    ['de-DE', '01.02.2026'],
    ['fi-FI', '1.2.2026'],
    ['nl-NL', '01-02-2026'],
    ['sv-SE', '2026-02-01'],
    ['invariant', '2026-02-01'],
  ])('%s writes the first of February 2026 as %s', (name, expected) => {
    expect(dayIn(cultureNamed(name), '2026-02-01')).toBe(expected);
  });

  it('are found without regard to letter case', () => {
    expect(cultureNamed('DE-de').name).toBe('de-DE');
  });

  it.each(['', 'de', 'xx-XX', 'de_DE', 'constructor', '__proto__'])(
    'have none named %j, and say which there are',
    (text) => {
      expect(() => cultureNamed(text)).toThrow(UnknownCultureError);
      expect(() => cultureNamed(text)).toThrow(`There is no regional format '${text}'; offered are invariant, da-DK`);
    },
  );

  it.each(['2026-02-30', '2026-1-2', '1/2/2026', ''])('have no form for %j, which is no day', (text) => {
    expect(() => dayIn(cultureNamed('de-DE'), text)).toThrow(`Not a day: '${text}'`);
  });

  it('differ where they must: an amount with a comma never stands beside a comma', () => {
    for (const name of cultureNames) {
      const { decimalMark, columnSeparator } = cultureNamed(name);
      expect(decimalMark, name).not.toBe(columnSeparator);
    }
  });
});
