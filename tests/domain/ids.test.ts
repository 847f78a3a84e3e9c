import { describe, expect, it } from 'vitest';
import { toText } from '../../shared/domain/decimal.ts';
import { foldId } from '../../shared/domain/ids.ts';
import { parseRate } from '../../shared/domain/rates.ts';

const id = '307628f1-d9d2-f09c-ea1f-4183f0cae308';

describe('an id', () => {
  it.each([id, id.toUpperCase(), `{${id}}`, ` ${id} `, id.replaceAll('-', ''), `org:${id}`])(
    '%j is one and the same',
    (text) => {
      expect(foldId(text)).toBe(id);
    },
  );

  it.each(['00000000-0000-0000-0000-000000000000', '{00000000000000000000000000000000}', ''])('%j is none', (text) => {
    expect(foldId(text)).toBe('');
  });

  it.each([
    ['1Core', '1core'],
    ['ORDDC52E52FDEF405786F0642DD0108BE4', 'orddc52e52fdef405786f0642dd0108be4'],
    [`${id}0`, `${id}0`],
  ])('%j, which is no GUID, stays what it is', (text, folded) => {
    expect(foldId(text)).toBe(folded);
  });
});

describe('a rate', () => {
  it.each([
    ['15', '0.15'],
    ['0.15', '0.15'],
    ['100', '1'],
    ['1.00', '1'],
    ['0', '0'],
  ])('%s is %s of one', (text, fraction) => {
    const rate = parseRate(text);
    expect(rate === undefined ? undefined : toText(rate)).toBe(fraction);
  });

  it.each(['-1', '101', '15%', '', 'NaN'])('%j is none', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });
});
